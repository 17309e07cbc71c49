"""What Gmail answers for a mail: through the sandbox for whole mails, by hand for single parts."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from sandbox.google.mime import Format, message_resource
from services.sources.gmail.message import read_mail
from services.sources.records import Mail

OWNER = "owner@example.com"
RECEIVED = datetime(2026, 11, 20, 0, 12, 30, 250_000, tzinfo=UTC)


def answer(raw: bytes, fmt: Format = "full", labels: tuple[str, ...] = ("INBOX",)) -> dict[str, Any]:
    """The message resource of the mail `raw`."""
    return message_resource(
        raw, id="18f0a", thread_id="18f00", labels=labels, internal_date=RECEIVED, history_id=7, fmt=fmt
    )


def read(raw: bytes | str, fmt: Format = "full", labels: tuple[str, ...] = ("INBOX",)) -> Mail:
    """The mail `raw` after its way through Gmail."""
    return read_mail(answer(raw.encode() if isinstance(raw, str) else raw, fmt, labels), owner=OWNER)


def part(
    media_type: str, data: bytes | str = b"", *, headers: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    """A part of a payload, as Gmail writes it; `more` are further fields."""
    content = data.encode() if isinstance(data, str) else data
    body: dict[str, Any] = {"size": len(content)}
    if content:
        body["data"] = base64.urlsafe_b64encode(content).decode()
    fields = {"Content-Type": media_type} | (headers or {})
    named = [{"name": name, "value": value} for name, value in fields.items()]
    return {"mimeType": media_type.partition(";")[0], "filename": "", "headers": named, "body": body} | more


def multipart(kind: str, *parts: dict[str, Any], **headers: str) -> dict[str, Any]:
    """A part that holds `parts`."""
    return part(f"multipart/{kind}", headers=headers, parts=list(parts))


def read_parts(payload: dict[str, Any], **fields: Any) -> Mail:
    """The message whose payload is `payload`."""
    return read_mail({"id": "1", "internalDate": "1790000000000", "payload": payload} | fields, owner=OWNER)
