"""One message to a Mail: which part is the text, what is attached, when it came, what kind it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.sources.gmail.message import mail_link, read_mail
from services.sources.records import ATTACHMENT_LIMIT, Address
from tests.unit.gmail_answers import OWNER, multipart, part, read, read_parts

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HTML = "<p>HTML <b>version</b></p>"


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (multipart("alternative", part("text/plain", "plain"), part("text/html", HTML)), "plain"),
        (multipart("alternative", part("text/html", HTML), part("text/plain", "plain")), "plain"),
        (multipart("alternative", part("text/plain", " \u200b\n"), part("text/html", HTML)), "HTML version"),
        (multipart("alternative", part("text/plain"), part("text/html", HTML)), "HTML version"),
        (
            multipart(
                "alternative",
                part("text/plain", "Please view this email in your browser."),
                part("text/html", HTML),
            ),
            "HTML version",
        ),
        (
            multipart("alternative", part("text/plain", "HTML 형식의 메일입니다."), part("text/html", HTML)),
            "HTML version",
        ),
        (
            multipart(
                "alternative",
                part("text/plain", "Your client does not support HTML"),
                part("text/html", "<p>"),
            ),
            "Your client does not support HTML",
        ),
        (multipart("mixed", part("text/plain", "one"), part("text/plain", "two")), "one\n\ntwo"),
        (
            multipart(
                "mixed",
                multipart("alternative", part("text/plain", "a"), part("text/html", HTML)),
                part("text/plain", "b"),
            ),
            "a\n\nb",
        ),
        (multipart("related", part("text/html", HTML), part("image/png")), "HTML version"),
        (
            multipart("alternative", part("text/plain", "p"), multipart("related", part("text/html", HTML))),
            "p",
        ),
        (multipart("signed", part("text/plain", "signed"), part("application/pgp-signature", "x")), "signed"),
        (
            multipart("alternative", part("text/plain", ""), part("text/enriched", "<bold>rich</bold>")),
            "rich",
        ),
        (part("text/plain", "<html><body><p>markup called plain</p></body></html>"), "markup called plain"),
        (part("text/plain", "a < b and <tag> stays"), "a < b and <tag> stays"),
        (
            multipart(
                "mixed",
                part("text/plain", "mine"),
                part("message/rfc822", parts=[part("text/plain", "somebody else's")]),
            ),
            "mine",
        ),
        (multipart("mixed", part("text/plain", "a file", filename="notes.txt")), "a file"),
        (
            multipart("mixed", part("text/plain", "body"), part("text/plain", "x", filename="notes.txt")),
            "body",
        ),
        (part("multipart/mixed", "no part at all"), "no part at all"),
        (part("application/pdf", "binary"), ""),
    ],
)
def test_the_text_is_taken_from_the_part_meant_for_reading(payload: dict[str, Any], text: str) -> None:
    assert read_parts(payload).text == text


def test_flowed_lines_are_joined_and_fixed_ones_kept() -> None:
    flowed = "This is one \r\nlong paragraph.\r\n\r\n * item\r\n-- \r\nKim"
    assert (
        read_parts(part("text/plain; format=flowed", flowed)).text == "This is one long paragraph.\n\n* item"
    )
    korean = "한국어 문장이 여기서 \r\n이어집니다."
    assert (
        read_parts(part("text/plain; format=flowed; delsp=yes", korean)).text
        == "한국어 문장이 여기서이어집니다."
    )


def test_armour_and_uuencoded_files_in_the_text_are_left_out() -> None:
    signed = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHello\n-----BEGIN PGP SIGNATURE-----\nabc\n"
        "-----END PGP SIGNATURE-----\n"
    )
    assert read_parts(part("text/plain", signed)).text == "Hello"
    encoded = "See below.\n\nbegin 644 a.txt\n#:&D*\n`\nend\n"
    assert read_parts(part("text/plain", encoded)).text == "See below."


def test_an_undone_uuencoding_is_undone() -> None:
    headers = {"Content-Transfer-Encoding": "x-uuencode"}
    assert read_parts(part("text/plain", "begin 644 a\n#:&D*\n`\nend\n", headers=headers)).text == "hi"


def test_gmails_extract_stands_in_where_the_body_is_kept_elsewhere() -> None:
    far = part("text/html", body={"attachmentId": "x", "size": 9_000_000})
    assert read_parts(far, snippet="Tom &amp; Jerry&#39;s offer").text == "Tom & Jerry's offer"


ATTACHED = {"Content-Disposition": 'attachment; filename="x.pdf"'}


@pytest.mark.parametrize(
    ("payload", "names"),
    [
        (
            multipart("mixed", part("text/plain", "a"), part("application/pdf", filename="견적서.pdf")),
            ["견적서.pdf"],
        ),
        (multipart("mixed", part("application/pdf", headers=ATTACHED)), ["x.pdf"]),
        (multipart("mixed", part('application/pdf; name="=?utf-8?B?6rKs7KCB?=.pdf"')), ["견적.pdf"]),
        (multipart("mixed", part("application/pdf")), ["noname"]),
        (multipart("mixed", part("application/pdf", filename="C:\\dir\\../a.pdf")), ["a.pdf"]),
        (multipart("mixed", part("application/pdf", filename="a\u202efdp.exe\n")), ["afdp.exe"]),
        (multipart("mixed", part("application/pdf", filename="\u1112\u1161\u11ab.pdf")), ["한.pdf"]),
        (
            multipart("mixed", part("text/plain", "x", headers={"Content-Disposition": "attachment"})),
            ["noname"],
        ),
        (multipart("mixed", part("image/png", filename="photo.png")), ["photo.png"]),
        (multipart("related", part("image/png", filename="logo.png", headers={"Content-ID": "<a>"})), []),
        (multipart("signed", part("application/pkcs7-signature", filename="smime.p7s")), []),
        (
            multipart(
                "mixed",
                part("message/rfc822", parts=[part("text/plain", headers={"Subject": "지난 메일"})]),
            ),
            ["지난 메일.eml"],
        ),
        (
            multipart(
                "mixed",
                part(
                    "message/rfc822", filename="a.eml", parts=[part("application/pdf", filename="inside.pdf")]
                ),
            ),
            ["a.eml"],
        ),
    ],
)
def test_attachments_are_what_a_reader_calls_so(payload: dict[str, Any], names: list[str]) -> None:
    mail = read_parts(payload)
    assert ([one.filename for one in mail.attachments], mail.attachment_count) == (names, len(names))


def test_long_file_names_keep_their_extension() -> None:
    mail = read_parts(part("application/pdf", filename="가" * 1000 + ".pdf"))
    assert len(mail.attachments[0].filename) <= 255
    assert mail.attachments[0].filename.endswith("….pdf")


def test_many_attachments_are_counted_and_some_are_listed() -> None:
    files = [part("application/pdf", filename=f"{number}.pdf") for number in range(30)]
    mail = read_parts(multipart("mixed", *files))
    assert (mail.attachment_count, len(mail.attachments)) == (30, ATTACHMENT_LIMIT)


@pytest.mark.parametrize(
    ("internal", "stated", "received"),
    [
        ("1790000000123", "", datetime.fromtimestamp(1790000000.123, UTC)),
        (1790000000123, "", datetime.fromtimestamp(1790000000.123, UTC)),
        ("1790000000123", "Mon, 30 Jun 3609 15:33:50 +0600", datetime.fromtimestamp(1790000000.123, UTC)),
        ("", "Fri, 20 Nov 2026 09:12:30 +0900", datetime(2026, 11, 20, 0, 12, 30, tzinfo=UTC)),
        ("soon", "Fri, 20 Nov 2026 09:12:30 +0900 (KST)", datetime(2026, 11, 20, 0, 12, 30, tzinfo=UTC)),
        (None, "20 Nov 26 00:12:30 -0000", datetime(2026, 11, 20, 0, 12, 30, tzinfo=UTC)),
        ("9" * 30, "Pn, 29 paX 2007 21:13:00 +0100", EPOCH),
        (float("nan"), "", EPOCH),
        ([], "yesterday", EPOCH),
        ("", "Fri, 31 Feb 2026 09:12:30 +0900", EPOCH),
        ("", "Fri, 20 Nov 0000 09:12:30 +9999", EPOCH),
    ],
)
def test_the_time_is_gmails_or_the_dates_or_unknown(
    internal: object, stated: str, received: datetime
) -> None:
    mail = read_parts(part("text/plain", "x", headers={"Date": stated}), internalDate=internal)
    assert mail.received_at == received


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        ({"From": "Kim <k@e.kr>"}, Address("Kim", "k@e.kr")),
        ({"From": "Kim <k@e.kr>, Lee <l@e.kr>"}, Address("Kim", "k@e.kr")),
        ({"Sender": "Bot <bot@e.kr>"}, Address("Bot", "bot@e.kr")),
        ({"From": "nobody", "Reply-To": "r@e.kr"}, Address("", "r@e.kr")),
        ({"From": "Just A Name"}, Address("Just A Name", "")),
        ({"Return-Path": "<p@e.kr>"}, Address("", "p@e.kr")),
        ({}, Address("", "")),
    ],
)
def test_the_sender_is_whoever_the_fields_still_name(headers: dict[str, str], sender: Address) -> None:
    assert read_parts(part("text/plain", "x", headers=headers)).sender == sender


def test_the_second_from_field_counts_when_the_first_says_nothing() -> None:
    raw = "From: \r\nFrom: Kim <k@e.kr>\r\nTo: a@e.kr\r\nTo: b@e.kr\r\nCc: c@e.kr\r\n\r\nx"
    for fmt in ("full", "raw"):
        mail = read(raw, fmt)
        assert mail.sender == Address("Kim", "k@e.kr")
        assert [one.email for one in (*mail.to, *mail.cc)] == ["a@e.kr", "b@e.kr", "c@e.kr"]


def test_the_link_opens_the_message_in_the_owners_account() -> None:
    assert mail_link("18f0a", "kim+x@example.kr") == (
        "https://mail.google.com/mail/u/?authuser=kim%2Bx%40example.kr#all/18f0a"
    )
    assert read(b"Subject: x\r\n\r\ny").link == mail_link("18f0a", OWNER)
    assert mail_link("a/../b?c", "a&b") == "https://mail.google.com/mail/u/?authuser=a%26b#all/a%2F..%2Fb%3Fc"


def test_long_subjects_are_cut_and_hidden_characters_dropped() -> None:
    subject = "회의\u202e\u200b\x00 안내\r\n  " + "가" * 10_000
    mail = read_parts(part("text/plain", "x", headers={"Subject": subject}))
    assert len(mail.subject) == 1_000
    assert mail.subject.startswith("회의 안내 가가")


def test_a_resource_without_anything_is_an_empty_mail() -> None:
    mail = read_mail({}, owner=OWNER)
    assert (mail.id, mail.subject, mail.text, mail.sender, mail.received_at) == (
        "",
        "",
        "",
        Address("", ""),
        EPOCH,
    )
