"""Mail from files: .eml, and .mbox as Google Takeout exports it, however large."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from sandbox.incoming import HEADER_LIMIT, header_block, receive
from sandbox.mailboxes import Mailbox

_MAIL_HEADER = re.compile(
    rb"(?im)^(?:bcc|cc|content-[a-z-]+|date|delivered-to|from|message-id|mime-version|received|reply-to|return-path"
    rb"|sender|subject|to|x-[a-z0-9-]+)[ \t]*:"
)
_ENVELOPE = re.compile(rb"From (?:\S+@\S+|.*\d\d:\d\d\b.*\d{4}.*|MAILER-DAEMON)\s*$")
_ENVELOPE_DATE = re.compile(
    r" (?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?P<time>\d\d:\d\d:\d\d)"
    r"(?: (?P<zone>[+-]\d{4}))? (?P<year>\d{4})(?: (?P<late_zone>[+-]\d{4}))?"
)
_QUOTED_FROM = re.compile(rb"(?m)^>(>*From )")
_KINDS = {
    b"PK\x03\x04": "a ZIP archive: unpack it, the mail is in the .mbox file inside",
    b"\x1f\x8b": "a gzip archive: unpack it first",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"SQLite format 3": "an SQLite database",
    b"!BDN": "an Outlook .pst file: export it as .mbox",
    b"\xd0\xcf\x11\xe0": "an Outlook .msg or another Office file: save the mail as .eml",
}
_CHUNK = 64 * 1024
_START = 4096


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file held. `added` is less than `found` where messages were in the mailbox before."""

    found: int
    added: int
    oldest: datetime | None
    newest: datetime | None


@dataclass(slots=True)
class _Slice:
    """One message in an mbox file: where it begins and ends, its From_ line and its header block."""

    start: int
    envelope: bytes
    stop: int = 0
    block: bytes = b""
    in_headers: bool = True


def load_file(path: Path, mailbox: Mailbox, *, now: datetime) -> Loaded:
    """Load an .eml or .mbox file. ValueError says what was found where it is neither."""
    with path.open("rb") as file:
        start = file.read(_START)
        if start.startswith(b"From "):
            file.seek(0)
            return _load_mbox(file, partial(_read_slice, path), mailbox, now)
    _require_mail(start, path.name)
    return load_bytes(path.read_bytes(), mailbox, now=now)


def load_bytes(raw: bytes, mailbox: Mailbox, *, now: datetime, received_at: datetime | None = None) -> Loaded:
    """Load an .eml or .mbox given as bytes. `received_at` is when a single mail came.

    ValueError says what was found where it is neither.
    """
    if raw.startswith(b"From "):
        return _load_mbox(BytesIO(raw), lambda start, stop: _unquoted(raw[start:stop]), mailbox, now)
    _require_mail(raw[:_START], "the mail")
    message = receive(mailbox, lambda: raw, header_block(raw), now=now, received_at=received_at)
    date = message.internal_date if message else None
    return Loaded(1, int(message is not None), date, date)


def _load_mbox(file: BinaryIO, read: Callable[[int, int], bytes], mailbox: Mailbox, now: datetime) -> Loaded:
    found, dates = 0, []
    for part in _slices(file):
        found += 1
        if found == 1 and not _MAIL_HEADER.search(part.block):
            raise ValueError("this is no .mbox file: no mail follows its first line")
        whole = partial(read, part.start, part.stop)
        date = _envelope_date(part.envelope)
        if message := receive(mailbox, whole, part.block, now=now, received_at=date):
            dates.append(message.internal_date)
    return Loaded(found, len(dates), min(dates, default=None), max(dates, default=None))


def _slices(file: BinaryIO) -> Iterator[_Slice]:
    """The messages of an mbox in one pass, bodies left where they are.

    `mailbox.mbox` is not used: it takes any body line that starts with "From " for a new message, and
    does not see the empty lines of files written on Windows.
    """
    current: _Slice | None = None
    position, after_blank, blank_length = 0, True, 0
    while line := file.readline(_CHUNK):
        if after_blank and (current is None or _ENVELOPE.match(line)):
            if current:
                current.stop = position - blank_length
                yield current
            current = _Slice(position + len(line), line)
        elif current and current.in_headers:
            _collect_header(current, line)
        position += len(line)
        after_blank = line in (b"\n", b"\r\n")
        blank_length = len(line) if after_blank else 0
    if current:
        current.stop = position
        yield current


def _collect_header(part: _Slice, line: bytes) -> None:
    part.in_headers = line.strip() != b"" and len(part.block) < HEADER_LIMIT
    if part.in_headers:
        part.block += line


def _read_slice(path: Path, start: int, stop: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return _unquoted(file.read(stop - start))


def _unquoted(content: bytes) -> bytes:
    """Lines that an mbox had to quote, as they were."""
    return _QUOTED_FROM.sub(rb"\1", content)


def _envelope_date(line: bytes) -> datetime | None:
    """The date at the end of a From_ line: UTC unless it names a zone."""
    found = _ENVELOPE_DATE.search(line.decode("ascii", "replace"))
    if not found:
        return None
    zone = found["zone"] or found["late_zone"] or "+0000"
    text = f"{found['day']} {found['month']} {found['year']} {found['time']} {zone}"
    try:
        return datetime.strptime(text, "%d %b %Y %H:%M:%S %z").astimezone(UTC)
    except ValueError:
        return None


def _require_mail(start: bytes, name: str) -> None:
    text = start.lstrip(b"\xef\xbb\xbf\r\n")
    if _MAIL_HEADER.search(header_block(text)):
        return
    raise ValueError(f"{name} is neither an .mbox nor an .eml file: it is {_kind(start)}")


def _kind(start: bytes) -> str:
    if not start.strip():
        return "empty"
    known = next((kind for magic, kind in _KINDS.items() if start.startswith(magic)), "")
    if known:
        return known
    text = start.lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    if b"\0" in start:
        return "a binary file of an unknown kind"
    return f"text that begins {start.lstrip()[:40].decode('utf-8', 'replace')!r}"
