"""Content transfer encodings undone, strictly bounded: base64, quoted-printable, uuencode."""

from __future__ import annotations

import binascii
import re

from services.sources.gmail.charsets import decode_text
from services.sources.gmail.headers import lenient_base64

_BASE64_TEXT = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")
_FOOTER = re.compile(rb"\n[ \t\r]*\n(?=[^\n]*[^A-Za-z0-9+/=\s])")
_QUOTED_BYTE = re.compile(rb"=(?:[0-9A-Fa-f]{2}|[ \t]*\r?\n|$)")
_QUOTED_FOR_SURE = re.compile(rb"=(?:[89A-Fa-f][0-9A-Fa-f]|3[Dd]|20\r?\n|\r?\n)")
_UUENCODED = re.compile(rb"^begin [0-7]{3,4} [^\r\n]+\r?\n", re.MULTILINE)
_SAMPLE = 16 * 1024
_SHORT = 12
"""Fewer letters and digits than this may be one English word."""


def encoding_name(header: str) -> str:
    """The encoding a Content-Transfer-Encoding header means: it is often misspelt."""
    name = re.sub(r"[^a-z0-9]", "", header.lower())
    if name.startswith("quotedprintable"):
        return "quoted-printable"
    if name.startswith("base64"):
        return "base64"
    return "uuencode" if name in ("uuencode", "xuuencode", "uue", "xuue") else ""


def undone(data: bytes, encoding: str, limit: int) -> bytes:
    """`data` with its transfer encoding undone, at most `limit` bytes; what is damaged as far as it goes."""
    if encoding == "base64":
        return lenient_base64(_before_footer(data[: 2 * limit]).decode("latin-1"))[:limit]
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data[: 3 * limit])[:limit]
    if encoding == "uuencode":
        return uudecoded(data[: 2 * limit])[:limit]
    return data[:limit]


def _before_footer(data: bytes) -> bytes:
    """Base64 without the plain lines that a mailing list has put below it."""
    footer = _FOOTER.search(data.lstrip())
    return data.lstrip()[: footer.start()] if footer else data


def uudecoded(data: bytes) -> bytes:
    """The first uuencoded file in `data`; `data` itself where there is none."""
    begin = _UUENCODED.search(data)
    if begin is None:
        return data
    decoded: list[bytes] = []
    for line in data[begin.end() :].splitlines():
        if line.strip() in (b"end", b""):
            break
        decoded.append(_uudecoded_line(line))
    return b"".join(decoded)


def _uudecoded_line(line: bytes) -> bytes:
    length = (line[0] - 32) & 0x3F
    # Trailing blanks are lost on the way and some encoders write one character too many
    needed = line[: 1 + (length * 4 + 2) // 3]
    try:
        return binascii.a2b_uu(needed)
    except binascii.Error:
        return b""


def still_encoded(data: bytes, encoding: str, charset: str) -> bool:
    """Whether `data`, which should be decoded already, really is still in the encoding its header names.

    Stand-ins for Gmail leave it in place. A decoded text that only looks a little like one (`?id=20`, one
    long word) must not be decoded twice, so the whole of it has to look so and make sense when decoded.
    """
    if encoding == "uuencode":
        return _UUENCODED.match(data.lstrip()) is not None
    sample = data if len(data) <= _SAMPLE else data[: data.rfind(b"\n", 0, _SAMPLE) + 1] or data[:_SAMPLE]
    if encoding == "quoted-printable":
        return _is_quoted_printable(sample, charset)
    return encoding == "base64" and _is_base64_of_text(sample, charset)


def _is_quoted_printable(data: bytes, charset: str) -> bool:
    if not data.isascii() or not _QUOTED_FOR_SURE.search(data):
        return False
    if data.count(b"=") != len(_QUOTED_BYTE.findall(data)):
        return False
    return _is_text(binascii.a2b_qp(data), charset)


def _is_base64_of_text(data: bytes, charset: str) -> bool:
    text = data.decode("latin-1").strip()
    if not _BASE64_TEXT.fullmatch(text):
        return False
    squeezed = "".join(text.split())
    if len(data) == _SAMPLE:
        squeezed = squeezed[: len(squeezed) // 4 * 4]
    if len(squeezed) % 4 or (len(squeezed) < _SHORT and not squeezed.endswith("=")):
        return False
    return _is_text(lenient_base64(squeezed), charset)


def _is_text(data: bytes, charset: str) -> bool:
    text = decode_text(data, charset, recoded=False)
    return text != "" and all(char.isprintable() or char.isspace() for char in text.replace("\ufffd", "\0"))
