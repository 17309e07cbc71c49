"""Mail sent within the sandbox: into the sender's Sent, and the inboxes of those who live here."""

from __future__ import annotations

from email.message import Message as Headers
from email.parser import BytesHeaderParser
from email.utils import format_datetime, getaddresses

from sandbox.google.errors import invalid_argument
from sandbox.google.state import Google
from sandbox.incoming import guessed_labels, header_block, receive
from sandbox.mailboxes import Message
from sandbox.world import Person


def deliver(google: Google, sender: Person, raw: bytes, thread_id: str) -> Message:
    """Send one mail as Gmail does: dated, with a Message-ID, from the sender's own address."""
    block = header_block(raw)
    headers = BytesHeaderParser().parsebytes(block)
    recipients = _recipients(headers)
    if not recipients:
        raise invalid_argument("Recipient address required")
    stamped = _stamped(google, sender, headers, raw)
    sent = _file(google, sender, stamped, frozenset({"SENT"}))
    for address in recipients:
        person = google.world.by_google_email(address)
        if person and person.key != sender.key:
            labels = guessed_labels(headers, person.google_email)
            _file(google, person, stamped, labels - {"SENT"} | {"INBOX", "UNREAD"})
    return sent


def _recipients(headers: Headers) -> list[str]:
    values = [str(value) for name in ("To", "Cc", "Bcc") for value in headers.get_all(name, [])]
    return list(dict.fromkeys(address.lower() for _, address in getaddresses(values) if address))


def _stamped(google: Google, sender: Person, headers: Headers, raw: bytes) -> bytes:
    """The mail with the headers that Gmail adds where the client left them out."""
    now = google.world.now()
    number = google.mailbox(sender).history_id
    added = {
        "From": f"<{sender.google_email}>",
        "Date": format_datetime(now),
        "Message-ID": f"<sent-{sender.key}-{number}-{int(now.timestamp())}@mail.example>",
        "MIME-Version": "1.0",
    }
    missing = [f"{name}: {value}\r\n" for name, value in added.items() if name not in headers]
    return "".join(missing).encode("ascii") + raw


def _file(google: Google, person: Person, raw: bytes, labels: frozenset[str]) -> Message:
    now = google.world.now()
    mailbox = google.mailbox(person)
    message = receive(mailbox, lambda: raw, header_block(raw), now=now, received_at=now, labels=labels)
    # The same headers at the same moment are the same message: answered as the one that is there.
    return message or mailbox.newest_first()[0]
