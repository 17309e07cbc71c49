"""The parts of a mail, from Gmail's JSON or from raw bytes, walked without recursion."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from services.sources.gmail.charsets import decode_text, rightly_read
from services.sources.gmail.headers import Headers, lenient_base64
from services.sources.gmail.transfer import encoding_name, still_encoded, undone

TEXT_BYTES = 256 * 1024
"""Never more than this is decoded of one text part."""

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_META_WITHIN = 4096
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")


class Part(Protocol):
    """One part of a mail: `size` in bytes once decoded, `filename` as it came, possibly empty."""

    @property
    def headers(self) -> Headers: ...
    @property
    def media_type(self) -> str: ...
    @property
    def filename(self) -> str: ...
    @property
    def size(self) -> int: ...

    def children(self) -> Sequence[Part]: ...

    def content(self, limit: int) -> bytes:
        """The first `limit` bytes, with transfer encodings undone; empty when they are kept elsewhere."""
        ...


class GmailPart:
    """A part of Gmail's message resource, or of what an imperfect stand-in takes for one."""

    def __init__(self, resource: Mapping[str, Any]) -> None:
        body = as_mapping(resource.get("body"))
        self.headers = _resource_headers(resource.get("headers"))
        self.media_type = media_type(as_text(resource.get("mimeType")) or self.headers.text("content-type"))
        self.filename = as_text(resource.get("filename")) or header_filename(self.headers)
        self.size = as_size(body.get("size"))
        self._data = as_text(body.get("data"))
        self._parts = as_list(resource.get("parts"))
        self._children: list[GmailPart] | None = None

    def children(self) -> Sequence[Part]:
        if self._children is None:
            self._children = [GmailPart(part) for part in self._parts if isinstance(part, Mapping)]
        return self._children

    def content(self, limit: int) -> bytes:
        data = self._data[: 2 * limit]
        if not data.isascii():  # text that never was base64
            return data.encode("utf-8", "replace")[:limit]
        decoded = lenient_base64(data)[:limit]
        encoding = encoding_name(self.headers.token("content-transfer-encoding"))
        if encoding and still_encoded(decoded, encoding, text_charset(self)):
            return undone(decoded, encoding, limit)
        return decoded


@dataclass(frozen=True, slots=True)
class Placed:
    """A part and where it stands.

    `parent` is the media type of the multipart around it, `alternative` numbers the nearest
    multipart/alternative around it (0: none), `nested` says that it belongs to an attached message.
    """

    part: Part
    parent: str = ""
    alternative: int = 0
    nested: bool = False


def walk(root: Part) -> Iterator[Placed]:
    """Every part of the mail in order, containers too."""
    alternatives = 0
    stack = [Placed(root)]
    while stack:
        placed = stack.pop()
        yield placed
        kind = placed.part.media_type
        alternative = placed.alternative
        if kind == "multipart/alternative":
            alternatives += 1
            alternative = alternatives
        nested = placed.nested or kind in ("message/rfc822", "message/global")
        children = placed.part.children()
        stack += [Placed(child, kind, alternative, nested) for child in reversed(children)]


def part_text(part: Part) -> str:
    """The part's text, of at most `TEXT_BYTES` bytes."""
    data = part.content(TEXT_BYTES)
    charset = text_charset(part)
    if (
        not charset
        and part.media_type == "text/html"
        and (stated := _META_CHARSET.search(data, 0, _META_WITHIN))
    ):
        charset = stated[1].decode("ascii", "replace")
    return rightly_read(decode_text(data, charset, recoded=isinstance(part, GmailPart)))


def text_charset(part: Part) -> str:
    """What the part declares, possibly empty or nonsense."""
    return part.headers.parameter("content-type", "charset")


def media_type(value: str) -> str:
    """`value` as `type/subtype` in lower case; text/plain when it is no media type (RFC 2045, 5.2)."""
    name = value.partition(";")[0].strip().lower()
    return name if _MEDIA_TYPE.fullmatch(name) else "text/plain"


def header_filename(headers: Headers) -> str:
    """The name a part gives its file, in either of the two fields that may carry it."""
    return headers.parameter("content-disposition", "filename") or headers.parameter("content-type", "name")


def as_mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def as_text(value: object) -> str:
    return value if isinstance(value, str) else ""


def as_size(value: object) -> int:
    """A size that may have come as a string; 0 when it is none."""
    try:
        return max(int(value), 0) if isinstance(value, int | float | str) else 0
    except (ValueError, OverflowError):
        return 0


def _resource_headers(value: object) -> Headers:
    fields = [as_mapping(field) for field in as_list(value)]
    return Headers((as_text(field.get("name")), as_text(field.get("value"))) for field in fields)
