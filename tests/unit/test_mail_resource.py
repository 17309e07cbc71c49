"""The sandbox's message resources look as Gmail's do."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.google.mime import attachment_bytes, message_resource
from tests.unit.gmail_answers import answer

MAIL = "\r\n".join(
    (
        "From: =?euc-kr?B?yKux5rW/?= <h@e.kr>",
        "Subject: =?utf-8?B?7JWI64WV?=",
        "Received: from a",
        " by b",
        'Content-Type: multipart/mixed; boundary="m"',
        "",
        "--m",
        'Content-Type: multipart/alternative; boundary="a"',
        "",
        "--a",
        "Content-Type: text/plain; charset=euc-kr",
        "Content-Transfer-Encoding: base64",
        "",
        "vsiz58fPvLy/5CA8Yj4gJiBpdCdz",
        "--a",
        "Content-Type: text/html; charset=euc-kr",
        "",
        "<p>hi</p>",
        "--a--",
        "--m",
        'Content-Type: application/pdf; name="a.pdf"',
        "Content-Transfer-Encoding: base64",
        "",
        "QUJD",
        "--m",
        "Content-Type: message/rfc822",
        "",
        "Subject: inner",
        "",
        "inner text",
        "--m--",
        "",
    )
).encode()


def _payload(raw: bytes) -> dict[str, Any]:
    payload: dict[str, Any] = answer(raw)["payload"]
    return payload


def _decoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64decode(part["body"]["data"]).decode()


def test_the_part_tree_is_numbered_as_gmail_numbers_it() -> None:
    root = _payload(MAIL)
    mixed, pdf, message = root["parts"]
    assert (root["partId"], root["mimeType"], root["body"]) == ("", "multipart/mixed", {"size": 0})
    assert [part["partId"] for part in (mixed, *mixed["parts"], pdf, message, *message["parts"])] == (
        ["0", "0.0", "0.1", "1", "2", "2.0"]
    )
    assert message["parts"][0]["headers"] == [{"name": "Subject", "value": "inner"}]


def test_text_is_utf_8_while_its_header_names_the_old_charset() -> None:
    text = _payload(MAIL)["parts"][0]["parts"][0]
    assert _decoded(text) == "안녕하세요 <b> & it's"
    assert text["body"]["size"] == len("안녕하세요 <b> & it's".encode())
    assert {"name": "Content-Type", "value": "text/plain; charset=euc-kr"} in text["headers"]


def test_headers_are_decoded_and_unfolded() -> None:
    headers = {one["name"]: one["value"] for one in _payload(MAIL)["headers"]}
    assert headers["Subject"] == "안녕"
    assert headers["From"] == "홍길동 <h@e.kr>"
    assert headers["Received"] == "from a by b"


def test_files_are_fetched_by_their_attachment_id() -> None:
    pdf = _payload(MAIL)["parts"][1]
    assert (pdf["filename"], pdf["body"]["size"], "data" in pdf["body"]) == ("a.pdf", 3, False)
    assert attachment_bytes(MAIL, pdf["body"]["attachmentId"]) == b"ABC"
    with pytest.raises(KeyError):
        attachment_bytes(MAIL, "no such")


def test_the_extract_is_escaped_text_of_two_hundred_characters() -> None:
    assert answer(MAIL)["snippet"] == "안녕하세요 &lt;b&gt; &amp; it&#39;s"
    assert len(answer(b"Subject: x\r\n\r\n" + b"word " * 100)["snippet"]) == 200
    html = b"Content-Type: text/html\r\n\r\n<style>p{}</style><p>one</p><p>two</p>"
    assert answer(html)["snippet"].split() == ["one", "two"]


def test_each_format_holds_what_gmail_gives_in_it() -> None:
    common = {"id", "threadId", "labelIds", "snippet", "sizeEstimate", "historyId", "internalDate"}
    assert set(answer(MAIL, "minimal")) == common
    assert set(answer(MAIL, "full")) == common | {"payload"}
    raw = answer(MAIL, "raw")
    assert set(raw) == common | {"raw"}
    assert base64.urlsafe_b64decode(raw["raw"]) == MAIL
    assert "labelIds" not in answer(MAIL, labels=())


def test_metadata_holds_the_headers_asked_for() -> None:
    asked = message_resource(
        MAIL,
        id="1",
        thread_id="2",
        labels=["INBOX"],
        internal_date=datetime(2026, 11, 20, tzinfo=UTC),
        history_id=42,
        fmt="metadata",
        metadata_headers=["subject", "Date"],
    )
    assert asked["payload"]["headers"] == [{"name": "Subject", "value": "안녕"}]
    assert (asked["internalDate"], asked["historyId"], asked["sizeEstimate"]) == (
        "1795132800000",
        "42",
        len(MAIL),
    )
    assert len(answer(MAIL, "metadata")["payload"]["headers"]) == 4


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"\xff\xfe\x00",
        b"no header at all",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x',
        b"Content-Type: text/plain; charset=idna\r\n\r\n\xff",
        b"Content-Type: text/plain; charset*9999999999999999999999=x\r\n\r\n\xff",
        b"Content-Transfer-Encoding: base64\r\n\r\n\xff\xff!",
        b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644\r\n\xff",
        b"Subject: =?utf-8?B?!?=\r\n\r\n",
        b"Content-Type: message/rfc822\r\n\r\n" * 200,
        b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(2000)),
    ],
)
def test_no_bytes_are_too_broken_for_an_answer(raw: bytes) -> None:
    assert json.loads(json.dumps(answer(raw)))["id"] == "18f0a"
    assert json.dumps(answer(raw)).encode()
