"""What a mail's header block says about where it belongs: when it came, its thread, its labels."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import Message as Headers
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime

from sandbox.google.mime import header_text
from sandbox.mailboxes import Mailbox, Message, message_id_for
from sandbox.takeout import takeout_labels

HEADER_LIMIT = 256 * 1024

_HEADER_END = re.compile(rb"\r?\n\r?\n")
_REFERENCE = re.compile(r"<[^<>\s]+>")
_MACHINE_SENDER = re.compile(
    r"(no-?reply|notif|alert|billing|invoice|receipt|statement|mailer-daemon|postmaster|support)", re.I
)


def header_block(raw: bytes) -> bytes:
    """The bytes before the first empty line."""
    end = _HEADER_END.search(raw, 0, HEADER_LIMIT)
    return raw[: end.start()] if end else raw[:HEADER_LIMIT]


def receive(
    mailbox: Mailbox,
    read: Callable[[], bytes],
    block: bytes,
    *,
    now: datetime,
    received_at: datetime | None = None,
    labels: frozenset[str] | None = None,
    thread_id: str = "",
) -> Message | None:
    """File one mail into a mailbox; None where it is there already.

    `read` gives the whole mail, `block` is its header block. `received_at` is when it came, where that is
    known from outside; else the header tells. `labels` overrides what the header suggests; `thread_id` is
    used where the header names no thread that is known.
    """
    block = block.rstrip(b"\r\n")
    headers = BytesHeaderParser().parsebytes(block)
    message_id = _free_id(mailbox, headers, block)
    if not message_id:
        return None
    message = Message(
        id=message_id,
        thread_id=_thread(mailbox, headers, thread_id or message_id),
        labels=labels if labels is not None else _labels(mailbox, headers),
        internal_date=received_at or _received_at(headers) or now,
        read=read,
    )
    mailbox.add(message)
    return message


def _free_id(mailbox: Mailbox, headers: Headers, block: bytes) -> str:
    """Gmail's id for a mail, from its Message-ID; empty where it is in the mailbox already.

    Two mails of one Message-ID are told apart by the rest of their headers.
    """
    by_name = message_id_for(mailbox.owner, _text(headers, "Message-ID").encode("utf-8", "replace") or block)
    there = mailbox.get(by_name)
    if there is None:
        return by_name
    by_headers = message_id_for(mailbox.owner, block)
    same = header_block(there.read()).rstrip(b"\r\n") == block or mailbox.get(by_headers) is not None
    return "" if same else by_headers


def _text(headers: Headers, name: str) -> str:
    return header_text(str(headers.get(name, "")))


def _thread(mailbox: Mailbox, headers: Headers, fallback: str) -> str:
    number = _text(headers, "X-GM-THRID").strip()
    if number.isascii() and number.isdigit():
        return f"{int(number):x}"
    own = _REFERENCE.findall(_text(headers, "Message-ID"))
    references = _REFERENCE.findall(f"{_text(headers, 'References')} {_text(headers, 'In-Reply-To')}")
    return mailbox.thread_for(own[0] if own else "", references, fallback)


def _received_at(headers: Headers) -> datetime | None:
    received = _text(headers, "Received").rpartition(";")[2]
    return _date(received) or _date(_text(headers, "Date"))


def _date(text: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    # Gmail keeps milliseconds since 1970 and mail is never older.
    return aware.astimezone(UTC) if 1970 < aware.year < 9999 else None


def _labels(mailbox: Mailbox, headers: Headers) -> frozenset[str]:
    if exported := _text(headers, "X-Gmail-Labels"):
        return takeout_labels(exported, mailbox.label_id)
    return guessed_labels(headers, mailbox.owner)


def guessed_labels(headers: Headers, owner: str) -> frozenset[str]:
    """The labels Gmail would give a mail that arrives: by who sent it, to whom, and whether to many."""
    if owner in _addresses(headers, "From"):
        inbox = {"INBOX", "UNREAD"} if owner in _addresses(headers, "To", "Cc") else set()
        return frozenset({"SENT"} | inbox)
    category = _category(headers)
    personal = category == "CATEGORY_PERSONAL" and owner in _addresses(headers, "To")
    return frozenset({"INBOX", "UNREAD", category} | ({"IMPORTANT"} if personal else set()))


def _category(headers: Headers) -> str:
    sender = _text(headers, "From")
    automatic = headers.get("Auto-Submitted", "no").lower() != "no" or _MACHINE_SENDER.search(sender)
    to_many = headers.get("List-Unsubscribe") or headers.get("Precedence", "").lower() in ("bulk", "list")
    if headers.get("List-Post"):
        return "CATEGORY_FORUMS"
    if automatic:
        return "CATEGORY_UPDATES"
    return "CATEGORY_PROMOTIONS" if to_many else "CATEGORY_PERSONAL"


def _addresses(headers: Headers, *names: str) -> set[str]:
    values = [header_text(str(value)) for name in names for value in headers.get_all(name, [])]
    return {address.lower() for _, address in getaddresses(values) if address}
