"""A message as a Gmail API answers it, to a `Mail`."""

from __future__ import annotations

import base64
import binascii
import html
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from services.sources.gmail.addresses import read_addresses
from services.sources.gmail.body import body_text
from services.sources.gmail.bounce import (
    all_delivered,
    delivery_actions,
    failed_recipient,
    recipient_in_text,
    report_text,
)
from services.sources.gmail.characters import clean_line
from services.sources.gmail.contents import Contents, contents_of
from services.sources.gmail.headers import Headers, lenient_base64
from services.sources.gmail.invitation import read_invitation
from services.sources.gmail.kinds import OWN_HEADER, is_bounce, is_bulk, is_reply
from services.sources.gmail.parts import GmailPart, Part, as_list, as_mapping, as_text, part_text
from services.sources.gmail.raw import parse_mail
from services.sources.gmail.text import newest_text
from services.sources.records import Address, Invitation, Mail

SUBJECT_LIMIT = 1_000
NAME_LIMIT = 256

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOBODY = Address("", "")


def read_mail(resource: Mapping[str, Any], *, owner: str) -> Mail:
    """The message `resource` (`format=full` or `raw`; of others what they hold) of `owner`'s mailbox.

    Pure, and never raises on any JSON: what is missing or broken is empty, an unknown time is the epoch.
    """
    root = _root(resource)
    headers = root.headers
    contents = contents_of(root)
    message_id = _name(resource.get("id"))
    labels = frozenset(filter(None, map(_name, as_list(resource.get("labelIds")))))
    sender = _sender(headers)
    subject = clean_line(headers.text("subject"), SUBJECT_LIMIT)
    text = _text(resource, contents)
    invitation = _invitation(contents, subject)
    bounce = _is_bounce(root, contents, sender, subject)
    failed = _failed_recipient(headers, contents, text, {owner.lower(), sender.email}) if bounce else ""
    return Mail(
        id=message_id,
        thread_id=_name(resource.get("threadId")),
        sender=sender,
        to=_addresses(headers, "to"),
        cc=_addresses(headers, "cc"),
        subject=subject,
        text=text,
        received_at=_received_at(resource, headers),
        labels=labels,
        link=mail_link(message_id, owner),
        bulk=not bounce and invitation is None and is_bulk(headers, labels, sender.email),
        bounce=bounce,
        failed_recipient=failed,
        own_briefing=OWN_HEADER in headers,
        is_reply=is_reply(headers, subject),
        attachments=tuple(contents.attachments),
        attachment_count=contents.attachment_count,
        invitation=invitation,
    )


def mail_link(message_id: str, owner: str) -> str:
    """The address that opens the message in Gmail, in `owner`'s account where several are signed in."""
    account = quote(owner, safe="", errors="replace")
    return f"https://mail.google.com/mail/u/?authuser={account}#all/{quote(message_id, safe='')}"


def search_link(query: str, owner: str) -> str:
    """The address that opens a search in Gmail, in `owner`'s account where several are signed in."""
    account = quote(owner, safe="", errors="replace")
    return f"https://mail.google.com/mail/u/?authuser={account}#search/{quote(query, safe='')}"


def _name(value: object) -> str:
    """An id of Gmail's: letters and digits, whatever else was sent."""
    return clean_line(as_text(value), NAME_LIMIT)


def _root(resource: Mapping[str, Any]) -> Part:
    payload = as_mapping(resource.get("payload"))
    raw = as_text(resource.get("raw"))
    return parse_mail(_raw_bytes(raw)) if raw and not payload else GmailPart(payload)


def _raw_bytes(raw: str) -> bytes:
    try:
        return base64.b64decode(raw, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return lenient_base64(raw)


def _sender(headers: Headers) -> Address:
    """The first usable address of From, of whatever else names who sent it, or nobody."""
    for name in ("from", "sender", "reply-to", "return-path"):
        addresses = _addresses(headers, name)
        if addresses:
            return addresses[0]
    name = clean_line(headers.text("from"), SUBJECT_LIMIT)
    return Address(name.strip('"<> '), "") if name else _NOBODY


def _addresses(headers: Headers, name: str) -> tuple[Address, ...]:
    return tuple(address for value in headers.raw(name) for address in read_addresses(value))


def _text(resource: Mapping[str, Any], contents: Contents) -> str:
    text = body_text(contents.texts) or body_text(contents.named_texts)
    if not text and contents.statuses:
        text = newest_text(report_text(contents.statuses))
    # A long body may be kept as an attachment, and other formats have none: Gmail's extract is left
    return text or newest_text(html.unescape(as_text(resource.get("snippet"))))


def _is_bounce(root: Part, contents: Contents, sender: Address, subject: str) -> bool:
    """A report on what could not be delivered, by its parts or its fields; not one that it was delivered."""
    stated = bool(contents.statuses) or is_bounce(root, sender.email, subject)
    return stated and not all_delivered(delivery_actions(contents.statuses))


def _failed_recipient(headers: Headers, contents: Contents, text: str, known: set[str]) -> str:
    stated = failed_recipient(delivery_actions(contents.statuses), headers)
    return stated or recipient_in_text(text, known)


def _invitation(contents: Contents, subject: str) -> Invitation | None:
    for part in contents.calendars:
        method = part.headers.parameter("content-type", "method").upper()
        found = read_invitation(part_text(part), method=method, summary=subject)
        if found is None and method and not part.content(1):
            return Invitation(method=method, summary=subject, start=None, location="")
        if found is not None:
            return found
    return None


def _received_at(resource: Mapping[str, Any], headers: Headers) -> datetime:
    """When Gmail took the mail in; else what its Date field says; else the epoch."""
    try:
        milliseconds = int(resource.get("internalDate") or "")
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except (TypeError, ValueError, OverflowError):
        return _dated(headers.text("date"))


def _dated(value: str) -> datetime:
    try:
        stated = parsedate_to_datetime(value[:200])
        return (stated if stated.tzinfo else stated.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return _EPOCH
