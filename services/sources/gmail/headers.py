"""Header fields as they come: decoded by Gmail, or raw with RFC 2047 words, 8-bit bytes and broken syntax."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote_to_bytes

from services.sources.gmail.charsets import decode_text, rightly_read

VALUE_LIMIT = 64 * 1024
_WORD_START = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?")
_UNDECODED = re.compile("[\udc80-\udcff\x1b]")
_ESCAPED_PAIR = re.compile(r"\\(.)")
_SECTION = re.compile(r"^(.+?)\*(?:(\d{1,3})(\*?))?$")


class Headers:
    """The fields of one part, in order; names are compared without case.

    Values are kept as they came and decoded when asked for: a mail may have thousands of fields. `charset`
    is that of the part's text, for 8-bit values.
    """

    def __init__(self, fields: Iterable[tuple[str, str | bytes]], charset: str = "") -> None:
        self._fields: dict[str, list[str | bytes]] = {}
        for name, value in fields:
            self._fields.setdefault(name.strip().lower(), []).append(value)
        self._charset = charset
        self._parameters: dict[str, dict[str, str]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def raw(self, name: str) -> Iterator[str]:
        """Every value of the field, unfolded, 8-bit bytes decoded, RFC 2047 words not."""
        for value in self._fields.get(name, ()):
            yield _unfolded(value[:VALUE_LIMIT], self._charset)

    def text(self, name: str) -> str:
        """The field's first value that is not empty, decoded; empty when there is none."""
        return next((text for value in self.raw(name) if (text := decode_words(value).strip())), "")

    def token(self, name: str) -> str:
        """The field's first value up to `;`, lower case, as `multipart/mixed` or `quoted-printable`."""
        return self.text(name).partition(";")[0].strip().lower()

    def parameter(self, name: str, parameter: str) -> str:
        """A parameter of the field's first value (`boundary`, `filename`, …), decoded; empty without one."""
        if name not in self._parameters:
            self._parameters[name] = parameters(next(self.raw(name), ""))
        return self._parameters[name].get(parameter, "")


def decode_words(value: str) -> str:
    """RFC 2047 words in `value` decoded, whatever stands around them and however they are broken.

    Bytes of neighbouring words of one charset are joined first: senders cut characters in two.
    """
    if "=?" not in value:
        return value
    decoded: list[str] = []
    position, charset, data = 0, "", b""
    for start, end, named, word in _words(value):
        between = value[position:start]
        apart = between.strip() != "" or position == 0
        if apart or named != charset:
            decoded.append(decode_text(data, charset, recoded=False))
            data = b""
        if apart:
            decoded.append(between)
        position, charset, data = end, named, data + word
    decoded += [decode_text(data, charset, recoded=False), value[position:]]
    return "".join(decoded)


def _words(value: str) -> Iterator[tuple[int, int, str, bytes]]:
    """Start, end, charset and bytes of each encoded word; one without an end reaches to the next blank."""
    position = 0
    while (found := _WORD_START.search(value, position)) is not None:
        end = value.find("?=", found.end())
        if end < 0:
            text = value[found.end() :].partition(" ")[0]
            position = found.end() + len(text)
        else:
            text = value[found.end() : end]
            position = end + 2
        yield found.start(), position, found[1].lower(), _word_bytes(text, found[2])


def _word_bytes(text: str, encoding: str) -> bytes:
    if encoding in "bB":
        return lenient_base64(text)
    return binascii.a2b_qp(_as_bytes(text), header=True)


def lenient_base64(text: str) -> bytes:
    """Base64 in either alphabet, with or without padding, with foreign characters, in several pieces."""
    pieces = re.sub(r"[^A-Za-z0-9+/=]", "", text.translate(_STANDARD_ALPHABET)).split("=")
    return b"".join(_base64_piece(piece) for piece in pieces if piece)


_STANDARD_ALPHABET = str.maketrans("-_", "+/")


def _base64_piece(piece: str) -> bytes:
    if len(piece) % 4 == 1:  # one character holds no whole byte
        piece = piece[:-1]
    return base64.b64decode(piece + "=" * (-len(piece) % 4))


def _unfolded(value: str | bytes, charset: str) -> str:
    if isinstance(value, bytes):
        text = decode_text(value, charset, recoded=False)
    elif _UNDECODED.search(value):
        text = decode_text(_as_bytes(value), charset, recoded=False)
    else:
        text = rightly_read(value)
    return text.replace("\r", "").replace("\n", "")


def _as_bytes(value: str) -> bytes:
    """The bytes that a value stands for, those that somebody could not decode and passed on included."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace")


def parameters(value: str) -> dict[str, str]:
    """The parameters of a structured field, decoded: RFC 2231, RFC 2047, percent signs, missing quotes."""
    found: dict[str, str] = {}
    sections: dict[str, list[tuple[int, bool, str]]] = {}
    for name, text in _raw_parameters(value):
        section = _SECTION.match(name)
        if section is None:
            found.setdefault(name, _plain_parameter(text))
        else:
            encoded = section[2] is None or section[3] == "*"
            sections.setdefault(section[1], []).append((int(section[2] or 0), encoded, text))
    found.update({name: _sectioned(pieces) for name, pieces in sections.items()})
    return found


def _raw_parameters(value: str) -> Iterator[tuple[str, str]]:
    for piece in _split_outside_quotes(value)[1:]:
        name, equals, text = piece.partition("=")
        if equals and name.strip():
            text = text.strip()
            if text.startswith('"'):
                text = _ESCAPED_PAIR.sub(r"\1", text[1:].removesuffix('"'))
            yield name.strip().lower(), text


def _split_outside_quotes(value: str) -> list[str]:
    """`value` split at semicolons; a quotation mark that is never closed is an ordinary character."""
    if '"' not in value:
        return value.split(";")
    pieces = re.findall(r';|"(?:[^"\\]|\\.)*"|[^;"]+|"', value)
    split = [""]
    for piece in pieces:
        if piece == ";":
            split.append("")
        else:
            split[-1] += piece
    return split


def _sectioned(pieces: list[tuple[int, bool, str]]) -> str:
    """RFC 2231: numbered sections, the first of which may say `charset'language'`."""
    ordered = sorted(pieces)
    charset, data = "", b""
    for index, (_, encoded, text) in enumerate(ordered):
        if encoded and index == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        raw = _as_bytes(text)
        data += unquote_to_bytes(raw) if encoded else raw
    return decode_words(decode_text(data, charset, recoded=False))


def _plain_parameter(text: str) -> str:
    decoded = decode_words(text)
    if "%" in decoded:
        unquoted = unquote_to_bytes(_as_bytes(decoded))
        try:
            # Webmail writes filename="%ED%95%9C.pdf"; a plain percent sign stays
            return decoded if unquoted.isascii() else unquoted.decode()
        except UnicodeDecodeError:
            return decoded
    return decoded
