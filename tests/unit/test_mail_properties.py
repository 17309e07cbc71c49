"""Whatever comes, a mail is read: no exception, no limit broken, nothing invisible kept."""

from __future__ import annotations

import base64
import string
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.google.mime import Format
from services.sources.gmail.charsets import decode_text
from services.sources.gmail.headers import Headers
from services.sources.gmail.message import read_mail
from services.sources.gmail.text import newest_text
from services.sources.records import ATTACHMENT_LIMIT, TEXT_LIMIT, Mail
from tests.unit.gmail_answers import OWNER, answer

FORMATS: tuple[Format, ...] = ("full", "raw", "metadata", "minimal")


def _check(mail: Mail) -> None:
    assert len(mail.text) <= TEXT_LIMIT
    assert len(mail.attachments) <= min(ATTACHMENT_LIMIT, mail.attachment_count)
    shown = (mail.subject, mail.text, mail.sender.name, mail.sender.email, mail.failed_recipient)
    for kept in (*shown, *(one.filename for one in mail.attachments)):
        assert not any(char in kept for char in "\0\r\x1b\u202e\u200b\ufeff")
        kept.encode()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=60)
    | st.binary(max_size=90).map(_encoded)
    | st.sampled_from(
        [
            "text/plain",
            "text/html",
            "multipart/alternative",
            "multipart/report",
            "message/rfc822",
            "message/delivery-status",
            "text/calendar; method=REQUEST",
            "base64",
            "quoted-printable",
            "text/plain; charset=idna; format=flowed",
            "=?utf-8?B?\udc80?=",
            "\ud800\x1b$B",
            "k@e.kr",
            "1e9",
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["headers", "parts", "body", "data", "size", "mimeType", "filename", "name", "value"]
            ),
            inner,
            max_size=7,
        )
    ),
    max_leaves=25,
)
header_names = st.sampled_from(
    [
        "Content-Type",
        "Content-Disposition",
        "Content-Transfer-Encoding",
        "Subject",
        "From",
        "To",
        "Date",
        "References",
        "X-Failed-Recipients",
        "List-Post",
        "Precedence",
        "Auto-Submitted",
    ]
)
header_lists = st.lists(st.fixed_dictionaries({"name": header_names, "value": json_values}), max_size=6)
payloads = st.fixed_dictionaries(
    {}, optional={"headers": header_lists, "mimeType": json_values, "body": json_values, "parts": json_values}
)
resources = st.fixed_dictionaries(
    {},
    optional={
        "id": json_values,
        "threadId": json_values,
        "labelIds": json_values,
        "snippet": json_values,
        "internalDate": json_values,
        "raw": json_values,
        "payload": json_values | payloads,
    },
)
bounded_examples = settings(max_examples=150)


@given(resources, st.text(max_size=30))
@bounded_examples
def test_no_json_raises(resource: dict[str, Any], owner: str) -> None:
    _check(read_mail(resource, owner=owner))


mime_bytes = st.lists(
    st.binary(max_size=60)
    | st.sampled_from(
        [
            b"\r\n",
            b"\r\n\r\n",
            b"--b\r\n",
            b"--b--\r\n",
            b"Subject: =?euc-kr?B?",
            b"From: \xc8\xab <a@b",
            b"\x1b$)C\x0e",
            b"Content-Type: multipart/mixed; boundary=b\r\n",
            b"Content-Type: text/html; charset=johab\r\n",
            b"Content-Type: message/delivery-status\r\n",
            b"Content-Type: message/rfc822\r\n",
            b"begin 644 x\r\n",
            b"Content-Transfer-Encoding: base64\r\n",
            b"Content-Transfer-Encoding: x-uuencode\r\n",
            b"> ",
            b"<p><b>",
            b"Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:",
            b"-----Original Message-----",
        ]
    ),
    max_size=25,
).map(b"".join)


@given(mime_bytes)
@bounded_examples
def test_no_bytes_raise_in_any_format(raw: bytes) -> None:
    for fmt in FORMATS:
        _check(read_mail(answer(raw, fmt), owner=OWNER))


@given(st.binary(max_size=300), st.text(max_size=20), st.booleans())
@bounded_examples
def test_any_bytes_become_text_in_any_charset(data: bytes, charset: str, recoded: bool) -> None:
    assert "\ud800" not in decode_text(data, charset, recoded=recoded)


@given(st.text(st.characters(codec=None), max_size=400))
@bounded_examples
def test_newest_text_is_bounded_and_never_empty_for_words(source: str) -> None:
    newest = newest_text(source)
    assert len(newest) <= TEXT_LIMIT
    assert newest or not any(char in string.ascii_letters or "가" <= char <= "힣" for char in source)


@given(st.text(st.characters(codec=None), max_size=300))
@bounded_examples
def test_any_field_is_decoded(value: str) -> None:
    headers = Headers([("x", value)])
    assert "\n" not in headers.text("x")
    assert isinstance(headers.parameter("x", "filename"), str)
