"""Mails that broke other programs, each with what a person reads in it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from sandbox.google.mime import Format
from services.sources.records import Mail
from tests.conftest import MAIL_CORPUS
from tests.unit.gmail_answers import answer, read
from tests.unit.mail_corpus_expectations import EXPECTED

FILES = sorted(path.relative_to(MAIL_CORPUS).as_posix() for path in MAIL_CORPUS.glob("*/*.eml"))

pytestmark = pytest.mark.skipif(not FILES, reason="the mail corpus is not here")


def _raw(name: str) -> bytes:
    return Path(MAIL_CORPUS / name).read_bytes()


def _comparable(mail: Mail) -> Mail:
    """Without the sizes of attached messages, which differ with their line ends."""
    plain = tuple(dataclasses.replace(one, size=0) for one in mail.attachments)
    return dataclasses.replace(mail, attachments=plain)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("fmt", ["full", "raw", "metadata", "minimal"])
def test_every_mail_is_read_in_every_format(name: str, fmt: Format) -> None:
    mail = read(_raw(name), fmt)
    assert mail.id == "18f0a"


@pytest.mark.parametrize("name", FILES)
def test_gmails_parts_and_the_raw_bytes_read_the_same(name: str) -> None:
    if name == "rfc2822/example13.eml":
        pytest.skip("a recipient on a line of its own after a line that is none")
    assert _comparable(read(_raw(name))) == _comparable(read(_raw(name), "raw"))


@pytest.mark.parametrize(("name", "subject", "sender", "email", "line"), EXPECTED)
def test_subject_sender_and_first_line_are_what_a_person_sees(
    name: str, subject: str, sender: str, email: str, line: str
) -> None:
    mail = read(_raw(f"{name}.eml"))
    seen = (mail.subject, mail.sender.name, mail.sender.email, mail.text.partition("\n")[0])
    assert seen == (subject, sender, email, line)


@pytest.mark.parametrize(
    ("name", "filenames"),
    [
        ("attachment_emails/attachment_nonascii_filename", ["ciële.txt"]),
        ("attachment_emails/attachment_with_base64_encoded_name", ["This is a test.pdf"]),
        ("attachment_emails/attachment_with_quoted_filename", ["Eelanalüüsi päring.jpg"]),
        ("attachment_emails/attachment_with_unquoted_name", ["This is a test.txt"]),
        ("attachment_emails/attachment_message_rfc822", ["ForwardedMessage.eml"]),
        ("attachment_emails/attachment_only_email", ["blah.gz"]),
        ("multi_charset/japanese_attachment", ["てすと.txt"]),
        ("multi_charset/japanese_attachment_long_name", ["かきくけこ" * 5 + ".txt"]),
        ("mime_emails/raw_email7", ["test.rb", "test.pdf"]),
        ("mime_emails/sig_only_email", []),
        ("plain_emails/basic_email", []),
    ],
)
def test_attachments_have_their_names(name: str, filenames: list[str]) -> None:
    assert [one.filename for one in read(_raw(f"{name}.eml")).attachments] == filenames


@pytest.mark.parametrize(
    ("name", "recipient"),
    [
        ("multipart_report_emails/multi_address_bounce1", "bbbbvhvbbvkjbhfbvbvjhb@gmail.com"),
        ("multipart_report_emails/multipart_report_multiple_status", "u@ci.com"),
        ("multipart_report_emails/report_422", "fraser@oooooooo.com.au"),
        ("multipart_report_emails/report_530", "edwin@zzzzzzz.com"),
        ("mime_emails/raw_email_with_mimepart_without_content_type", "larose.julie@courrier.uqam.ca"),
    ],
)
def test_delivery_reports_name_whom_they_are_about(name: str, recipient: str) -> None:
    mail = read(_raw(f"{name}.eml"))
    assert (mail.bounce, mail.failed_recipient, mail.bulk) == (True, recipient, False)


def test_the_corpus_holds_what_the_tables_name() -> None:
    named = {f"{row[0]}.eml" for row in EXPECTED}
    assert named <= set(FILES)
    assert answer(_raw(FILES[0]))["payload"]["partId"] == ""
