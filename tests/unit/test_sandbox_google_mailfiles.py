"""Mail from files: labels, threads, dates; mbox files as they are found in the wild."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.mailboxes import Mailbox, Message
from sandbox.mailfiles import load_bytes, load_file
from tests.conftest import MAIL_CORPUS

NOW = datetime(2026, 11, 21, tzinfo=UTC)
OWNER = "nari@mail.example"


def loaded(raw: bytes) -> Message:
    mailbox = Mailbox(OWNER)
    assert load_bytes(raw, mailbox, now=NOW).added == 1
    return mailbox.newest_first()[0]


def mail(*headers: str) -> bytes:
    return "\r\n".join([*headers, "", "text", ""]).encode()


def exported(labels: str) -> bytes:
    word = labels if labels.isascii() else f"=?UTF-8?B?{b64encode(labels.encode()).decode()}?="
    return mail(f"X-Gmail-Labels: {word}", "From: a@b.example", "To: c@d.example")


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        ("Inbox,Important,Unread", {"INBOX", "IMPORTANT", "UNREAD"}),
        ("Inbox,Opened,Category Updates", {"INBOX", "CATEGORY_UPDATES"}),
        ("Sent,Starred", {"SENT", "STARRED"}),
        ("Archived,Category Promotions,Unread", {"CATEGORY_PROMOTIONS", "UNREAD"}),
        ("Trash,Spam,Drafts", {"TRASH", "SPAM", "DRAFT"}),
        ("받은편지함,중요,읽지않음", {"INBOX", "IMPORTANT", "UNREAD"}),
        ("받은편지함,열림,프로모션 카테고리", {"INBOX", "CATEGORY_PROMOTIONS"}),
        ("보낸편지함,별표편지함", {"SENT", "STARRED"}),
        ("받은편지함,카테고리: 업데이트,스팸,휴지통", {"INBOX", "CATEGORY_UPDATES", "SPAM", "TRASH"}),
        ("Inbox,Clients/Harbor", {"INBOX", "Label_1"}),
    ],
)
def test_takeouts_labels_are_gmails(names: str, labels: set[str]) -> None:
    assert loaded(exported(names)).labels == labels


@pytest.mark.parametrize(
    ("headers", "labels"),
    [
        (
            ["From: ana@b.example", f"To: Nari <{OWNER.upper()}>"],
            {"INBOX", "UNREAD", "IMPORTANT", "CATEGORY_PERSONAL"},
        ),
        (["From: ana@b.example", f"Cc: {OWNER}"], {"INBOX", "UNREAD", "CATEGORY_PERSONAL"}),
        (
            ["From: news@b.example", f"To: {OWNER}", "List-Unsubscribe: <https://b.example/u>"],
            {"INBOX", "UNREAD", "CATEGORY_PROMOTIONS"},
        ),
        (
            ["From: ana@b.example", f"To: {OWNER}", "Precedence: bulk"],
            {"INBOX", "UNREAD", "CATEGORY_PROMOTIONS"},
        ),
        (["From: no-reply@b.example", f"To: {OWNER}"], {"INBOX", "UNREAD", "CATEGORY_UPDATES"}),
        (
            ["From: a@b.example", f"To: {OWNER}", "Auto-Submitted: auto-generated"],
            {"INBOX", "UNREAD", "CATEGORY_UPDATES"},
        ),
        (
            ["From: a@b.example", "To: l@b.example", "List-Post: <mailto:l@b.example>"],
            {"INBOX", "UNREAD", "CATEGORY_FORUMS"},
        ),
        ([f"From: {OWNER}", "To: ana@b.example"], {"SENT"}),
        ([f"From: {OWNER}", f"To: {OWNER}"], {"SENT", "INBOX", "UNREAD"}),
    ],
)
def test_mail_without_labels_gets_those_gmail_would_give_it(headers: list[str], labels: set[str]) -> None:
    assert loaded(mail(*headers)).labels == labels


@pytest.mark.parametrize(
    ("raw", "date"),
    [
        (
            mail("Date: Fri, 20 Nov 2026 10:00:00 +0900", "From: a@b.example"),
            datetime(2026, 11, 20, 1, tzinfo=UTC),
        ),
        (
            mail(
                "Received: by x.example; Fri, 20 Nov 2026 03:00:00 +0000",
                "Received: by y.example; Fri, 20 Nov 2026 02:00:00 +0000",
                "Date: Fri, 20 Nov 2026 01:00:00 +0000",
            ),
            datetime(2026, 11, 20, 3, tzinfo=UTC),
        ),
        (
            mail("Received: by x.example; rubbish", "Date: Fri, 20 Nov 2026 01:00:00"),
            datetime(2026, 11, 20, 1, tzinfo=UTC),
        ),
        (mail("Date: the day before", "From: a@b.example"), NOW),
        (mail("Date: Fri, 20 Nov 0026 10:00:00 +0000", "From: a@b.example"), None),
        (
            b"From x@y Fri Nov 20 05:06:07 2026\n" + mail("From: a@b.example"),
            datetime(2026, 11, 20, 5, 6, 7, tzinfo=UTC),
        ),
        (
            b"From 12@xxx Fri Nov 20 05:06:07 +0900 2026\r\n" + mail("Date: Fri, 20 Nov 2020 01:00:00 +0000"),
            datetime(2026, 11, 19, 20, 6, 7, tzinfo=UTC),
        ),
    ],
)
def test_a_mails_date_is_when_it_came(raw: bytes, date: datetime | None) -> None:
    found = loaded(raw).internal_date
    assert found == date if date else 1970 < found.year < 9999


def test_replies_join_the_thread_whichever_comes_first() -> None:
    mailbox = Mailbox(OWNER)
    first = mail("Message-ID: <1@x>", "Subject: a")
    second = mail("Message-ID: <2@x>", "References: <1@x>", "Subject: Re: a")
    third = mail("Message-ID: <3@x>", "In-Reply-To: <2@x>", "Subject: Re: a")
    other = mail("Message-ID: <9@x>", "Subject: a")
    for raw in (third, first, other, second):
        load_bytes(raw, mailbox, now=NOW)
    by_thread = {message.thread_id for message in mailbox.newest_first()}
    assert sorted(len(mailbox.thread(thread)) for thread in by_thread) == [1, 3]


def test_gmails_own_thread_number_wins() -> None:
    message = loaded(mail("X-GM-THRID: 1849282839282", "References: <other@x>"))
    assert message.thread_id == f"{1849282839282:x}"


def test_ids_are_the_same_each_time_and_differ_between_mailboxes() -> None:
    raw = mail("From: a@b.example", "Subject: x")
    other = Mailbox("other@mail.example")
    load_bytes(raw, other, now=NOW)
    assert loaded(raw).id == loaded(raw).id != other.newest_first()[0].id
    assert len(loaded(raw).id) == 16


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_a_line_that_begins_with_from_does_not_split_a_mail(newline: bytes, tmp_path: Path) -> None:
    lines = [
        b"From a@b.example Fri Nov 20 05:06:07 2026",
        b"Subject: one",
        b"",
        b"From here you see the harbor.",
        b"",
        b"From the top: three things.",
        b">From a quoted line",
        b"",
        b"From b@c.example Fri Nov 20 06:06:07 2026",
        b"Subject: two",
        b"",
        b"end",
        b"",
    ]
    file = tmp_path / "x.mbox"
    file.write_bytes(newline.join(lines))
    mailbox = Mailbox(OWNER)
    assert load_file(file, mailbox, now=NOW).found == 2
    two, one = (message.read() for message in mailbox.newest_first())
    assert two == newline.join([b"Subject: two", b"", b"end", b""])
    assert one == newline.join(
        [
            b"Subject: one",
            b"",
            b"From here you see the harbor.",
            b"",
            b"From the top: three things.",
            b"From a quoted line",
            b"",
        ]
    )


def test_bodies_of_a_large_file_stay_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "large.mbox"
    filler = b"x" * 75 + b"\n"
    with file.open("wb") as out:
        for number in range(40):
            out.write(b"From a@b.example Fri Nov 20 05:06:07 2026\nSubject: %d\n\n" % number)
            out.write(filler * 13_000)
            out.write(b"\n")
    import tracemalloc

    tracemalloc.start()
    mailbox = Mailbox(OWNER)
    assert load_file(file, mailbox, now=NOW).added == 40
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000 < file.stat().st_size
    assert len(mailbox.newest_first()[0].read()) > 900_000


def test_a_broken_header_block_is_loaded_all_the_same() -> None:
    broken = (
        b"Subject: =?utf-8?b?///?=\r\nFrom: <<<>>\r\nTo: \xff\xfe\r\n"
        b"References: \x00 <\r\nDate: 99\r\n\r\n\xff"
    )
    assert loaded(broken).internal_date == NOW
    assert loaded(b"Subject:no end of headers").labels


@pytest.mark.skipif(not MAIL_CORPUS.is_dir(), reason="the mail corpus is not here")
def test_every_mail_of_the_corpus_can_be_loaded() -> None:
    mailbox = Mailbox(OWNER)
    files = sorted(MAIL_CORPUS.rglob("*.eml"))
    refused = []
    for file in files:
        try:
            load_file(file, mailbox, now=NOW)
        except ValueError as exc:
            refused.append(f"{file.name}: {exc}")
    assert len(files) > 40
    assert refused == []


def test_newest_first_holds_for_mails_of_the_same_moment() -> None:
    mailbox = Mailbox(OWNER)
    for number in range(5):
        load_bytes(mail(f"Subject: {number}"), mailbox, now=NOW + timedelta(seconds=number % 2))
    dates = [message.internal_date for message in mailbox.newest_first()]
    assert dates == sorted(dates, reverse=True)
    assert len(mailbox.newest_first()) == 5


@pytest.mark.parametrize(
    "content", [b"root:x:0:0:root\ndaemon:x:1:1\n", b"From here on\n\nReally.\n", b"key: value\n\nbody"]
)
def test_text_that_only_looks_like_mail_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.mbox"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"no \.mbox|neither"):
        load_file(path, Mailbox("you@mail.example"), now=NOW)
