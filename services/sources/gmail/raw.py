"""RFC 5322 bytes as parts, for `format=raw`.

The standard library's parser recurses for every level, compares every line with every open boundary and
holds a mail several times over. This one goes over the delimiter lines once, whatever the depth, and keeps
offsets; bodies are decoded only when asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.sources.gmail.headers import Headers
from services.sources.gmail.parts import Part, header_filename, media_type
from services.sources.gmail.transfer import encoding_name, undone

_MARK = b"\xef\xbb\xbf"
"""What editors put before a text in UTF-8."""

_HEADER_BYTES = 256 * 1024
_MBOX_LINES = re.compile(rb"(?:>?From (?![ \t]*:)[^\n]*\n|[ \t]*\r?\n)*")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
_EMPTY_LINE = re.compile(rb"[ \t]*\r?(?:\n|\Z)")
_JUNK_LINE = re.compile(
    # A line that is no field, when what follows it surely still belongs to the header
    rb"[^\n]+\n(?=(?:[ \t][^\n]*\n)*"
    rb"(?:from|to|cc|subject|date|sender|reply-to|mime-version|message-id|received|delivered-to|content-[a-z-]+)"
    rb"[ \t]*:)",
    re.IGNORECASE,
)
_DELIMITER = re.compile(rb"\n--([^\r\n]*)")
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)


@dataclass(slots=True)
class RawPart:
    """A part between two offsets of a mail's bytes."""

    mail: bytes
    start: int
    end: int
    headers: Headers
    media_type: str
    filename: str
    encoding: str
    parts: list[Part] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes once decoded, for base64 reckoned from the number of its letters."""
        length = max(self.end - self.start, 0)
        if self.encoding != "base64":
            return length
        blank = sum(self.mail.count(byte, self.start, self.end) for byte in (b"\n", b"\r", b"="))
        return (length - blank) * 3 // 4

    def children(self) -> Sequence[Part]:
        return self.parts

    def content(self, limit: int) -> bytes:
        if self.parts:
            return b""
        return undone(self.mail[self.start : min(self.end, self.start + 4 * limit)], self.encoding, limit)


def parse_mail(mail: bytes) -> Part:
    """The mail's parts, to any depth; what is broken stays text."""
    if b"\n" not in mail:
        mail = mail.replace(b"\r", b"\n")
    root = _part_at(mail, _after_mbox_lines(mail, len(_MARK) if mail.startswith(_MARK) else 0))
    _Tree(mail, root).grow()
    return root


class _Tree:
    """The multiparts open while going over the delimiter lines, outermost first."""

    def __init__(self, mail: bytes, root: RawPart) -> None:
        self._mail = mail
        self._open: list[tuple[bytes, RawPart]] = []
        self._levels: dict[bytes, int] = {}
        self._unended: list[tuple[int, RawPart]] = []
        self._start = root.start
        self._enter(root)

    def grow(self) -> None:
        for found in _DELIMITER.finditer(self._mail, max(self._start - 1, 0)):
            line = found[1].rstrip()
            level = self._levels.get(line)
            closing = level is None and line.endswith(b"--")
            if closing:
                level = self._levels.get(line[:-2].rstrip())
            if level is None:
                continue
            before = found.start()
            self._end_above(level, before - 1 if self._mail[before - 1 : before] == b"\r" else before)
            if closing:
                self._leave(level)
            else:
                self._leave(level + 1)
                around = self._open[level][1]
                default = "message/rfc822" if around.media_type == "multipart/digest" else "text/plain"
                child = _part_at(self._mail, _next_line(self._mail, found.end()), default)
                around.parts.append(child)
                self._enter(child)

    def _enter(self, part: RawPart) -> None:
        """Note where `part` ends later, and what it opens: a multipart, an attached message."""
        while True:
            self._unended.append((len(self._open), part))
            boundary = part.headers.parameter("content-type", "boundary").encode("utf-8", "replace").rstrip()
            if part.media_type.startswith("multipart/") and boundary and boundary not in self._levels:
                self._levels[boundary] = len(self._open)
                self._open.append((boundary, part))
            if part.media_type != "message/rfc822" or part.encoding:
                return
            inner = _part_at(self._mail, _after_mbox_lines(self._mail, part.start))
            part.parts.append(inner)
            part = inner

    def _end_above(self, level: int, end: int) -> None:
        while self._unended and self._unended[-1][0] > level:
            self._unended.pop()[1].end = end

    def _leave(self, level: int) -> None:
        for boundary, _ in self._open[level:]:
            del self._levels[boundary]
        del self._open[level:]


def _part_at(mail: bytes, start: int, default_type: str = "text/plain") -> RawPart:
    """The part whose header starts there; it reaches to the end until a delimiter line is met."""
    body, fields = _header_block(mail, start)
    charset = _CHARSET.search(mail, start, body)
    headers = Headers(fields, charset[1].decode("ascii", "replace") if charset else "")
    return RawPart(
        mail=mail,
        start=body,
        end=len(mail),
        headers=headers,
        media_type=media_type(headers.text("content-type") or default_type),
        filename=header_filename(headers),
        encoding=encoding_name(headers.token("content-transfer-encoding")),
    )


def _header_block(mail: bytes, start: int) -> tuple[int, list[tuple[str, bytes]]]:
    """Where the body starts, and the fields before it; a stray line between fields is passed over."""
    fields: list[tuple[str, bytes]] = []
    position, limit = start, min(start + _HEADER_BYTES, len(mail))
    while position < limit:
        empty = _EMPTY_LINE.match(mail, position)
        if empty:
            return empty.end(), fields
        found = _FIELD.match(mail, position, limit) or _JUNK_LINE.match(mail, position, limit)
        if found is None:
            break
        if found.re is _FIELD:
            fields.append((found[1].decode("ascii", "replace"), found[2].strip()))
        position = found.end()
    return position, fields


def _after_mbox_lines(mail: bytes, start: int) -> int:
    """Behind mbox's `From ` lines and empty lines that should not be there."""
    found = _MBOX_LINES.match(mail, start)
    return found.end() if found else start


def _next_line(mail: bytes, position: int) -> int:
    end = mail.find(b"\n", position)
    return end + 1 if end >= 0 else len(mail)
