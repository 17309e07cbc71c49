"""The standard library's mail parser, made to bear the mail that is really sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from typing import Any, cast

DEPTH_LIMIT = 50
"""Parts nested deeper are answered as one opaque part: the standard parser recurses for each level."""

_HEADER_BLOCK = 256 * 1024
_LEADING_JUNK = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:\r?\n|>From [^\n]*\n)+|\A\xef\xbb\xbf")
_EMPTY_LINE = re.compile(rb"(?<=\n)\r?\n")
_BLANK_BEFORE_COLON = re.compile(rb"^([A-Za-z-]+)[ \t]+:", re.MULTILINE)
_HEADER_LINE = re.compile(rb"[ \t]|>?From |[!-9;-~]+:")
_KNOWN_FIELD = re.compile(
    rb"(?:From|To|Cc|Subject|Date|Message-ID|MIME-Version|Content-[a-z-]+):", re.IGNORECASE
)


class _BoundedMessage(Message):
    """A message whose parts below `DEPTH_LIMIT` are opaque to the parser."""

    depth = 0

    def attach(self, payload: Any) -> None:
        payload.depth = self.depth + 1
        super().attach(payload)

    def get_content_type(self) -> str:
        return super().get_content_type() if self.depth < DEPTH_LIMIT else "application/octet-stream"


def parsed(raw: bytes) -> Message:
    """The mail's parts; whatever is broken stays text."""
    return message_from_bytes(_mended(raw), _class=_BoundedMessage)


def _mended(raw: bytes) -> bytes:
    """`raw` with a header that the standard parser reads to its end.

    That parser stops at `From  :` (blanks were allowed there once) and at the first line that is no field.
    """
    raw = _LEADING_JUNK.sub(b"", raw)
    end = _EMPTY_LINE.search(raw, 0, _HEADER_BLOCK)
    if end is None:
        return raw
    lines = _BLANK_BEFORE_COLON.sub(rb"\1:", raw[: end.start()]).splitlines(keepends=True)
    fields = [index for index, line in enumerate(lines) if _KNOWN_FIELD.match(line)]
    last = max(fields, default=0)
    kept = [line for index, line in enumerate(lines) if index > last or _HEADER_LINE.match(line)]
    return b"".join(kept) + raw[end.start() :]


def children(part: Message) -> list[Message]:
    """The parts inside `part`: those of a multipart, the message of a message/rfc822."""
    if part.get_content_maintype() not in ("multipart", "message") or not part.is_multipart():
        return []
    return cast("list[Message]", part.get_payload())


def walk(part: Message, part_id: str) -> Iterator[tuple[str, Message]]:
    """`part` and all parts inside it with their ids, as Gmail numbers them."""
    yield part_id, part
    for index, child in enumerate(children(part)):
        yield from walk(child, f"{part_id}.{index}".lstrip("."))
