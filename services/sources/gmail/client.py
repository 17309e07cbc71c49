"""Gmail's requests and the few calls that need no batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from services.errors import SourceUnavailable
from services.sources.google_api import Api, build_api, execute

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from googleapiclient._apis.gmail.v1 import GmailResource
    from googleapiclient.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Gmail:
    """Gmail at one root, shared by all threads: it makes requests, it sends none."""

    api: Api
    users: GmailResource.UsersResource
    messages: GmailResource.UsersResource.MessagesResource

    def profile(self) -> HttpRequest:
        """The mailbox's address and size (1 unit)."""
        return self.users.getProfile(userId="me")

    def listing(self, query: str, limit: int) -> HttpRequest:
        """Ids of messages that match, newest first (5 units)."""
        return self.messages.list(userId="me", q=query, maxResults=limit, fields="messages/id,nextPageToken")

    def message(self, id_: str, fmt: Literal["full", "metadata"] = "full") -> HttpRequest:
        """One message (20 units)."""
        return self.messages.get(userId="me", id=id_, format=fmt)


@cache
def gmail(root: str) -> Gmail:
    """Gmail at `root`; the resources are kept because each costs a millisecond to make."""
    api = build_api("gmail", "v1", root)
    users = api.resource.users()
    return Gmail(api, users, users.messages())


def listed_ids(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids in an answer to `listing`, in its order, each once."""
    try:
        return tuple(dict.fromkeys(str(entry["id"]) for entry in answer.get("messages") or ()))
    except (TypeError, KeyError) as exc:
        raise SourceUnavailable("Gmail's list of messages is malformed") from exc


def get_profile(credentials: Credentials, *, root: str) -> str:
    """The mailbox's address, lower case, by a real call: whoever gets it has tokens that work."""
    answer = execute(credentials, gmail(root).profile())
    email = answer.get("emailAddress")
    if not isinstance(email, str) or "@" not in email:
        raise SourceUnavailable("Gmail's profile names no address")
    return email.lower()
