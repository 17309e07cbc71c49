"""Bytes of a mail to text, in whatever charset they are.

Gmail hands out bodies in UTF-8 while the part's header still names the charset of the original, so UTF-8 is
tried first whatever is declared. Declared names are mapped as browsers do, to the superset that senders
really use: every Korean name is cp949, Shift_JIS is cp932, Latin-1 is cp1252.
"""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from services.sources.gmail.iso2022 import iso2022_jp_text, iso2022_kr_text

_SAMPLE = 4096
_ZEROS_FROM = 16
_TAIL = 1024
"""Data longer than this may have been cut in the middle of a character."""

_NAMES: dict[str, str] = {
    alias: codec
    for codec, aliases in {
        "utf-8": "utf8 utf8mb4 unicode11utf8 xutf8 utf8sig",
        "cp949": "euckr cseuckr xeuckr kseuckr ksc5601 ksc56011987 ksc56011989 ksc56011992 csksc56011987"
        " kscms1987 isoir149 korean windows949 xwindows949 cp949 ms949 xmackorean uhc ksx1001 5601 949",
        "johab": "johab cp1361 ms1361 windows1361",
        "iso-2022-kr": "iso2022kr csiso2022kr",
        "cp932": "shiftjis xsjis sjis mskanji windows31j cswindows31j cp932 ms932 csshiftjis xmsshiftjis",
        "euc_jp": "eucjp xeucjp xeuc cp51932 ujis cseucpkdfmtjapanese",
        "iso-2022-jp": "iso2022jp iso2022jp1 iso2022jp2 iso2022jp3 iso2022jp2004 iso2022jpext csiso2022jp"
        " cp50220 cp50221 cp50222 jis",
        "gb18030": "gb2312 gb231280 gbk xgbk gb18030 cp936 ms936 windows936 chinese euccn isoir58 csgb2312",
        "cp950": "big5 xxbig5 cnbig5 csbig5 cp950 big5hkscs",
        "cp1252": "iso88591 latin1 l1 isoir100 csisolatin1 cp819 ibm819 windows1252 cp1252 xansi ansi",
        "cp1254": "iso88599 latin5 windows1254 cp1254",
        "cp874": "tis620 iso885911 windows874 cp874",
        "iso8859-8": "iso88598i iso88598e visual",
        "iso8859-6": "iso88596i iso88596e",
        "koi8-r": "koi8 koi8r cskoi8r",
        "koi8-u": "koi8u koi8ru",
        "mac_roman": "macintosh mac xmacroman macroman",
        "utf-16": "utf16 unicode ucs2 iso10646ucs2 csunicode",
        "utf-7": "utf7 unicode11utf7 csunicode11utf7",
        "hz": "hzgb2312 hz",
        "": "usascii ascii ansix341968 iso646us us 7bit 8bit binary default none null unknown xunknown"
        " unknown8bit iso8859812 iso885912 userdefined xuserdefined",
    }.items()
    for alias in aliases.split()
}
_NOT_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "mbcs"})
_MULTIBYTE = frozenset({"cp949", "johab", "cp932", "euc_jp", "gb18030", "cp950"})
_WIDER = {"euc_jp": "euc_jis_2004", "cp950": "big5hkscs"}
"""What to try where the usual codec fails."""
_WESTERN = frozenset({"", "cp1252", "mac_roman"})
"""Names that senders write without meaning them, Korean senders above all."""

_GUESSES = [
    "cp949", "cp932", "euc_jp", "gb18030", "big5",
    "cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp874",
]  # fmt: skip
_HIGH = re.compile(rb"[\xb0-\xc8][\xa1-\xfe]|[\x80-\xff]")
_KANA = re.compile(rb"\x82[\x9f-\xf1]|\x83[\x40-\x96]")
_BEYOND_LATIN = re.compile("[^\x00-\xff]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]{3}")


def decode_text(data: bytes, charset: str = "", *, recoded: bool = True) -> str:
    """`data` as text; never raises, what cannot be read becomes U+FFFD.

    `charset` is what the mail declares, possibly empty, wrong or no charset at all. `recoded` says that
    the provider has already converted to UTF-8, as Gmail does: two-byte sequences that are good UTF-8 and
    good Korean are then UTF-8.
    """
    codec = codec_named(charset)
    marked = _marked(data, codec)
    if marked is not None:
        return marked
    unicode = _strict(data, "utf-8")
    if unicode is not None and (recoded or codec not in _MULTIBYTE or not _only_two_byte(unicode)):
        return unicode
    return _declared(data, codec) or unicode or _guessed(data, codec)


