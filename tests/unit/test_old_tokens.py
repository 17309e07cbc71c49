"""Old token documents: every shape that people have, and everything that is none."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.i18n import translator
from services.tokens.importing.documents import Found, in_file
from services.tokens.importing.errors import ImportRefused
from services.tokens.importing.expiry import read_expiry
from services.tokens.importing.shapes import MAX_BYTES, OldToken, owner_in_name
from services.tokens.importing.words import REFUSALS, refusal_in_words

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=30)
TOKEN_URI = "https://oauth2.googleapis.com/token"
GOOGLE = "https://www.googleapis.com/auth/"
ACCESS, REFRESH = "ya29.an-access-token", "1//a-refresh-token"
CLIENT = {"client_id": "old.apps.example", "client_secret": "GOCSPX-old-secret"}


def read(document: object, name: str = "heejae_gmail.json") -> Found:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return in_file(name, content, token_uri=TOKEN_URI, now=NOW)


def token_in(document: object, name: str = "heejae_gmail.json") -> OldToken:
    found = read(document, name)
    assert found.token is not None, found.refused
    return found.token


SHAPES: dict[str, dict[str, Any]] = {
    "google-auth": {
        "token": ACCESS,
        "refresh_token": REFRESH,
        "token_uri": TOKEN_URI,
        **CLIENT,
        "scopes": [f"{GOOGLE}gmail.modify"],
        "universe_domain": "googleapis.com",
        "account": "Jiwoo@Example.com",
        "expiry": "2026-03-02T09:30:00Z",
    },
    "oauth2client": {
        "access_token": ACCESS,
        "refresh_token": REFRESH,
        "token_uri": TOKEN_URI,
        **CLIENT,
        "token_expiry": "2026-03-02T09:30:00Z",
        "user_agent": None,
        "revoke_uri": "https://oauth2.googleapis.com/revoke",
        "id_token": {"email": "jiwoo@example.com"},
        "token_response": {"scope": f"{GOOGLE}gmail.modify", "expires_in": 3599},
        "scopes": [],
        "invalid": False,
        "_class": "OAuth2Credentials",
        "_module": "oauth2client.client",
    },
    "flat": {
        "access_token": ACCESS,
        "refresh_token": REFRESH,
        "token_type": "Bearer",
        "scope": f"{GOOGLE}gmail.modify",
        "expires_at": SOON.timestamp(),
        "email": "jiwoo@example.com",
        **CLIENT,
    },
    "row of gmail_tokens": {
        "id": 1,
        "user_id": "heejae",
        "token_data": {"access_token": ACCESS, "refresh_token": REFRESH, "token_type": "Bearer"},
        "oauth_config": {**CLIENT, "token_uri": TOKEN_URI, "auth_uri": "https://accounts.google.com/o/auth"},
        "scopes": ["gmail.modify"],
        "metadata": {"email": "jiwoo@example.com"},
        "expiry": "2026-03-02T09:30:00",
    },
    "row with JSON as text": {
        "user_id": "heejae",
        "token_data": json.dumps({"access_token": ACCESS, "refresh_token": REFRESH}),
        "oauth_config": json.dumps(CLIENT),
        "scopes": ["gmail.modify"],
        "metadata": json.dumps({"email": "jiwoo@example.com"}),
        "expiry": "2026-03-02T18:30:00+09:00",
    },
    "row of gmail_token": {
        "user_id": "heejae",
        "access_token": ACCESS,
        "refresh_token": REFRESH,
        "expires_at": int(SOON.timestamp()),
        "scopes": ["gmail.modify"],
        "metadata": {"email": "jiwoo@example.com"},
        **CLIENT,
    },
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_old_shape_is_read(shape: str) -> None:
    token = token_in(SHAPES[shape])
    assert (token.access_token, token.refresh_token) == (ACCESS, REFRESH)
    assert {"client_id": token.client_id, "client_secret": token.client_secret} == CLIENT
    assert token.scopes == (f"{GOOGLE}gmail.modify",)
    assert (token.mailbox, token.old_user_id, token.expiry) == ("jiwoo@example.com", "heejae", SOON)


def test_a_row_knows_more_of_its_owner() -> None:
    about = {"slack_user_id": "U01ABCDEF", "display_name": "지우\u202e\n", "account_type": "gmail"}
    token = token_in({"access_token": ACCESS, "metadata": about, "robing_id": "rb8001", "user_id": 7})
    assert (token.slack_user_id, token.display_name, token.robing_id) == ("U01ABCDEF", "지우", "rb8001")
    assert (token.old_user_id, token.username) == ("7", "7")
    assert (token.refresh_token, token.client_id, token.expiry) == (None, None, None)


@pytest.mark.parametrize("claimed", ["u01abc", "U1; DROP", "C0123", 7, None, ["U01ABC"]])
def test_what_is_no_slack_id_is_left_out(claimed: object) -> None:
    assert token_in({"access_token": ACCESS, "metadata": {"slack_user_id": claimed}}).slack_user_id is None


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("heejae_gmail.json", "heejae"),
        ("test_gmail.json", "test"),
        ("unknown_gmail.json", ""),
        ("minjun.kim_token.json", "minjun.kim"),
        ("token.json", ""),
        ("credentials.json", ""),
        ("seoyeon.json", "seoyeon"),
        ("C:\\tokens\\jiwoo_gmail.json", "jiwoo"),
        ("../../etc/emma_gmail.json", "emma"),
        ("gmail_tokens 12", ""),
        (".json", ""),
        ("", ""),
    ],
)
def test_a_files_name_tells_its_owner(name: str, owner: str) -> None:
    assert owner_in_name(name) == owner


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-02T09:30:00Z", SOON),
        ("2026-03-02T09:30:00.000000Z", SOON),
        ("2026-03-02T09:30:00", SOON),
        ("2026-03-02 09:30:00", SOON),
        ("2026-03-02T18:30:00+09:00", SOON),
        (SOON.timestamp(), SOON),
        (int(SOON.timestamp()), SOON),
        (str(int(SOON.timestamp())), SOON),
        (int(SOON.timestamp() * 1000), SOON),
        ("2020-01-01T00:00:00Z", datetime(2020, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", None),  # no access token lives that long
        ("9999-12-31T23:59:59-23:00", None),
        ("tomorrow", None),
        ("", None),
        (None, None),
        (True, None),
        (0, None),
        (-5, None),
        (1e308, None),
        (float("nan"), None),
        ("nan", None),
        ("1e999", None),
        ({"seconds": 1}, None),
        ("9" * 5000, None),
    ],
)
def test_every_way_to_write_an_end_is_read(written: object, meant: datetime | None) -> None:
    assert read_expiry(written, now=NOW) == meant


def nested(depth: int) -> bytes:
    return b'{"access_token": "' + ACCESS.encode() + b'", "x": ' + b"[" * depth + b"]" * depth + b"}"


REFUSED: dict[str, tuple[object, str]] = {
    "empty": (b"", "not_json"),
    "cut off": (b'{"access_token": "ya29', "not_json"),
    "binary": (bytes(range(256)), "not_json"),
    "UTF-16": ('{"a": 1}'.encode("utf-16-le")[:-1], "not_json"),
    "NaN": (b'{"access_token": NaN}', "not_json"),
    "a number too long": (b'{"expires_at": ' + b"9" * 5000 + b"}", "not_json"),
    "huge": (b"[" + b" " * MAX_BYTES + b"]", "too_large"),
    "nested": (nested(50), "too_deep"),
    "nested to the ground": (nested(30_000), "too_deep"),
    "a list": ([{"access_token": ACCESS}], "not_a_token"),
    "a text": ("ya29.x", "not_a_token"),
    "a program's own": ({"name": "foo", "version": "1", "token": "notatokenatallbutlong"}, "not_googles"),
    "a NUL beside it": ({"access_token": ACCESS, "account": "a\0b@x.example"}, "odd_characters"),
    "half a character beside it": ({"access_token": ACCESS, "account": "\ud800@x.example"}, "odd_characters"),
    "NUL in a name": ({"access_token": ACCESS, "a\0b": 1}, "odd_characters"),
    "NUL in JSON within": (
        {"access_token": ACCESS, "metadata": '{"email": "a\\u0000@x.example"}'},
        "odd_characters",
    ),
    "foreign": ({"name": "briefing-portal", "version": "1"}, "not_a_token"),
    "no token": ({"access_token": "", "refresh_token": None, **CLIENT}, "not_a_token"),
    "a token that is no text": ({"access_token": 5}, "not_text"),
    "a token in a list": ({"refresh_token": [REFRESH]}, "not_text"),
    "a token of two lines": ({"access_token": f"{ACCESS}\n{ACCESS}"}, "damaged"),
    "a NUL in it": ({"access_token": f"{ACCESS}\0"}, "damaged"),
    "half a character": (b'{"access_token": "ya29.\\ud800aaaaaaaa"}', "damaged"),
    "a secret of lines": ({"access_token": ACCESS, "client_secret": "a b c d e f"}, "damaged"),
    "half a token": ({"access_token": ACCESS, "refresh_token": "1//x"}, "too_short"),
    "endless": ({"access_token": "a" * 5000}, "too_long"),
    "encrypted": ({"access_token": "v1.0badc0de.abcdefgh"}, "encrypted"),
    "a service account": ({"type": "service_account", "private_key": "x"}, "service_account"),
    "a client": ({"installed": CLIENT}, "client_file"),
    "a web client": ({"web": CLIENT}, "client_file"),
    "sent elsewhere": (
        {"access_token": ACCESS, "token_uri": "https://evil.example/token"},
        "foreign_token_uri",
    ),
    "almost the same": ({"access_token": ACCESS, "token_uri": TOKEN_URI + "/"}, "foreign_token_uri"),
    "plain http": (
        {"access_token": ACCESS, "token_uri": TOKEN_URI.replace("https", "http")},
        "foreign_token_uri",
    ),
    "elsewhere in a row": (
        {"token_data": {"access_token": ACCESS}, "oauth_config": {"token_uri": "https://evil.example/token"}},
        "foreign_token_uri",
    ),
    "no text": ({"access_token": ACCESS, "token_uri": {"a": 1}}, "foreign_token_uri"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_token_is_refused_with_the_reason(case: str) -> None:
    document, code = REFUSED[case]
    found = read(document)
    assert found.refused is not None
    assert found.refused.code == code
    for language in ("ko", "en"):
        said = refusal_in_words(found.refused, translator(language))
        assert ACCESS not in said
        assert len(said) > 10


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("name", ["access_token", "refresh_token", "client_secret"])
@pytest.mark.parametrize(
    "value", [7, "a b c d e f", "short", "a" * 5000], ids=["number", "blanks", "short", "long"]
)
def test_what_is_wrong_with_a_field_is_said_by_its_name(language: str, name: str, value: object) -> None:
    found = read({"access_token": ACCESS, "refresh_token": REFRESH} | {name: value})
    assert found.refused is not None
    assert name in refusal_in_words(found.refused, translator(language))


def test_a_foreign_token_endpoint_is_named_by_its_host_alone() -> None:
    found = read({"access_token": ACCESS, "token_uri": "https://user:pw@evil.example/t?refresh=1//x"})
    assert found.refused is not None
    said = refusal_in_words(found.refused, translator("en"))
    assert "evil.example" in said
    assert "pw" not in said
    assert "1//x" not in said


def test_no_secret_is_in_what_is_printed() -> None:
    token = token_in(SHAPES["google-auth"])
    for secret in (ACCESS, REFRESH, CLIENT["client_secret"]):
        assert secret not in repr(token) + repr(read(SHAPES["google-auth"]))


def test_every_refusal_has_words_in_korean_too() -> None:
    korean = translator("ko")
    for code, english in REFUSALS.items():
        assert refusal_in_words(ImportRefused(code, "x"), korean) != english.format(about="x")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS: tuple[str, ...] = (
    "token_data",
    "oauth_config",
    "metadata",
    "access_token",
    "token",
    "refresh_token",
    "token_uri",
)
FIELDS += ("scopes", "scope", "expiry", "expires_at", "token_response", "id_token", "user_id", "client_id")


@given(st.dictionaries(st.sampled_from(FIELDS), json_values))
def test_no_json_gets_further_than_a_token_or_a_refusal(document: dict[str, Any]) -> None:
    found = read(document)
    assert (found.token is None) != (found.refused is None)


@given(st.binary())
def test_no_bytes_get_further_either(content: bytes) -> None:
    found = in_file("x.json", content, token_uri=TOKEN_URI, now=NOW)
    assert found.refused is not None
