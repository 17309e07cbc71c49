"""Gmail's URIs, and the few calls that need no batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from services.errors import SourceUnavailable
from services.sources.google_api import Api, build_api, execute

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from googleapiclient._apis.gmail.v1 import GmailResource

Format = Literal["full", "metadata"]
_ID = "MESSAGE-ID"


@dataclass(frozen=True, slots=True)
class Gmail:
    """Gmail's URIs at one root, shared by all threads.

    `profile` tells the mailbox's address (1 unit). `patterns` are kept for messages, because the library
    takes as long for one URI as for sending it.
    """

    api: Api
    messages: GmailResource.UsersResource.MessagesResource
    profile: str
    patterns: Mapping[Format, str]

    def listing(self, query: str, limit: int) -> str:
        """Ids of messages that match, newest first (5 units)."""
        fields = "messages/id,nextPageToken"
        return self.messages.list(userId="me", q=query, maxResults=limit, fields=fields).uri

    def message(self, id_: str, fmt: Format = "full") -> str:
        """One message (20 units)."""
        return self.patterns[fmt].replace(_ID, quote(id_, safe=""))


@cache
def gmail(root: str) -> Gmail:
    """Gmail at `root`; the resources are kept because each costs a millisecond to make."""
    api = build_api("gmail", "v1", root)
    users: GmailResource.UsersResource = api.resource.users()
    messages = users.messages()
    formats: tuple[Format, ...] = ("full", "metadata")
    return Gmail(
        api=api,
        messages=messages,
        profile=users.getProfile(userId="me").uri,
        patterns={fmt: messages.get(userId="me", id=_ID, format=fmt).uri for fmt in formats},
    )


def listed_ids(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids in an answer to `listing`, in its order, each once."""
    try:
        return tuple(dict.fromkeys(str(entry["id"]) for entry in answer.get("messages") or ()))
    except (TypeError, KeyError) as exc:
        raise SourceUnavailable("Gmail's list of messages is malformed") from exc


def get_profile(credentials: Credentials, *, root: str) -> str:
    """The mailbox's address, lower case, by a real call: whoever gets it has tokens that work."""
    answer = execute(credentials, gmail(root).profile)
    email = answer.get("emailAddress")
    if not isinstance(email, str) or "@" not in email:
        raise SourceUnavailable("Gmail's profile names no address")
    return email.lower()
