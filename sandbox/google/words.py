"""What search looks at in a message, worked out once and kept with it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from sandbox.google.rendering import resource
from sandbox.mailboxes import Message

TEXT_LIMIT = 256 * 1024


@dataclass(frozen=True, slots=True)
class Words:
    """Lower-case text by field; `everything` joins them with the text of the body."""

    sender: str
    to: str
    cc: str
    bcc: str
    subject: str
    everything: str
    has_attachment: bool


def words_of(message: Message) -> Words:
    """The searchable text of a message."""
    if "words" not in message.kept:
        message.kept["words"] = _read(message)
    return cast("Words", message.kept["words"])


def _read(message: Message) -> Words:
    payload = resource(message, "full")["payload"]
    headers = {
        name: " ".join(h["value"] for h in payload["headers"] if h["name"].lower() == name).lower()
        for name in ("from", "to", "cc", "bcc", "subject")
    }
    parts = list(_parts(payload))
    text = " ".join(_text(part) for part in parts)[:TEXT_LIMIT].lower()
    return Words(
        sender=headers["from"],
        to=headers["to"],
        cc=headers["cc"],
        bcc=headers["bcc"],
        subject=headers["subject"],
        everything="\n".join([*headers.values(), text]),
        has_attachment=any(part["filename"] for part in parts),
    )


def _parts(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield payload
    for part in payload.get("parts", ()):
        yield from _parts(part)


def _text(part: dict[str, Any]) -> str:
    data = part["body"].get("data", "") if part["mimeType"].startswith("text/") else ""
    text = base64.urlsafe_b64decode(data).decode("utf-8", "replace")
    return f"{text} {part['filename']}"
