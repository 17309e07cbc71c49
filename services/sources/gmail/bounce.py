"""Delivery reports (RFC 3464): whether something failed, and for whom."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from services.sources.gmail.charsets import decode_text
from services.sources.gmail.headers import Headers
from services.sources.gmail.parts import Part

_STATUS_BYTES = 64 * 1024
_STATUS_PARTS = 100
_FIELD = re.compile(r"^([A-Za-z-]{4,40})[ \t]*:[ \t]*(.*)$", re.MULTILINE)
_ADDRESS = re.compile(r"[^\s<>;:,\"'()\[\]]{1,64}@[\w.-]{1,255}[\w-]")
_DELIVERED = frozenset({"delivered", "relayed", "expanded"})


def delivery_actions(statuses: Sequence[Part]) -> list[tuple[str, str]]:
    """Each recipient that the report names, with the action on it (`failed`, `delayed`, `delivered`, …).

    The report's fields may come as the text of its part, or divided into parts with fields of their own.
    """
    found: list[tuple[str, str]] = []
    for part in statuses[:_STATUS_PARTS]:
        groups = [part.headers] if "final-recipient" in part.headers else _groups(part)
        for fields in groups:
            recipient = fields.text("original-recipient") or fields.text("final-recipient")
            address = _ADDRESS.search(recipient) or _ADDRESS.search(fields.text("final-recipient"))
            if address:
                found.append((address[0].lower(), fields.token("action")))
    return found


def failed_recipient(actions: Sequence[tuple[str, str]], headers: Headers) -> str:
    """Whom the report is about: the first that failed, else the first that is not yet delivered."""
    failed = [recipient for recipient, action in actions if action == "failed"]
    open_still = [recipient for recipient, action in actions if action not in _DELIVERED]
    named = _ADDRESS.search(headers.text("x-failed-recipients"))
    return next(iter(failed), "") or (named[0].lower() if named else "") or next(iter(open_still), "")


def recipient_in_text(text: str, known: Collection[str]) -> str:
    """The first address in a report's text that is none of `known` nor a mail system's own."""
    for found in _ADDRESS.finditer(text):
        address = found[0].lower()
        if address not in known and not address.startswith(("postmaster@", "mailer-daemon@")):
            return address
    return ""


def all_delivered(actions: Sequence[tuple[str, str]]) -> bool:
    """Whether the report only confirms."""
    return bool(actions) and all(action in _DELIVERED for _, action in actions)


def report_text(statuses: Sequence[Part]) -> str:
    """What a report without a human part says where its fields should be."""
    texts = (decode_text(part.content(_STATUS_BYTES)).strip() for part in statuses[:_STATUS_PARTS])
    return "\n\n".join(text for text in texts if "-recipient:" not in text.lower())


def _groups(part: Part) -> Iterator[Headers]:
    text = decode_text(part.content(_STATUS_BYTES)).replace("\r\n", "\n")
    for block in text.split("\n\n"):
        yield Headers((name, value) for name, value in _FIELD.findall(block))
