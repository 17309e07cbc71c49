"""RFC 5322 bytes to Gmail's message resource, as `users.messages.get` answers it.

What Gmail does and this does too: text bodies are re-encoded to UTF-8 while the part's Content-Type header
still names the charset they were sent in; RFC 2047 words in headers are decoded; a part that has a file
name or is not text carries `attachmentId` in place of `data`; an attached message unfolds into parts. No
bytes make this raise: what is broken becomes text, as in Gmail.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Collection, Sequence
from datetime import datetime
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message
from typing import Any, Literal

from selectolax.lexbor import LexborHTMLParser

from sandbox.google.mime_parser import children, parsed, walk

Format = Literal["full", "metadata", "minimal", "raw"]

SNIPPET_CHARS = 200
_SNIPPET_SOURCE = 64 * 1024
_HEADER_SOURCE = 16 * 1024
_ATTACHMENT_PREFIX = "ANGjdJ"

_CODECS = {
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "ks_c_5601_1987": "cp949",
    "cp-949": "cp949",
    "windows-949": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso-8859-1": "cp1252",
    "us-ascii": "cp1252",
}
_KOREAN_DESIGNATOR = b"\x1b$)C"
_NOT_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"})


def message_resource(
    raw: bytes,
    *,
    id: str,  # noqa: A002  Gmail's name for it
    thread_id: str,
    labels: Sequence[str],
    internal_date: datetime,
    history_id: int,
    fmt: Format,
    metadata_headers: Sequence[str] = (),
) -> dict[str, Any]:
    """Gmail's JSON for the mail `raw`.

    `metadata_headers` narrows the headers of `fmt="metadata"`; empty means all of them.
    """
    message = parsed(raw)
    resource: dict[str, Any] = {"id": id, "threadId": thread_id}
    if labels:
        resource["labelIds"] = list(labels)
    resource["snippet"] = _snippet(message)
    if fmt == "full":
        resource["payload"] = _part_resource(message, "", _text_charset(message))
    elif fmt == "metadata":
        resource["payload"] = {
            "mimeType": message.get_content_type(),
            "headers": _headers(message, _text_charset(message), {name.lower() for name in metadata_headers}),
        }
    elif fmt == "raw":
        resource["raw"] = base64.urlsafe_b64encode(raw).decode()
    resource["sizeEstimate"] = len(raw)
    resource["historyId"] = str(history_id)
    resource["internalDate"] = str(int(internal_date.timestamp() * 1000))
    return resource


def attachment_bytes(raw: bytes, attachment_id: str) -> bytes:
    """The decoded bytes behind an `attachmentId` of `message_resource`; KeyError when there is none."""
    for part_id, part in walk(parsed(raw), ""):
        if _attachment_id(part_id) == attachment_id:
            return _part_bytes(part)
    raise KeyError(attachment_id)


def header_text(value: str, charset: str = "") -> str:
    """A header's value as Gmail shows it: unfolded, RFC 2047 words decoded.

    8-bit bytes are read as UTF-8, else in the `charset` of the mail's text.
    """
    value = _eight_bit_text(value, charset)
    try:
        words = decode_header(value)
    except (HeaderParseError, ValueError):
        return value
    return "".join(
        word if isinstance(word, str) else _decoded(word, charset or "us-ascii") for word, charset in words
    )


def _eight_bit_text(value: str, charset: str = "") -> str:
    value = re.sub(r"[\r\n]+", "", value)[:_HEADER_SOURCE]
    if not re.search(r"[\udc80-\udcff]", value):
        return value
    data = value.encode("utf-8", "surrogateescape")
    return _decoded(data, "utf-8" if _is_utf8(data) else charset)


def _part_resource(part: Message, part_id: str, charset: str) -> dict[str, Any]:
    inside = children(part)
    resource: dict[str, Any] = {
        "partId": part_id,
        "mimeType": part.get_content_type(),
        "filename": _filename(part),
        "headers": _headers(part, charset),
        "body": _body(part, part_id),
    }
    if inside:
        resource["parts"] = [
            _part_resource(child, f"{part_id}.{index}".lstrip("."), charset)
            for index, child in enumerate(inside)
        ]
    return resource


def _body(part: Message, part_id: str) -> dict[str, Any]:
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        return {"size": 0}
    if _filename(part) or part.get_content_maintype() not in ("text", "multipart"):
        return {"attachmentId": _attachment_id(part_id), "size": len(_part_bytes(part))}
    text = _text(part).encode("utf-8", "replace")
    return {"size": len(text), "data": base64.urlsafe_b64encode(text).decode()} if text else {"size": 0}


def _attachment_id(part_id: str) -> str:
    return _ATTACHMENT_PREFIX + base64.urlsafe_b64encode(f"part {part_id}".encode()).decode().rstrip("=")


def _headers(part: Message, charset: str, wanted: Collection[str] = frozenset()) -> list[dict[str, str]]:
    return [
        {"name": name, "value": header_text(str(value), charset).strip()}
        for name, value in part.raw_items()
        if not wanted or name.lower() in wanted
    ]


def _filename(part: Message) -> str:
    named = Message()
    for name, value in part.raw_items():
        if name.lower() in ("content-disposition", "content-type") and name not in named:
            named[name] = _eight_bit_text(str(value))
    try:
        return header_text(named.get_filename("") or "")
    except (ValueError, LookupError, TypeError):  # RFC 2231 continuations or charsets that make no sense
        return ""


def _part_bytes(part: Message) -> bytes:
    """The part's content with its transfer encoding undone; of an attached message, the message."""
    if part.is_multipart():
        return b"\n".join(_message_bytes(child) for child in children(part))
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, binascii.Error):
        payload = str(part.get_payload()).encode("utf-8", "surrogateescape")
    return payload if isinstance(payload, bytes) else b""


