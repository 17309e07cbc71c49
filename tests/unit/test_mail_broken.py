"""Mail that is not what its header says, or hardly mail at all: both formats read it alike."""

from __future__ import annotations

import base64

import pytest

from sandbox.google.mime import Format
from tests.unit.gmail_answers import read

HELLO = base64.b64encode("안녕하세요 여러분".encode())
TAG = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\n"


@pytest.mark.parametrize("fmt", ["full", "raw"])
@pytest.mark.parametrize(
    ("raw", "subject", "text"),
    [
        (b"Subject: x\nHello without an empty line\nmore", "x", "Hello without an empty line\nmore"),
        (b"Just text\nsecond line", "", "Just text\nsecond line"),
        (b"\r\n\r\nSubject: late\r\n\r\nbody", "late", "body"),
        (b"Subject: old Mac\r\rone\rtwo", "old Mac", "one\ntwo"),
        (b"\xef\xbb\xbfSubject: marked\n\nbody", "marked", "body"),
        (b"From me@here\nSubject: from a file\n\nbody", "from a file", "body"),
        (b">From me@here\nSubject: from a file\n\nbody", "from a file", "body"),
        (b"stray line\nSubject: found\nTo: a@b\n\nbody", "found", "body"),
        (b"Subject : spaced\nTo : a@b\n\nbody", "spaced", "body"),
        (b"Subject: one\n\ttwo\n three\n\nx", "one two three", "x"),
        (b"Subject:\nSubject: second\n\nx", "second", "x"),
        (b"Subject: q\nContent-Type: TEXT/HTML; CHARSET=EUC-KR\n"
         b"Content-Transfer-Encoding: QUOTED-PRINTABLE\n\n<P>=C7=D1=B1=DB</P>=0A", "q", "한글"),
        (b"Subject: f\nContent-Transfer-Encoding: base64\n\n" + HELLO + b"\n\n--\na list's footer, added\n",
         "f", "안녕하세요 여러분"),
        (b"Subject: apart\nContent-Transfer-Encoding: base64\n\n" + b"\n\n".join([HELLO[:20], HELLO[20:]]),
         "apart", "안녕하세요 여러분"),
        (b"Subject: m\nContent-Type: nonsense\n\ntext", "m", "text"),
        (b"Subject: m\nContent-Type: multipart/mixed\n\nno boundary", "m", "no boundary"),
        (b"Subject: end\n" + TAG + b"\nno closing line", "end", "hi\n\nno closing line"),
        (b"Subject: nuls\n\nab\0c\0d", "nuls", "abcd"),
        (b"", "", ""),
        (b"\0" * 100, "", ""),
        (b"\n", "", ""),
    ],
)  # fmt: skip
def test_what_can_be_read_is_read(raw: bytes, subject: str, text: str, fmt: Format) -> None:
    mail = read(raw, fmt)
    assert (mail.subject, mail.text) == (subject, text)


@pytest.mark.parametrize("fmt", ["full", "raw"])
@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (TAG + b"Content-Type: message/rfc822; name=f.eml\n"
         b"Content-Transfer-Encoding: base64\n\nU3Vi\n--b--",
         ["f.eml"]),
        (b"Content-Type: multipart/digest; boundary=d\n\n"
         b"--d\n\nSubject: one\n\n1\n--d\n\nSubject: two\n\n2\n--d--\n",
         ["one.eml", "two.eml"]),
        (TAG + b'Content-Type: application/pdf; name*0="very "; name*1="long.pdf"\n\nx\n--b--',
         ["very long.pdf"]),
        (b"Content-Type: application/pkcs7-mime; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nTUlJ",
         ["smime.p7m"]),
        (TAG + b"Content-Type: image/png\n\n--b--", ["noname"]),
    ],
)  # fmt: skip
def test_files_are_found_in_odd_wrappings(raw: bytes, names: list[str], fmt: Format) -> None:
    assert [one.filename for one in read(raw, fmt).attachments] == names
