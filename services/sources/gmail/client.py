"""Gmail's URIs, and the few calls that need no batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlencode

from services.errors import SourceUnavailable
from services.sources.google_api import Api, build_api, execute
from services.sources.meter import UNMETERED, Meter

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from googleapiclient._apis.gmail.v1 import GmailResource

# Of Gmail's quota, a call.
PROFILE_UNITS = 1
_ID = "MESSAGE-ID"

Format = Literal["full", "metadata"]


@dataclass(frozen=True, slots=True)
class Gmail:
    """Gmail's URIs at one root, shared by all threads.

    The library says where things are; parameters are put in here, because it takes as long for one URI as
    sending it does. `profile` tells the mailbox's address (1 unit), a mail is posted to
    `sending` (100).
    """

    api: Api
    profile: str
    sending: str
    _messages: str
    _message: str

    def listing(self, query: str, limit: int) -> str:
        """Ids of messages that match, newest first (5 units)."""
        asked = {"q": query, "maxResults": limit, "fields": "messages/id,nextPageToken"}
        return f"{self._messages}&{urlencode(asked)}"

    def message(self, id_: str, fmt: Format = "full") -> str:
        """One message (20 units)."""
        return f"{self._message.replace(_ID, quote(id_, safe=''))}&format={fmt}"


@cache
def gmail(root: str) -> Gmail:
    """Gmail at `root`."""
    api = build_api("gmail", "v1", root)
    users: GmailResource.UsersResource = api.resource.users()
    messages = users.messages()
    return Gmail(
        api=api,
        profile=users.getProfile(userId="me").uri,
        sending=messages.send(userId="me", body={}).uri,
        _messages=messages.list(userId="me").uri,
        _message=messages.get(userId="me", id=_ID).uri,
    )


def listed_ids(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids in an answer to `listing`, in its order, each once."""
    try:
        return tuple(dict.fromkeys(str(entry["id"]) for entry in answer.get("messages") or ()))
    except (TypeError, KeyError) as exc:
        raise SourceUnavailable("Gmail's list of messages is malformed") from exc


def ask(credentials: Credentials, uri: str, units: int, meter: Meter) -> dict[str, Any]:
    """What one URI answers, for so many units. Raises SourceError."""
    meter.take(units)
    try:
        return execute(credentials, uri)
    except SourceUnavailable as exc:
        meter.note(exc)
        raise


def get_profile(credentials: Credentials, *, root: str, meter: Meter = UNMETERED) -> str:
    """The mailbox's address, lower case, by a real call: whoever gets it has tokens that work."""
    answer = ask(credentials, gmail(root).profile, PROFILE_UNITS, meter)
    email = answer.get("emailAddress")
    if not isinstance(email, str) or "@" not in email:
        raise SourceUnavailable("Gmail's profile names no address")
    return email.lower()
