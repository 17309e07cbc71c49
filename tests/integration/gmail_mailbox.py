"""A mailbox that finds and answers exactly what a test tells it to; a script for `google_server`."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.integration.google_server import Reply, Request, batch_reply, json_reply

NOW = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)


class Mailbox:
    """Answers searches and gets as told: ids by kind of search, replies by id."""

    def __init__(
        self,
        *,
        marked: Iterable[str] = (),
        personal: Iterable[str] = (),
        everything: Iterable[str] = (),
        conversations: Iterable[tuple[str, str]] = (),
        more_of: str = "everything",
        replies: dict[str, Reply | None] | None = None,
        next_page: str = "",
        age: timedelta = timedelta(hours=1),
    ) -> None:
        self.found = {"marked": list(marked), "personal": list(personal), "everything": list(everything)}
        self.conversations = list(conversations)
        self.more_of = more_of
        self.replies = replies or {}
        self.next_page = next_page
        self.age = age

    def __call__(self, request: Request) -> Reply:
        if request.method == "POST":
            return batch_reply(request, self.part)
        reply = self.part(request.path)
        assert reply is not None
        return reply

    def part(self, path: str) -> Reply | None:
        url = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        id_ = url.path.removeprefix("/gmail/v1/users/me/messages").strip("/")
        if not id_:
            return self.replies.get(kind(query["q"]), self.listing(query["q"]))
        return self.replies.get(f"{id_} {query['format']}", self.replies.get(id_, self.message(id_)))

    def listing(self, query: str) -> Reply:
        asked = kind(query)
        found = self.conversations if asked == "conversations" else [(i, i) for i in self.found[asked]]
        answer: dict[str, Any] = {"messages": [{"id": i, "threadId": thread} for i, thread in found]}
        if asked == self.more_of and self.next_page:
            answer["nextPageToken"] = self.next_page
        return json_reply(answer)

    def message(self, id_: str) -> Reply:
        return json_reply(resource(id_, NOW - self.age))


def kind(query: str) -> str:
    if "is:important" in query:
        return "marked"
    if "in:inbox" not in query:
        return "conversations"
    return "personal" if "to:me" in query else "everything"


def resource(id_: str, received: datetime, text: str = "안녕하세요.") -> dict[str, Any]:
    headers = {"From": "Lee <lee@example.com>", "To": "kim@example.com", "Subject": f"mail {id_}"}
    return {
        "id": id_,
        "threadId": id_,
        "labelIds": ["INBOX"],
        "internalDate": str(int(received.timestamp() * 1000)),
        "snippet": text[:100],
        "payload": {
            "mimeType": "text/plain",
            "headers": [{"name": name, "value": value} for name, value in headers.items()],
            "body": {"size": len(text), "data": base64.urlsafe_b64encode(text.encode()).decode()},
        },
    }
