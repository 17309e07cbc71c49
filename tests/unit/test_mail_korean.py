"""Korean mail in every charset that Korea has ever sent it in."""

from __future__ import annotations

import itertools

import pytest

from sandbox.google.mime import Format
from services.sources.gmail.charsets import decode_text
from tests.unit.gmail_answers import part, read, read_parts
from tests.unit.korean_samples import (
    BASIC,
    BEYOND_EUC_KR,
    CHARSETS,
    EMAIL,
    SENDER,
    SUBJECT,
    SUBJECT_STYLES,
    TRANSFERS,
    encoded,
    encoded_words,
    sample,
    transferred,
)

NAMES_OF_KOREAN = (
    "euc-kr", "EUC_KR", "ks_c_5601-1987", "KS_C_5601", "ksc5601", "ksc_5601", "ks_c_5601_1987", "korean",
    "cp949", "uhc", "windows-949", "x-windows-949", "ms949", "csEUCKR", "iso-ir-149", "5601",
    "ks-c-5601-1989", '"euc-kr"', " euc-kr ", "euc-kr*ko",
)  # fmt: skip
LIES = ("us-ascii", "iso-8859-1", "windows-1252", "x-unknown", "unknown-8bit", "utf-8", "", "no-such-charset")


@pytest.mark.parametrize("fmt", ["full", "raw"])
@pytest.mark.parametrize(("charset", "transfer"), list(itertools.product(CHARSETS, TRANSFERS)))
def test_bodies_are_read_in_every_charset_and_transfer_encoding(
    charset: str, transfer: str, fmt: Format
) -> None:
    made = sample(charset, transfer=transfer)
    mail = read(made.raw, fmt)
    assert (mail.text, mail.subject, mail.sender.name, mail.sender.email) == (
        made.text, made.subject, SENDER, EMAIL,
    )  # fmt: skip


@pytest.mark.parametrize("fmt", ["full", "raw"])
@pytest.mark.parametrize(("charset", "style"), list(itertools.product(CHARSETS, SUBJECT_STYLES)))
def test_subjects_are_read_however_they_are_written(charset: str, style: str, fmt: Format) -> None:
    made = sample(charset, subject_style=style)
    mail = read(made.raw, fmt)
    assert (mail.subject, mail.text) == (made.subject, made.text)


@pytest.mark.parametrize("fmt", ["full", "raw"])
@pytest.mark.parametrize(
    ("body", "subject"), [(one, other) for one in CHARSETS for other in CHARSETS if one != other]
)
def test_header_and_body_may_be_in_different_charsets(body: str, subject: str, fmt: Format) -> None:
    made = sample(body, subject_charset=subject, transfer="base64")
    mail = read(made.raw, fmt)
    assert (mail.subject, mail.text) == (made.subject, made.text)


@pytest.mark.parametrize("declared", [*NAMES_OF_KOREAN, "iso-2022-kr", "shift_jis", "gb2312", "utf-7", *LIES])
def test_text_that_gmail_made_utf_8_is_read_whatever_the_header_still_says(declared: str) -> None:
    mail = read_parts(part(f"text/plain; charset={declared}", BEYOND_EUC_KR))
    assert mail.text == BEYOND_EUC_KR


@pytest.mark.parametrize("declared", NAMES_OF_KOREAN)
def test_text_left_in_its_charset_is_read_by_any_korean_name_as_cp949(declared: str) -> None:
    mail = read_parts(part(f"text/plain; charset={declared}", encoded(BEYOND_EUC_KR, "cp949")))
    assert mail.text == BEYOND_EUC_KR


@pytest.mark.parametrize("declared", LIES)
def test_korean_is_found_behind_a_header_that_lies(declared: str) -> None:
    assert decode_text(encoded(BASIC, "euc-kr"), declared) == BASIC
    assert decode_text(encoded(BASIC, "euc-kr"), declared, recoded=False) == BASIC


@pytest.mark.parametrize("fmt", ["full", "raw"])
@pytest.mark.parametrize("declared", ["euc-kr", "ks_c_5601-1987", "iso-8859-1", "us-ascii"])
def test_utf_8_sent_under_another_name_is_utf_8(declared: str, fmt: Format) -> None:
    made = sample("utf-8", declared=declared, subject_style="raw")
    mail = read(made.raw, fmt)
    assert (mail.text, mail.subject) == (made.text, made.subject)


@pytest.mark.parametrize("transfer", ["base64", "quoted-printable"])
@pytest.mark.parametrize("charset", ["euc-kr", "cp949", "utf-8"])
def test_a_transfer_encoding_left_in_place_is_undone(charset: str, transfer: str) -> None:
    body = transferred(encoded(BASIC, charset), transfer)
    headers = {"Content-Transfer-Encoding": transfer}
    assert read_parts(part(f"text/plain; charset={charset}", body, headers=headers)).text == BASIC


