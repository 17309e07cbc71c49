"""Enormous mail: memory and decoding in proportion to what is kept, not to what was sent."""

from __future__ import annotations

import base64
import gc
import tracemalloc
from collections.abc import Callable, Sequence

import pytest

from services.sources.gmail.body import body_text
from services.sources.gmail.contents import contents_of
from services.sources.gmail.message import read_mail
from services.sources.gmail.parts import TEXT_BYTES, GmailPart, Part, walk
from services.sources.gmail.raw import parse_mail
from services.sources.records import ATTACHMENT_LIMIT, TEXT_LIMIT
from tests.unit.gmail_answers import OWNER, part, read_parts

MEGABYTE = 1_000_000
KOREAN_LINE = "한글 본문 한 줄입니다.\r\n".encode()


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()


def _peak(work: Callable[[], object]) -> int:
    """The memory that `work` takes at its highest, in bytes, beyond what is there already."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
def test_fifty_megabytes_of_text_take_the_memory_of_its_beginning(kind: str) -> None:
    data = _base64(KOREAN_LINE * (50 * MEGABYTE // len(KOREAN_LINE)))
    payload = {"mimeType": kind, "body": {"size": 50 * MEGABYTE, "data": data}}
    assert read_parts(payload).text.startswith("한글 본문 한 줄입니다.")
    assert _peak(lambda: read_parts(payload)) < 10 * MEGABYTE


def test_fifty_raw_megabytes_are_copied_but_not_multiplied() -> None:
    head = b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b\r\n"
    file = b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    raw = _base64(head + file + b"QUJD" * (50 * MEGABYTE // 4) + b"\r\n--b--\r\n")
    resource = {"id": "1", "raw": raw}
    mail = read_mail(resource, owner=OWNER)
    assert (mail.text, mail.attachments[0].size) == ("hi", 37_500_000)
    assert _peak(lambda: read_mail(resource, owner=OWNER)) < 3 * 50 * MEGABYTE


class Counted(GmailPart):
    """A part that notes each time it is decoded."""

    decoded: list[int] = []  # noqa: RUF012  shared by all parts of a test's mail

    def content(self, limit: int) -> bytes:
        self.decoded.append(limit)
        return super().content(limit)

    def children(self) -> Sequence[Part]:
        return [Counted(one) for one in self._parts]


@pytest.fixture
def decoded() -> list[int]:
    Counted.decoded.clear()
    return Counted.decoded


def test_ten_thousand_attachments_are_counted_without_decoding_one(decoded: list[int]) -> None:
    files = [part("application/pdf", "x" * 100, filename=f"{number}.pdf") for number in range(10_000)]
    found = contents_of(Counted(part("multipart/mixed", parts=[part("text/plain", "hi"), *files])))
    assert (found.attachment_count, len(found.attachments), decoded) == (10_000, ATTACHMENT_LIMIT, [])
    assert body_text(found.texts) == "hi"
    assert len(decoded) <= 2


def test_ten_thousand_texts_are_read_only_until_there_is_enough(decoded: list[int]) -> None:
    texts = [part("text/plain", "word " * 50_000)] * 10_000
    found = contents_of(Counted(part("multipart/mixed", parts=texts)))
    assert 0 < len(body_text(found.texts)) <= TEXT_LIMIT
    assert sum(decoded) <= 10 * TEXT_BYTES


def test_ten_thousand_raw_attachments_are_counted() -> None:
    file = b"--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nabc\r\n"
    head = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n"
    mail = read_mail({"raw": _base64(head + file * 10_000 + b"--b--\r\n")}, owner=OWNER)
    assert (mail.text, mail.attachment_count, len(mail.attachments)) == ("hi", 10_000, ATTACHMENT_LIMIT)


@pytest.mark.parametrize("depth", [100, 5_000])
def test_depth_is_no_problem(depth: int) -> None:
    payload = part("text/plain", "깊은 곳")
    for _ in range(depth):
        payload = {"mimeType": "multipart/mixed", "parts": [payload]}
    assert read_parts(payload).text == "깊은 곳"
    opening = b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n'
    raw = b"".join(opening % (level, level) for level in range(depth)) + "\r\n깊은 곳".encode()
    assert read_mail({"raw": _base64(raw)}, owner=OWNER).text == "깊은 곳"
    messages = b"Content-Type: message/rfc822\r\n\r\n" * depth + b"\r\nhi"
    assert sum(1 for _ in walk(parse_mail(messages))) == depth + 1
