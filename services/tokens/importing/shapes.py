"""What an old token document holds, whatever shape it has. Pure; strict about what is not a token.

google-auth's authorized_user file, oauth2client's credentials, a flat `{access_token, refresh_token, …}`, and
rows of the old tables `gmail_tokens` (JSONB columns) and `gmail_token` (flat), as PostgreSQL's `to_jsonb`
gives them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from services.tokens.importing.errors import ImportRefused
from services.tokens.importing.expiry import read_expiry

MAX_BYTES = 64 * 1024
MAX_DEPTH = 8
GOOGLE = "https://www.googleapis.com/auth/"
GOOGLES = "ya29."  # as Google's access tokens begin

SECRET = re.compile(r"[\x21-\x7e]+")
SHORTEST, LONGEST = 8, 4096
CLIENT_ID = re.compile(r"[\x21-\x7e]{1,300}")
SCOPE = re.compile(r"[\x21-\x7e]{1,300}")
ADDRESS = re.compile(r"[^\s@<>\"]{1,64}@[^\s@<>\"]{1,190}")
SLACK_ID = re.compile(r"[UW][A-Z0-9]{2,20}")
ENCRYPTED = re.compile(r"v\d+\.[0-9a-f]{8}\.")

FILE_ENDINGS = re.compile(r"[_.-]?(gmail|google|token|tokens|credentials|creds|oauth2?)$", re.I)
NOBODY = frozenset({"", "unknown", "token", "tokens", "credentials", "gmail", "default"})


@dataclass(frozen=True, slots=True)
class OldToken:
    """One old token. `old_user_id` is what the old system called its owner, "" where it did not say;
    `username` a name that people know them by there.

    `mailbox`, `slack_user_id` and `display_name` are what the document claims; `mailbox_checked`: Gmail has
    said so of the mailbox. `client_id` is None where it
    names no OAuth client.
    """

    source: str
    access_token: str | None = field(repr=False)
    refresh_token: str | None = field(repr=False)
    client_id: str | None
    client_secret: str | None = field(repr=False)
    scopes: tuple[str, ...]
    expiry: datetime | None
    old_user_id: str
    username: str
    robing_id: str | None
    mailbox: str
    display_name: str
    account_type: str
    slack_user_id: str | None
    mailbox_checked: bool = False

    @property
    def digest(self) -> str:
        """What this very grant is known by again; tells nothing of it."""
        return hashlib.sha256((self.refresh_token or self.access_token or "").encode()).hexdigest()


def read_document(content: bytes) -> dict[str, Any]:
    """The JSON object in `content`. Raises ImportRefused before anything large or deep is taken apart."""
    if len(content) > MAX_BYTES:
        raise ImportRefused("too_large")
    try:
        document = json.loads(content, parse_constant=_no_number)
    except RecursionError as exc:
        raise ImportRefused("too_deep") from exc
    except ValueError as exc:
        raise ImportRefused("not_json") from exc
    if _depth(document) > MAX_DEPTH:
        raise ImportRefused("too_deep")
    if not isinstance(document, dict):
        raise ImportRefused("not_a_token")
    return document


def old_token(document: Mapping[str, Any], *, source: str, token_uri: str, now: datetime) -> OldToken:
    """The token in a document. `source` is its file's name or its table; `token_uri` the only one accepted.

    Raises ImportRefused.
    """
    data, config, about = (_nested(document, name) for name in ("token_data", "oauth_config", "metadata"))
    places = (data, document, config)
    _check_kind(document)
    _check_token_uri(places, token_uri)
    access_token = _secret("access_token", data, document) or _secret("token", document)
    refresh_token = _secret("refresh_token", data, document)
    if access_token is None and refresh_token is None:
        raise ImportRefused("not_a_token")
    if not all(map(_can_be_stored, _texts(document))):
        raise ImportRefused("odd_characters")
    client_id = _matching(CLIENT_ID, config.get("client_id"), document.get("client_id"))
    scopes = _scopes(document, data)
    mailbox = (_matching(ADDRESS, *_addresses(document, about)) or "").lower()
    if not (refresh_token or (access_token or "").startswith(GOOGLES) or client_id or scopes or mailbox):
        raise ImportRefused("not_googles")
    old_user_id = _line(document.get("user_id"), 100) or owner_in_name(source)
    return OldToken(
        source=source,
        access_token=access_token,
        refresh_token=refresh_token,
        client_id=client_id,
        client_secret=_secret("client_secret", config, document),
        scopes=scopes,
        expiry=next(filter(None, (read_expiry(value, now=now) for value in _expiries(places))), None),
        old_user_id=old_user_id,
        username=_line(document.get("username"), 100) or old_user_id,
        robing_id=_line(document.get("robing_id"), 50) or None,
        mailbox=mailbox,
        display_name=_line(about.get("display_name") or document.get("display_name"), 200),
        account_type=_line(about.get("account_type"), 30),
        slack_user_id=_matching(SLACK_ID, about.get("slack_user_id"), document.get("slack_user_id")),
    )


def owner_in_name(source: str) -> str:
    """`heejae` of `heejae_gmail.json`; "" of `unknown_gmail.json` and of what is no file's name."""
    path = PurePath(source.replace("\\", "/"))
    stem = path.name.removesuffix(path.suffix)
    name = _line(FILE_ENDINGS.sub("", stem), 100) if path.suffix == ".json" else ""
    return "" if name.lower() in NOBODY else name