def codec_named(charset: str) -> str:
    """Python's codec for a charset name as found in mail; empty when the name says nothing."""
    name = charset.split("*")[0].strip().lower().removeprefix("charset=").strip("\"'; \t")
    squeezed = re.sub(r"[^a-z0-9]", "", name)
    if squeezed in _NAMES:
        return _NAMES[squeezed]
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    return info.name if _decodes_text(info.name) else ""


def _decodes_text(codec: str) -> bool:
    """Whether it is a charset at all: Python also has codecs named hex, zlib, rot13."""
    if codec.replace("_", "-") in _NOT_CHARSETS:
        return False
    try:
        b"a".decode(codec, "replace")
    except (LookupError, ValueError):
        return False
    return True


def _marked(data: bytes, codec: str) -> str | None:
    """Text whose bytes themselves say what they are: byte order marks, escape sequences, NULs."""
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:].decode("utf-8", "replace")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if b"\0" in data and (codec == "utf-16" or (codec == "" and _every_other_is_zero(data))):
        return data.decode(_byte_order(data), "replace")
    if b"\x1b$)C" in data or (codec == "iso-2022-kr" and b"\x0e" in data):
        return iso2022_kr_text(data)
    if b"\x1b$" in data or (codec == "iso-2022-jp" and b"\x1b(" in data):
        return iso2022_jp_text(data)
    if (codec == "utf-7" and b"+" in data) or (codec == "hz" and b"~{" in data):
        return _strict(data, codec) if data.isascii() else None
    return None


def _every_other_is_zero(data: bytes) -> bool:
    """Whether it can only be UTF-16 of mostly ASCII, and not a text with stray zero bytes."""
    zeros = max(data[0::2].count(0), data[1::2].count(0))
    return len(data) >= _ZEROS_FROM and zeros * 5 >= len(data)


def _byte_order(data: bytes) -> str:
    """Which UTF-16 it is without a mark: in most texts the zero bytes stand where the high bytes are."""
    return "utf-16-be" if data[0::2].count(0) > data[1::2].count(0) else "utf-16-le"


def _declared(data: bytes, codec: str) -> str | None:
    """By the declared charset, when the bytes bear it out."""
    if codec in _WESTERN and looks_korean(data):
        return _strict(data, "cp949")
    if codec == "":
        return None
    text = _strict(data, codec)
    if text is None and codec in _WIDER:
        text = _strict(data, _WIDER[codec])
    return text if text is not None else _nearly(data, codec)


def _guessed(data: bytes, codec: str) -> str:
    text = _nearly(data, "utf-8") or (_nearly(data, "cp949") if looks_korean(data) else None)
    return text if text is not None else data.decode(codec or _likeliest(data[:_SAMPLE]), "replace")


def _likeliest(sample: bytes) -> str:
    if not _HIGH_RUN.search(sample) and len(_HIGH.findall(sample)) * 3 < len(sample):
        return "cp1252"  # accents here and there: too little for statistics, and Latin script for sure
    kana = len(_KANA.findall(sample))
    if kana >= 2 and kana * 8 >= sum(byte > 0x7F for byte in sample):
        return "cp932"
    best = from_bytes(sample, cp_isolation=_GUESSES).best()
    return best.encoding if best else "cp1252"


def rightly_read(text: str) -> str:
    """`text`, or what it is when somebody on its way took UTF-8 or Korean bytes for Latin-1."""
    if text.isascii() or _BEYOND_LATIN.search(text):
        return text
    data = text.encode("latin-1")
    unicode = _strict(data, "utf-8")
    if unicode is not None:
        return unicode
    return (_nearly(data, "cp949") or text) if looks_korean(data) else text


def looks_korean(data: bytes) -> bool:
    """Whether most of what is not ASCII are pairs of the 2,350 syllables of EUC-KR."""
    found = _HIGH.findall(data[:_SAMPLE])
    pairs = sum(len(piece) == 2 for piece in found)
    singles = len(found) - pairs
    return pairs >= 2 and pairs * 2 >= 0.7 * (pairs * 2 + singles)


def _only_two_byte(text: str) -> bool:
    return not text.isascii() and max(text) < "\u0800"


def _strict(data: bytes, codec: str) -> str | None:
    """Decoded without a single error, apart from a last character cut off at the end of long data."""
    try:
        return data.decode(codec)
    except UnicodeDecodeError as exc:
        if len(data) > _TAIL and exc.start >= len(data) - 3:
            return data[: exc.start].decode(codec, "replace")
        return None
    except ValueError:
        return None


def _nearly(data: bytes, codec: str) -> str | None:
    """Decoded with at most one error in ten characters that are not ASCII."""
    try:
        text = data.decode(codec, "replace")
    except ValueError:
        return None
    broken = text.count("\ufffd")
    foreign = sum(char > "\x7f" for char in text)
    return text if broken * 10 <= foreign else None
