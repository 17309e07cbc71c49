"""From when until when a text speaks of, and the text without it: 지난주부터 어제까지, since Monday."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.assistant.understanding.day_table import DAY_TABLE, Meaning
from services.assistant.understanding.days import Days, Match, Today

_LEADING = re.compile(
    r"(?<![a-z])(?:(?P<until>until|till|til|before|up to)|(?P<through>through|thru)"
    r"|(?P<since>since|after|starting|beginning|as of)|(?P<origin>from)|on|in|at|for|of|during|over|by)"
    r"\s+(?:the\s+)?$"
)
_TRAILING = re.compile(
    r"\s*(?:(?P<until>이전|전\s*까지)|(?P<through>까지)|(?P<since>부터|이후|on(?:wards?)?(?=\s*$)))(?:는|도|만|의|에|로)?"
    r"|에는|에도|에|은|는|엔|의|날|자|'s|\s*동안(?:은|에)?|\s*중에?|\s*내내"
)
_BETWEEN = re.compile(r"\s*(?:~|-|to|and|until|till|through|thru|에서|(?:에서)?부터)\s*(?:the\s+)?")


@dataclass(frozen=True, slots=True)
class Period:
    """From the first to the last day, both included; None is open. `rest` is the text without it."""

    first: date | None
    last: date | None
    rest: str


@dataclass(frozen=True, slots=True)
class _Span:
    """Days, and where they stand in the text."""

    days: Days
    match: Match
    meaning: Meaning

    def within(self, text: str) -> tuple[str, int, int]:
        """Which end is meant (since, origin, until: its day is out, through: it is in), and where the words
        that belong to it begin and end."""
        before = _LEADING.search(text[: self.match.start()])
        after = _TRAILING.match(text, self.match.end())
        bound = next((found.lastgroup for found in (after, before) if found and found.lastgroup), "")
        return (
            bound,
            before.start() if before else self.match.start(),
            after.end() if after else self.match.end(),
        )


def find_period(text: str, today: Today) -> Period | None:
    """The days a normalised text speaks of; None where it names none."""
    spans = _spans(text, today)
    if not spans:
        return None
    first = last = spans[0]
    if len(spans) > 1 and _BETWEEN.fullmatch(text[first.match.end() : spans[1].match.start()]):
        last = spans[1]
        if last.days.floats:
            last = replace(last, days=last.meaning(last.match, Today(first.days.first)))
    elif len(ends := [span for span in spans if span.within(text)[0] in ("until", "through")]) == 1:
        first = last = ends[0]  # beside a day of something else: off next week, until Friday
    bound, begin, end = first.within(text)
    if last is not first:
        rest = f"{text[:begin]} {text[last.within(text)[2] :]}"
        return Period(first.days.first, last.days.last, rest) if first.days.first <= last.days.last else None
    return _bounded(first.days, bound, f"{text[:begin]} {text[end:]}", today)


def at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """That time of the day on the person's clock."""
    return datetime.combine(day, clock, zone)


def _bounded(days: Days, bound: str, rest: str, today: Today) -> Period:
    match bound:
        case "since":
            return Period(days.first, None, rest)
        case "origin" if today.lean == "future":
            return Period(days.first, None, rest)
        case "until":
            return Period(None, _coming(days, today).first - timedelta(days=1), rest)
        case "through":
            return Period(None, _coming(days, today).last, rest)
    return Period(days.first, days.last, rest)


def _coming(days: Days, today: Today) -> Days:
    """Until Thursday, said on a Thursday, means the next one."""
    if days.floats and today.lean == "future" and days.first == today.day:
        return Days(days.first + timedelta(days=7), days.last + timedelta(days=7))
    return days


def _spans(text: str, today: Today) -> list[_Span]:
    found: list[_Span] = []
    for pattern, meaning in DAY_TABLE:
        for match in pattern.finditer(text):
            if any(match.start() < one.match.end() and one.match.start() < match.end() for one in found):
                continue
            try:
                found.append(_Span(meaning(match, today), match, meaning))
            except (ValueError, OverflowError):  # the 31st of November
                continue
    return sorted(found, key=lambda span: span.match.start())
