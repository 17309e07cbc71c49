"""The calendar part of a mail (RFC 5545, RFC 5546), as far as a briefing needs it.

A full iCalendar library would also expand recurrences and build time zones out of the mail's own rules,
which a hostile mail can make endless; six properties of the first event are enough here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from babel.core import get_global

from services.sources.gmail.characters import clean_line
from services.sources.gmail.headers import parameters
from services.sources.records import Invitation

_TEXT_LIMIT = 300
_FOLD = re.compile(r"\r?\n[ \t]")
_ESCAPE = re.compile(r"\\([\\;,nN])")
_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})?(Z)?)?")
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})?")
_IANA = re.compile(r"[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?$")
_COMPONENTS = ("VEVENT", "VTODO", "VJOURNAL")


@dataclass(frozen=True, slots=True)
class _Property:
    value: str
    parameters: Mapping[str, str]


def read_invitation(text: str, *, method: str = "", summary: str = "") -> Invitation | None:
    """The first event of the calendar object `text`; None when it is none.

    `method` and `summary` stand in where the object lacks its own.
    """
    if "BEGIN:VCALENDAR" not in text[:1000].upper():
        return None
    calendar, event, offsets = _properties(text)
    if not event:
        return None
    start = event.get("DTSTART")
    return Invitation(
        method=(_value(calendar, "METHOD") or method or "PUBLISH").upper(),
        summary=_value(event, "SUMMARY") or summary,
        start=_start(start, offsets) if start else None,
        location=_value(event, "LOCATION"),
    )


def _value(properties: Mapping[str, _Property], name: str) -> str:
    found = properties.get(name)
    unescaped = _ESCAPE.sub(lambda part: " " if part[1] in "nN" else part[1], found.value if found else "")
    return clean_line(unescaped, _TEXT_LIMIT)


def _properties(text: str) -> tuple[dict[str, _Property], dict[str, _Property], dict[str, str]]:
    """The calendar's properties, those of its first event, and the standard offset of each zone in it."""
    calendar: dict[str, _Property] = {}
    event: dict[str, _Property] = {}
    offsets: dict[str, str] = {}
    inside: list[str] = []
    zone = ""
    for name, found in _content_lines(text):
        if name == "BEGIN":
            inside.append(found.value.upper())
        elif name == "END":
            if inside and inside.pop() in _COMPONENTS and event:
                break
        elif inside[-1:] == ["VCALENDAR"]:
            calendar.setdefault(name, found)
        elif inside[-1:] and inside[-1] in _COMPONENTS:
            event.setdefault(name, found)
        elif inside[-1:] == ["VTIMEZONE"] and name == "TZID":
            zone = found.value
        elif inside[-1:] == ["STANDARD"] and name == "TZOFFSETTO":
            offsets[zone] = found.value
    return calendar, event, offsets


def _content_lines(text: str) -> Iterator[tuple[str, _Property]]:
    for line in _FOLD.sub("", text).splitlines():
        name, value = _split_value(line)
        if value is not None:
            yield name.partition(";")[0].strip().upper(), _Property(value.strip(), parameters(name))


def _split_value(line: str) -> tuple[str, str | None]:
    """A content line at its first colon outside quotation marks."""
    quoted = False
    for position, char in enumerate(line[:2000]):
        if char == '"':
            quoted = not quoted
        elif char == ":" and not quoted:
            return line[:position], line[position + 1 :]
    return line, None


def _start(found: _Property, offsets: Mapping[str, str]) -> datetime | date | None:
    """A moment, or only its day where the event is of whole days or nobody says in which zone it is."""
    stamp = _STAMP.match(found.value)
    if stamp is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in stamp.groups()[:6])
    zone = UTC if stamp[7] else _zone(found.parameters.get("tzid", ""), offsets)
    try:
        if stamp[4] is None or zone is None:
            return date(year, month, day)
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone)
    except ValueError:
        return None


def _zone(name: str, offsets: Mapping[str, str]) -> tzinfo | None:
    """The zone a TZID means: IANA's name, Windows' name, an offset in it or stated by the object itself."""
    known = _IANA.search(name)
    for candidate in (name, known[0] if known else "", get_global("windows_zone_mapping").get(name, "")):
        try:
            return ZoneInfo(candidate)
        except (KeyError, OSError, ValueError):
            continue
    stated = _OFFSET.search(offsets.get(name, "")) or _OFFSET.search(name)
    if stated is None:
        return None
    minutes = int(stated[2]) * 60 + int(stated[3] or 0)
    return timezone(timedelta(minutes=min(minutes, 1439) * (-1 if stated[1] == "-" else 1)))
