"""Mail sent within the sandbox: into the sender's Sent, and the inboxes of those who live here."""

from __future__ import annotations

import re
from email.message import Message as Headers
from email.parser import BytesHeaderParser
from email.utils import format_datetime, getaddresses

from sandbox.google.errors import invalid_argument
from sandbox.google.state import Google
from sandbox.incoming import guessed_labels, header_block, receive
from sandbox.mailboxes import Message
from sandbox.world import Person

_BCC = re.compile(rb"(?im)^bcc:.*\r?\n(?:[ \t].*\r?\n)*")


def deliver(google: Google, sender: Person, raw: bytes, thread_id: str) -> Message:
    """Send one mail as Gmail does: dated, with a Message-ID, from the sender's own address."""
    block = header_block(raw)
    headers = BytesHeaderParser().parsebytes(block)
    recipients = _recipients(headers)
    if not recipients:
        raise invalid_argument("Recipient address required")
    stamped = _stamped(google, sender, headers, raw)
    to_oneself = {"INBOX", "UNREAD"} if sender.google_email in recipients else set()
    sent = _file(google, sender, stamped, frozenset({"SENT"} | to_oneself), thread_id)
    arriving = _without_bcc(stamped)
    for address in recipients:
        person = google.world.by_google_email(address)
        if person and person.key != sender.key:
            labels = guessed_labels(headers, person.google_email)
            _file(google, person, arriving, labels - {"SENT"} | {"INBOX", "UNREAD"})
    return sent


def _recipients(headers: Headers) -> list[str]:
    values = [str(value) for name in ("To", "Cc", "Bcc") for value in headers.get_all(name, [])]
    return list(dict.fromkeys(address.lower() for _, address in getaddresses(values) if address))


def _stamped(google: Google, sender: Person, headers: Headers, raw: bytes) -> bytes:
    """The mail with the headers that Gmail adds; the first tells two equal mails apart."""
    now = google.world.now()
    mark = f"{sender.key}.{google.mailbox(sender).history_id}.{int(now.timestamp())}"
    added = {
        "From": f"<{sender.google_email}>",
        "Date": format_datetime(now),
        "Message-ID": f"<{mark}@mail.example>",
        "MIME-Version": "1.0",
    }
    received = f"Received: by mail.example with HTTPREST id {mark}; {format_datetime(now)}\r\n"
    missing = [f"{name}: {value}\r\n" for name, value in added.items() if name not in headers]
    return "".join([received, *missing]).encode("ascii") + raw


def _without_bcc(raw: bytes) -> bytes:
    block = header_block(raw)
    # The block has no line end of its own after its last line.
    return _BCC.sub(b"", block + b"\r\n").removesuffix(b"\r\n") + raw[len(block) :]


def _file(google: Google, person: Person, raw: bytes, labels: frozenset[str], thread_id: str = "") -> Message:
    now = google.world.now()
    message = receive(
        google.mailbox(person),
        lambda: raw,
        header_block(raw),
        now=now,
        received_at=now,
        labels=labels,
        thread_id=thread_id,
    )
    if message is None:  # the first Received line is never the same twice
        raise AssertionError("a mail just stamped is in the mailbox already")
    return message
