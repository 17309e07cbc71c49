"""ISO-2022-KR and ISO-2022-JP as mail really carries them.

Python's codecs are strict: they want the Korean designator, refuse syllables of cp949 and know nothing of
the NEC and IBM characters that Japanese mail programs send. Here shifted bytes are turned into the
eight-bit forms (cp949, cp932) and what is left over becomes U+FFFD. A line end resets the state.
"""

from __future__ import annotations

import re

_KOREAN_DESIGNATOR = re.compile(rb"\x1b\$\)C\r?\n?")
_KOREAN_SHIFTED = re.compile(rb"\x0e([^\x0f\r\n]*)\x0f?")
_JAPANESE_ESCAPE = re.compile(rb"\x1b(\$[@B]|\$\([@BDOPQ]|\([BJHI])|(?=[\r\n])")
_NO_PAIR, _NO_PAIR_READ = b"\xff", "\uf8f3"
"""Not Shift_JIS, but cp932 reads it, and as nothing else."""

_SET_HIGH = bytes(byte | 0x80 if 0x21 <= byte <= 0x7E else byte for byte in range(256))


def iso2022_kr_text(data: bytes) -> str:
    """ISO-2022-KR, with or without its designator, with cp949's syllables and unclosed shifts."""
    plain = _KOREAN_DESIGNATOR.sub(b"", data)
    euc = _KOREAN_SHIFTED.sub(lambda found: found[1].translate(_SET_HIGH), plain)
    return euc.replace(b"\x0f", b"").decode("cp949", "replace")


def iso2022_jp_text(data: bytes) -> str:
    """ISO-2022-JP in any of its versions, with half-width katakana and vendors' characters."""
    for codec in ("iso2022_jp_2", "iso2022_jp_ext", "iso2022_jp_2004"):
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    pieces: list[str] = []
    start, state = 0, b"(B"
    for escape in _JAPANESE_ESCAPE.finditer(data):
        pieces.append(_japanese_piece(data[start : escape.start()], state))
        start, state = escape.end(), escape[1] or b"(B"
    pieces.append(_japanese_piece(data[start:], state))
    return "".join(pieces)


def _japanese_piece(piece: bytes, state: bytes) -> str:
    if state.startswith(b"$"):
        return _shifted_jis(piece).decode("cp932", "replace").replace(_NO_PAIR_READ, "\ufffd")
    if state == b"(I":
        return piece.translate(_SET_HIGH).decode("cp932", "replace")
    return piece.decode("ascii", "replace")


def _shifted_jis(pairs: bytes) -> bytes:
    """JIS X 0208 code pairs as Shift_JIS: two rows of 94 share one lead byte."""
    out = bytearray()
    for row, cell in zip(pairs[::2], pairs[1::2], strict=False):
        if not (0x21 <= row <= 0x7E and 0x21 <= cell <= 0x7E):
            out += _NO_PAIR
            continue
        shift = 0x7E if row % 2 == 0 else 0x1F if cell < 0x60 else 0x20
        out += bytes(((row - 0x21) // 2 + (0x81 if row < 0x5F else 0xC1), cell + shift))
    return bytes(out)
