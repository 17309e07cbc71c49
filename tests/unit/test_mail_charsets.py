"""Charsets beyond the Korean ones, and names that are none."""

from __future__ import annotations

import pytest

from services.sources.gmail.charsets import codec_named, decode_text

JAPANESE = "こんにちは、日本語のメールです。ABC"
CHINESE = "你好，会议改到明天上午。"
TAIWANESE = "您好，會議改到明天上午。"
RUSSIAN = "Здравствуйте, встреча завтра."

KNOWN = [
    ("shift_jis", "cp932", JAPANESE + "①髙ｱｲｳ"),
    ("Shift-JIS", "cp932", JAPANESE),
    ("x-sjis", "cp932", JAPANESE),
    ("windows-31j", "cp932", JAPANESE + "㈱"),
    ("cp932", "cp932", JAPANESE),
    ("euc-jp", "euc_jp", JAPANESE),
    ("euc-jp", "euc_jis_2004", JAPANESE + "①"),
    ("iso-2022-jp", "iso2022_jp", JAPANESE),
    ("iso-2022-jp-1", "iso2022_jp_1", JAPANESE),
    ("iso-2022-jp-2", "iso2022_jp_2", JAPANESE + "é"),
    ("iso-2022-jp-3", "iso2022_jp_3", JAPANESE),
    ("iso-2022-jp", "iso2022_jp_ext", JAPANESE + "ｱｲｳ"),
    ("gb2312", "gb2312", CHINESE),
    ("gb2312", "gbk", CHINESE + "鎔"),
    ("gbk", "gbk", CHINESE),
    ("gb18030", "gb18030", CHINESE + "𠀀"),
    ("big5", "big5", TAIWANESE),
    ("big5", "cp950", TAIWANESE + "€"),
    ("hz-gb-2312", "hz", CHINESE),
    ("iso-8859-1", "iso8859-1", "déjà vu, señor"),
    ("iso-8859-1", "cp1252", "“déjà vu” – 10 €"),
    ("iso-8859-2", "iso8859-2", "Zażółć gęślą jaźń"),
    ("iso-8859-3", "iso8859-3", "Ĉu vi parolas Esperanton? Ĝis!"),
    ("iso-8859-4", "iso8859-4", "ķēniņš"),
    ("iso-8859-5", "iso8859-5", RUSSIAN),
    ("iso-8859-6", "iso8859-6", "مرحبا بكم"),
    ("iso-8859-7", "iso8859-7", "Καλημέρα σας"),
    ("iso-8859-8-i", "iso8859-8", "שלום לכם"),
    ("iso-8859-9", "iso8859-9", "Günaydın, şimdi"),
    ("iso-8859-10", "iso8859-10", "þú ert hér"),
    ("iso-8859-11", "iso8859-11", "สวัสดีครับ"),
    ("iso-8859-13", "iso8859-13", "Ačiū, iki pasimatymo"),
    ("iso-8859-14", "iso8859-14", "Ŵyr a ŷd"),
    ("iso-8859-15", "iso8859-15", "Œuvre à 10 €"),
    ("iso-8859-16", "iso8859-16", "Bună dimineața"),
    ("windows-1250", "cp1250", "Příliš žluťoučký kůň"),
    ("windows-1251", "cp1251", RUSSIAN),
    ("windows-1253", "cp1253", "Καλημέρα"),
    ("windows-1254", "cp1254", "Günaydın"),
    ("windows-1255", "cp1255", "שלום"),
    ("windows-1256", "cp1256", "مرحبا"),
    ("windows-1257", "cp1257", "Ačiū"),
    ("windows-1258", "cp1258", "cà phê"),
    ("windows-874", "cp874", "สวัสดี"),
    ("koi8-r", "koi8-r", RUSSIAN),
    ("koi8-u", "koi8-u", "Привіт, як справи?"),
    ("macintosh", "mac_roman", "déjà vu"),
    ("utf-7", "utf-7", "안녕하세요 Hi"),
    ("unicode-1-1-utf-7", "utf-7", "こんにちは"),
    ("utf-16", "utf-16", "안녕하세요 Hi"),
    ("utf-16le", "utf-16-le", "안녕하세요 Hi"),
    ("utf-16be", "utf-16-be", "안녕하세요 Hi"),
    ("utf-8", "utf-8-sig", "안녕하세요"),
]


@pytest.mark.parametrize("recoded", [True, False])
@pytest.mark.parametrize(("name", "codec", "text"), KNOWN)
def test_declared_charsets_are_believed_where_the_bytes_agree(
    name: str, codec: str, text: str, recoded: bool
) -> None:
    data = text.encode(codec)
    assert decode_text(data, name, recoded=recoded) == text
    assert decode_text(data, f'"{name.upper()}"', recoded=recoded) == text


@pytest.mark.parametrize(("name", "codec", "text"), KNOWN)
def test_what_gmail_made_utf_8_is_utf_8_under_every_name(name: str, codec: str, text: str) -> None:
    assert decode_text(text.encode(), name) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x1b$B-!\x1b(B A", "① A"),  # NEC's row 13
        (b"\x1b$B-!\x7c\x71\x1b(B A", "①ⅰ A"),  # and IBM's row 92
        (b'\x1b$B$"\x1b(I1\x1b(B A', "あｱ A"),
        (b'\x1b$B$"\nABC', "あ\nABC"),
        (b'\x1b$B$"\xff\xff$"\x1b(B', "あ\ufffdあ"),
    ],
)
def test_iso_2022_jp_is_read_as_vendors_write_it(data: bytes, text: str) -> None:
    assert decode_text(data, "iso-2022-jp").replace("\ufffd\ufffd", "\ufffd") == text


def test_escape_sequences_tell_the_charset_when_nobody_else_does() -> None:
    assert decode_text(JAPANESE.encode("iso2022_jp"), "") == JAPANESE
    assert decode_text(b"\x1b$)C\x0eGQ1[\x0f", "us-ascii") == "한글"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Formação e Verão".encode("latin-1"), "Formação e Verão"),
        ("Grüße aus Köln".encode("latin-1"), "Grüße aus Köln"),
        ("“quoted” – dash".encode("cp1252"), "“quoted” – dash"),
        (RUSSIAN.encode("cp1251"), RUSSIAN),
        ("あいうえおのテスト".encode("cp932"), "あいうえおのテスト"),
        (b"plain", "plain"),
        (b"", ""),
    ],
)
def test_undeclared_bytes_are_guessed(data: bytes, text: str) -> None:
    assert decode_text(data, "x-unknown") == text


NOT_CHARSETS = (
    "", "x-unknown", "unknown-8bit", "default", "binary", "none", "us-ascii", "hex", "rot13", "base64",
    "zlib", "idna", "punycode", "undefined", "unicode_escape", "mbcs", "no such", "\0", "a" * 10_000,
    "utf-8\0",
)  # fmt: skip


@pytest.mark.parametrize("name", NOT_CHARSETS)
def test_names_that_say_nothing_are_no_codec(name: str) -> None:
    assert codec_named(name) in ("", "utf-8")
    assert decode_text("뷁".encode(), name) == "뷁"


def test_a_character_cut_off_at_the_end_of_long_data_does_not_change_the_charset() -> None:
    for codec in ("utf-8", "cp949"):
        data = ("가" * 1000).encode(codec)[:-1]
        assert decode_text(data, codec, recoded=codec == "utf-8").startswith("가" * 999)
