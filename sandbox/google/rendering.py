"""Messages as Gmail's JSON, rendered once: the sandbox must not be what a benchmark measures."""

from __future__ import annotations

import json
from typing import Any, cast

from sandbox.google.mime import Format, message_resource
from sandbox.mailboxes import Message

KEPT_BYTES = 1024 * 1024


def resource(message: Message, fmt: Format, metadata_headers: tuple[str, ...] = ()) -> dict[str, Any]:
    """A message as Gmail answers it."""
    return message_resource(
        message.read(),
        id=message.id,
        thread_id=message.thread_id,
        labels=sorted(message.labels),
        internal_date=message.internal_date,
        history_id=message.history_id,
        fmt=fmt,
        metadata_headers=metadata_headers,
    )


def rendered(message: Message, fmt: Format, metadata_headers: tuple[str, ...] = ()) -> bytes:
    """A message as Gmail's JSON in bytes; small ones are kept."""
    name = f"json {fmt} {' '.join(metadata_headers)}"
    if name not in message.kept:
        text = json.dumps(resource(message, fmt, metadata_headers), ensure_ascii=False)
        content = text.encode("utf-8", "replace")
        if len(content) > KEPT_BYTES:
            return content
        message.kept[name] = content
    return cast("bytes", message.kept[name])