def _message_bytes(message: Message) -> bytes:
    try:
        return message.as_bytes()
    except (MessageError, ValueError, LookupError, TypeError, AttributeError):
        # The generator gives up on some broken headers and charsets.
        return b""


def _text(part: Message) -> str:
    return _decoded(_part_bytes(part), _charset(part))


def _charset(part: Message) -> str:
    try:
        return part.get_content_charset("") or ""
    except (ValueError, LookupError, TypeError):
        return ""


def _text_charset(message: Message) -> str:
    """The charset that the first text names."""
    return next((name for _, part in walk(message, "") if (name := _charset(part))), "")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decoded(data: bytes, charset: str) -> str:
    """`data` by the declared charset, else UTF-8, else Korean, else what the declared one makes of it."""
    name = charset.strip("\"' ").lower()
    name = _CODECS.get(name, name)
    if name.startswith("iso-2022-"):
        # Seven-bit: whatever is wrong with it, it is also valid UTF-8, so nothing else may be tried.
        designator = _KOREAN_DESIGNATOR if name == "iso-2022-kr" and _KOREAN_DESIGNATOR not in data else b""
        return _replaced(designator + data, name)
    # Western names are written without being meant: what is good UTF-8 is UTF-8
    for codec in ("utf-8" if name == "cp1252" else name, name, "utf-8", "cp949"):
        if codec and codec.replace("-", "_") not in _NOT_CHARSETS:
            try:
                return data.decode(codec)
            except (ValueError, LookupError):
                continue
    return _replaced(data, name or "cp1252")


def _replaced(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec, "replace")
    except (ValueError, LookupError):
        return data.decode("cp1252", "replace")


def _snippet(message: Message) -> str:
    texts = {
        part.get_content_type(): part
        for _, part in reversed(list(walk(message, "")))
        if part.get_content_maintype() == "text" and not _filename(part)
    }
    plain, markup = texts.get("text/plain"), texts.get("text/html")
    text = _text(plain)[:_SNIPPET_SOURCE] if plain is not None else ""
    if not text.strip() and markup is not None:
        text = _markup_text(_text(markup)[:_SNIPPET_SOURCE])
    return html.escape(" ".join(text.split())[:SNIPPET_CHARS]).replace("&#x27;", "&#39;")


def _markup_text(markup: str) -> str:
    tree = LexborHTMLParser(markup)
    tree.strip_tags(["style", "script", "head", "title"])
    return tree.text(separator=" ")