@pytest.mark.parametrize(
    ("text", "transfer"),
    [
        ("검색: https://example.kr/?id=20&no=3D", "quoted-printable"),
        ("https://example.kr/?id=20&page=4D", "quoted-printable"),
        ("E=MC2 입니다", "quoted-printable"),
        ("internationalization", "base64"),
        ("Test", "base64"),
        ("OK", "base64"),
        ("begin with the end in mind", "x-uuencode"),
    ],
)
def test_text_that_only_looks_encoded_is_left_alone(text: str, transfer: str) -> None:
    headers = {"Content-Transfer-Encoding": transfer}
    assert read_parts(part("text/plain; charset=utf-8", text, headers=headers)).text == text


@pytest.mark.parametrize(
    "data",
    [
        b"\x1b$)C\r\n\x0eGQ1[\x0f ABC",
        b"\x0eGQ1[\x0f ABC",
        b"\x1b$)C\x0eGQ1[\x0f ABC\r\n",
        b"\x1b$)C\x0e\xc7\xd1\xb1\xdb\x0f ABC",
        b"\x1b$)C\x0eGQ\x0f\x0e1[\x0f ABC",
    ],
)
def test_iso_2022_kr_is_read_though_broken(data: bytes) -> None:
    assert decode_text(data, "iso-2022-kr").strip() == "한글 ABC"


def test_an_unclosed_shift_ends_with_its_line() -> None:
    assert decode_text(b"\x1b$)C\x0eGQ1[\nABC", "iso-2022-kr") == "한글\nABC"


def test_a_damaged_byte_costs_one_character_and_not_the_charset() -> None:
    damaged = encoded(BASIC, "euc-kr").replace(encoded("홍", "euc-kr"), b"\xff")
    assert decode_text(damaged, "euc-kr") == BASIC.replace("홍", "\ufffd")


@pytest.mark.parametrize("charset", ["euc-kr", "utf-8"])
def test_a_subject_taken_for_latin_1_on_its_way_is_read_again(charset: str) -> None:
    misread = encoded(SUBJECT, charset).decode("latin-1")
    headers = {"Subject": misread}
    assert read_parts(part("text/plain", "본문", headers=headers)).subject == SUBJECT


@pytest.mark.parametrize("charset", ["euc-kr", "utf-8"])
def test_a_body_taken_for_latin_1_on_its_way_is_read_again(charset: str) -> None:
    misread = encoded(BASIC, charset).decode("latin-1")
    assert read_parts(part(f"text/plain; charset={charset}", misread)).text == BASIC


def test_markup_may_name_the_charset_that_its_header_does_not() -> None:
    meta = '<meta http-equiv="Content-Type" content="text/html; charset={}">'
    korean = f"<html><head>{meta.format('euc-kr')}</head><body>홍</body>".encode("euc-kr")
    japanese = f"<html><head>{meta.format('euc-jp')}</head><body>日本語</body>".encode("euc-jp")
    assert read(b"Content-Type: text/html\r\n\r\n" + korean, "raw").text == "홍"
    assert read(b"Content-Type: text/html\r\n\r\n" + japanese, "raw").text == "日本語"
    assert read_parts(part("text/html", japanese)).text == "日本語"


def test_western_text_is_not_taken_for_korean() -> None:
    for text in ("Déjà vu à l'été", "Größe über Maß", "Señor Núñez, ¿qué?", "Þórður Ægir", "½ × ¾ ÷ ²"):
        assert read_parts(part("text/plain; charset=iso-8859-1", text)).text == text


def test_a_character_cut_in_two_by_encoded_words_is_whole_again() -> None:
    data = encoded(SUBJECT, "euc-kr")
    words = [
        b"=?EUC-KR?Q?" + b"".join(b"=%02X" % one for one in half) + b"?=" for half in (data[:8], data[8:])
    ]
    raw = b"Subject: " + b"\r\n ".join(words) + b"\r\n\r\nx"
    assert read(raw, "raw").subject == SUBJECT


def test_a_file_name_in_raw_korean_bytes_is_read() -> None:
    raw = (
        b'Subject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nhi\r\n--b\r\n'
        b'Content-Type: application/pdf; name="'
        + encoded("견적서.pdf", "euc-kr")
        + b'"\r\n\r\nx\r\n--b--\r\n'
    )
    for fmt in ("full", "raw"):
        assert read(raw, fmt).attachments[0].filename == "견적서.pdf"


def test_a_name_in_encoded_words_within_quotes_is_read() -> None:
    raw = b'From: "' + encoded_words(SENDER, "ks_c_5601-1987", "B") + b'" <a@example.kr>\r\n\r\nx'
    assert read(raw, "raw").sender.name == SENDER
