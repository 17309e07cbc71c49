"""Mail written for the cast: what a letter says, and its real RFC 5322 bytes."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import encoders, message_from_string, policy
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime

from sandbox.world import Person

Address = tuple[str, str]

_KOREAN_CHARSETS = frozenset({"euc-kr", "cp949", "ks_c_5601-1987"})
_WORD_CHARACTERS = 12  # an encoded word of so many Korean characters stays below 75 bytes
_WIRE = policy.compat32.clone(linesep="\r\n")


@dataclass(frozen=True, slots=True)
class File:
    """An attachment; without a name it is a part of a report."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail in somebody's mailbox, `hours_ago` before the sandbox started.

    `key` names it within the mailbox, `replies_to` the keys of the mails above it in the thread, oldest
    first. `read` and `starred` change the labels that Gmail would give it. `invitation` is an iCalendar
    text, `charset` that of headers and text.
    """

    key: str
    sender: Address
    to: tuple[Address, ...]
    subject: str
    text: str
    hours_ago: float
    html: str = ""
    cc: tuple[Address, ...] = ()
    charset: str = "utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    files: tuple[File, ...] = ()
    invitation: str = ""
    report: tuple[File, ...] = ()
    replies_to: tuple[str, ...] = ()
    read: bool = False
    starred: bool = False


def address(person: Person) -> Address:
    """A person of the cast as a sender or recipient."""
    return person.name, person.google_email


def letter_bytes(letter: Letter, owner: Person, now: datetime) -> bytes:
    """The letter as it would have come over the wire."""
    message = _content(letter)
    message["From"] = _mailboxes((letter.sender,), letter.charset)
    message["To"] = _mailboxes(letter.to, letter.charset)
    if letter.cc:
        message["Cc"] = _mailboxes(letter.cc, letter.charset)
    message["Subject"] = _words(letter.subject, letter.charset)
    message["Date"] = format_datetime(now - timedelta(hours=letter.hours_ago))
    message["Message-ID"] = _message_id(owner, letter.key)
    if letter.replies_to:
        references = [_message_id(owner, key) for key in letter.replies_to]
        message["In-Reply-To"] = references[-1]
        message["References"] = "\n ".join(references)
    for name, value in letter.headers:
        message[name] = _words(value, letter.charset)
    return message.as_bytes(policy=_WIRE)


def _message_id(owner: Person, key: str) -> str:
    digest = hashlib.sha256(f"{owner.key} {key}".encode()).hexdigest()[:24]
    return f"<{digest}@mail.example>"


def _content(letter: Letter) -> Message:
    """The MIME tree: alternatives of the text, the files beside them."""
    alternatives = _alternatives(letter)
    main = alternatives[0] if len(alternatives) == 1 else _multipart("alternative", alternatives)
    if letter.report:
        return _multipart("report", [main, *map(_file_part, letter.report)], report="delivery-status")
    return _multipart("mixed", [main, *map(_file_part, letter.files)]) if letter.files else main


def _alternatives(letter: Letter) -> list[Message]:
    parts = [_text_part(letter.text, "plain", letter.charset)] if letter.text else []
    if letter.html:
        parts.append(_text_part(letter.html, "html", letter.charset))
    if letter.invitation:
        part = _text_part(letter.invitation, "calendar", "utf-8")
        part.set_param("method", "REQUEST")
        parts.append(part)
    return parts


def _multipart(kind: str, parts: list[Message], *, report: str = "") -> Message:
    container = MIMEMultipart(kind)
    if report:
        container.set_param("report-type", report)
    for part in parts:
        container.attach(part)
    # A boundary of its own making would be random: the same letter shall have the same bytes.
    digest = hashlib.sha256(b"".join(part.as_bytes() for part in parts)).hexdigest()[:28]
    container.set_boundary(f"={digest}")
    return container


def _text_part(text: str, subtype: str, charset: str) -> Message:
    if text.isascii() and charset == "utf-8":
        return MIMEText(text, subtype, "us-ascii")
    part = MIMENonMultipart("text", subtype, charset=charset)
    part.set_payload(_encoded(text, charset))
    encoders.encode_base64(part)
    return part


def _file_part(file: File) -> Message:
    if not file.name:  # a part of a report, written as it is
        return message_from_string(f"Content-Type: {file.media_type}\n\n{file.content.decode('ascii')}")
    kind, _, subtype = file.media_type.partition("/")
    part = MIMENonMultipart(kind, subtype)
    part.set_payload(file.content)
    encoders.encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", file.name))
    return part


def _encoded(text: str, charset: str) -> bytes:
    return text.encode("cp949" if charset in _KOREAN_CHARSETS else charset)


def _mailboxes(addresses: tuple[Address, ...], charset: str) -> str:
    return ", ".join(f"{_words(name, charset)} <{email}>" if name else email for name, email in addresses)


def _words(text: str, charset: str) -> str:
    """RFC 2047 words where the text needs them, in the letter's own charset."""
    if text.isascii():
        return text
    pieces = (text[i : i + _WORD_CHARACTERS] for i in range(0, len(text), _WORD_CHARACTERS))
    return "\n ".join(f"=?{charset}?B?{b64encode(_encoded(piece, charset)).decode()}?=" for piece in pieces)
