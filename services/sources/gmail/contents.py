"""What a mail holds: the parts its text is made of, its attachments, its invitation, its delivery status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.sources.gmail.characters import clean_line
from services.sources.gmail.headers import decode_words
from services.sources.gmail.parts import Part, Placed, walk
from services.sources.records import ATTACHMENT_LIMIT, Attachment

FILENAME_LIMIT = 255
TEXT_PARTS = 50

_CALENDAR_TYPES = ("text/calendar", "application/ics")
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_MESSAGE_TYPES = ("message/rfc822", "message/global")
_SIGNATURE_TYPES = (
    "application/pgp-signature",
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "text/rfc822-headers",
)


@dataclass(slots=True)
class Contents:
    """The parts that matter, in the mail's order; those of attached messages are not among them.

    `texts` are shown as the mail itself, `named_texts` are text files that are shown when there is nothing
    else. `statuses` and what is under them say in a delivery report whom it is about.
    """

    texts: list[Placed] = field(default_factory=list)
    named_texts: list[Placed] = field(default_factory=list)
    calendars: list[Part] = field(default_factory=list)
    statuses: list[Part] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    attachment_count: int = 0


def contents_of(root: Part) -> Contents:
    """Go over the parts once; only headers and sizes are looked at, nothing is decoded."""
    contents = Contents()
    for placed in walk(root):
        if not placed.nested:
            _sort_in(contents, placed)
    return contents


def _sort_in(contents: Contents, placed: Placed) -> None:
    part = placed.part
    kind = part.media_type
    if placed.parent in _STATUS_TYPES or kind in _STATUS_TYPES:
        contents.statuses.append(part)
    elif kind.startswith("multipart/") and part.children():
        return
    elif kind in _CALENDAR_TYPES or part.filename.lower().endswith(".ics"):
        contents.calendars.append(part)
    if _is_attachment(placed):
        contents.attachment_count += 1
        if len(contents.attachments) < ATTACHMENT_LIMIT:
            contents.attachments.append(Attachment(_file_name(part), kind, part.size))
    if kind.startswith(("text/", "multipart/")) and kind not in (*_CALENDAR_TYPES, *_SIGNATURE_TYPES):
        _sort_text(contents, placed)


def _sort_text(contents: Contents, placed: Placed) -> None:
    if placed.parent in _STATUS_TYPES or _disposition(placed.part) == "attachment":
        return
    texts = contents.named_texts if placed.part.filename else contents.texts
    if len(texts) < TEXT_PARTS:
        texts.append(placed)


def _is_attachment(placed: Placed) -> bool:
    """Whether a reader would call it an attachment: not the text, its pictures, a signature, a report."""
    part, kind = placed.part, placed.part.media_type
    disposition = _disposition(part)
    if kind in _SIGNATURE_TYPES or placed.parent in _STATUS_TYPES or kind.startswith("multipart/"):
        return False
    if placed.parent == "multipart/report":
        return disposition == "attachment"
    if kind.startswith("text/"):
        return part.filename != "" or disposition == "attachment"
    shown_inside = placed.parent == "multipart/related" and "content-id" in part.headers
    return not (shown_inside and kind.startswith("image/") and disposition != "attachment")


def _disposition(part: Part) -> str:
    return part.headers.token("content-disposition")


def _file_name(part: Part) -> str:
    """The file's own name without folders; Gmail too calls a file without one "noname"."""
    name = clean_line(decode_words(part.filename), 4 * FILENAME_LIMIT).replace("\\", "/").rpartition("/")[2]
    if not name and part.media_type in _MESSAGE_TYPES:
        return _message_name(part.children())
    stem, dot, extension = name.rpartition(".")
    if len(name) > FILENAME_LIMIT and dot and len(extension) < 16:
        return f"{stem[: FILENAME_LIMIT - len(extension) - 2]}…{dot}{extension}"
    return name[:FILENAME_LIMIT] or "noname"


def _message_name(children: Sequence[Part]) -> str:
    subject = children[0].headers.text("subject") if children else ""
    return f"{clean_line(subject, FILENAME_LIMIT - 4) or 'noname'}.eml"