def _no_number(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")


def _depth(value: object) -> int:
    """How deep lists and objects are nested; no deeper than needed to know that it is too deep."""
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        level = [inner for outer in level for inner in _inner(outer)]
        depth += 1
    return depth


def _inner(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _texts(value: object) -> Iterator[str]:
    """All names and texts within."""
    if isinstance(value, str):
        yield value
    if isinstance(value, dict):
        yield from value
    for inner in _inner(value):
        yield from _texts(inner)


def _can_be_stored(text: str) -> bool:
    """Whether PostgreSQL takes it: neither NUL nor half a character of UTF-16 in it."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _nested(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object within; old rows have it as text now and then."""
    value = document.get(name)
    if isinstance(value, str):
        try:
            value = json.loads(value, parse_constant=_no_number)
        except (ValueError, RecursionError):
            value = None
        if _depth(value) > MAX_DEPTH:
            raise ImportRefused("too_deep")
        if not all(map(_can_be_stored, _texts(value))):
            raise ImportRefused("odd_characters")
    return value if isinstance(value, dict) else {}


def _check_kind(document: Mapping[str, Any]) -> None:
    """Google's other JSON files, which are taken for tokens now and then."""
    if document.get("type") == "service_account":
        raise ImportRefused("service_account")
    if "installed" in document or "web" in document:
        raise ImportRefused("client_file")


def _check_token_uri(places: tuple[Mapping[str, Any], ...], token_uri: str) -> None:
    for place in places:
        given = place.get("token_uri")
        if given not in (None, "", token_uri):
            raise ImportRefused("foreign_token_uri", _host(given))


def _host(uri: object) -> str:
    try:
        host = urlsplit(str(uri)).hostname or ""
    except ValueError:
        host = ""
    return _line(host, 100) or "?"


def _secret(name: str, *places: Mapping[str, Any]) -> str | None:
    """A token or secret by its field's name, from the first place that has one; None where none does."""
    value = next((place[name] for place in places if place.get(name)), None)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ImportRefused("not_text", name)
    if not SECRET.fullmatch(value):
        raise ImportRefused("damaged", name)
    if len(value) < SHORTEST:
        raise ImportRefused("too_short", name)
    if len(value) > LONGEST:
        raise ImportRefused("too_long", name)
    if ENCRYPTED.match(value):
        raise ImportRefused("encrypted")
    return value


def _matching(pattern: re.Pattern[str], *values: object) -> str | None:
    """The first of the values that looks like one."""
    return next((value for value in values if isinstance(value, str) and pattern.fullmatch(value)), None)


def _line(value: object, length: int) -> str:
    """A short text or number on one line, "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = "".join(letter if letter.isprintable() else " " for letter in str(value)[: length * 2])
    return " ".join(text.split())[:length]


def _addresses(document: Mapping[str, Any], about: Mapping[str, Any]) -> Iterator[object]:
    yield from (about.get("email"), document.get("email"), document.get("account"))
    yield _nested(document, "id_token").get("email")


def _expiries(places: tuple[Mapping[str, Any], ...]) -> Iterator[object]:
    for place in places:
        yield from (place.get(name) for name in ("expiry", "token_expiry", "expires_at", "expiry_date"))


def _scopes(document: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[str, ...]:
    answer = _nested(document, "token_response")
    given = (document.get("scopes"), document.get("scope"), data.get("scopes"), data.get("scope"))
    for value in (*given, answer.get("scope")):
        names = value.split() if isinstance(value, str) else value
        if isinstance(names, list) and names:
            known = (name for name in names if isinstance(name, str) and SCOPE.fullmatch(name))
            return tuple(dict.fromkeys(name if "/" in name or ":" in name else _full(name) for name in known))
    return ()


def _full(name: str) -> str:
    """Google's full name of `gmail.readonly`; `openid`, `email` and `profile` are full names."""
    return name if name in {"openid", "email", "profile"} else f"{GOOGLE}{name}"
