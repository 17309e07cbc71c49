"""Korean mails made to order: every charset, transfer encoding and way to write a subject."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

BASIC = "안녕하세요, 홍길동입니다.\n내일 오전 10시 회의실 B에서 뵙겠습니다."
BEYOND_EUC_KR = "똠방각하께서 펲시콜라를 드시고 뷁 소리를 내셨습니다.\n둘째 줄입니다."
SUBJECT = "[안내] 4분기 실적 회의"
SUBJECT_BEYOND_EUC_KR = "[공지] 똠방각하 뷁"
SENDER = "홍길동 과장"
EMAIL = "gildong@example.kr"

_CODECS = {
    "euc-kr": "euc_kr",
    "ks_c_5601-1987": "euc_kr",
    "cp949": "cp949",
    "windows-949": "cp949",
    "uhc": "cp949",
    "johab": "johab",
    "iso-2022-kr": "iso2022_kr",
    "utf-8": "utf-8",
}
CHARSETS = tuple(_CODECS)
TRANSFERS = ("8bit", "base64", "quoted-printable")
SUBJECT_STYLES = ("B", "Q", "raw", "folded")


@dataclass(frozen=True, slots=True)
class Sample:
    """A mail's bytes and what is to be read in them."""

    raw: bytes
    subject: str
    text: str


def sample(
    charset: str,
    *,
    transfer: str = "8bit",
    subject_style: str = "B",
    declared: str | None = None,
    subject_charset: str | None = None,
) -> Sample:
    """A mail whose body is written in `charset` but declares `declared`."""
    beyond = charset not in ("euc-kr", "ks_c_5601-1987", "iso-2022-kr")
    text = BEYOND_EUC_KR if beyond else BASIC
    named = subject_charset or charset
    subject = SUBJECT_BEYOND_EUC_KR if _CODECS[named] in ("cp949", "utf-8", "johab") else SUBJECT
    header = [
        b"From: " + encoded_words(SENDER, named, "B") + b" <" + EMAIL.encode() + b">",
        b"To: owner@example.com",
        b"Subject: " + encoded_words(subject, named, subject_style),
        b"MIME-Version: 1.0",
        f'Content-Type: text/plain; charset="{declared or charset}"'.encode(),
        f"Content-Transfer-Encoding: {transfer}".encode(),
    ]
    body = transferred(encoded(text.replace("\n", "\r\n"), charset), transfer)
    return Sample(b"\r\n".join(header) + b"\r\n\r\n" + body, subject, text)


def encoded(text: str, charset: str) -> bytes:
    """`text` in a charset by the name that mails use."""
    return text.encode(_CODECS[charset])


def transferred(data: bytes, transfer: str) -> bytes:
    """`data` in a content transfer encoding."""
    if transfer == "base64":
        return base64.encodebytes(data)
    return binascii.b2a_qp(data) if transfer == "quoted-printable" else data


def encoded_words(text: str, charset: str, style: str) -> bytes:
    """`text` as RFC 2047 words (`B`, `Q`, several `folded` over lines) or as raw 8-bit bytes."""
    if style == "raw":
        return encoded(text, charset)
    if style == "folded":
        halves = (text[: len(text) // 2], text[len(text) // 2 :])
        return b"\r\n ".join(_word(half, charset, "B") for half in halves)
    return _word(text, charset, style)


def _word(text: str, charset: str, style: str) -> bytes:
    data = encoded(text, charset)
    if style == "B":
        body = base64.b64encode(data)
    else:
        body = b"".join(b"_" if byte == 0x20 else b"=%02X" % byte for byte in data)
    return b"=?" + charset.upper().encode() + b"?" + style.encode() + b"?" + body + b"?="
