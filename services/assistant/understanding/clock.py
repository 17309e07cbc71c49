"""Times of day in a text: 8시 반, 오후 두시, half past eight, 8:30pm, noon."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

from services.assistant.understanding.numerals import HOUR_EN, HOUR_KO, MINUTE_EN, MINUTE_KO, number

_HALF_KO = "오전|오후|아침|저녁|점심|밤|새벽|낮|am|pm|a\\.m\\.|p\\.m\\."
_HALF_EN = r"(?P<half>a\.?m\.?|p\.?m\.?)(?![a-z])"
_PART_EN = r"(?:\s*(?P<part>in\s+the\s+(?:morning|afternoon|evening)|at\s+night))?"
_LEAD = r"(?:(?<![a-z])(?:at|to|by|around|about|for|until|till|from|before|after|since|@)\s*)?"
_TAIL = (
    r"(?:\s*(?:정각|쯤|경|정도))?"
    r"(?:\s*(?:이후|이전|부터|까지|넘어|전)(?:로|에|는)?|에다|에는|에|으로|로|은|는|의)?"
)

# What may follow an hour that stands without minutes or half: at 8 please, not at 8 places.
_NO_NOUN = (
    r"(?=\s*(?:$|[,!?.]|[가-힣]|(?:please|instead|from|every|each|daily|on|in|today|tomorrow|and|or|not|then"
    r"|for|now|starting|sharp|so|thanks)(?![a-z])))"
)
# The first that fits at a place wins, so the more specific stand first.
_PATTERNS = [
    re.compile(pattern)
    for pattern in (
        rf"(?:(?P<half>{_HALF_KO})\s*|(?<![가-힣])|(?=[0-9]))(?P<hour>{HOUR_KO})\s*시(?![간스작험장즌청설행급])"
        rf"(?:\s*(?:(?P<thirty>반)|(?P<minute>{MINUTE_KO})\s*분(?!의)))?",
        rf"(?:(?P<half>{_HALF_KO})\s*)(?P<hour>[0-9]{{1,2}}):(?P<minute>[0-9]{{2}})(?![0-9:])",
        rf"{_LEAD}(?<![0-9:./])(?P<hour>[0-9]{{1,2}})(?:(?:\s*[:.]\s*|\s+)(?P<minute>[0-9]{{2}}))?\s*{_HALF_EN}",
        rf"{_LEAD}(?<![0-9:])(?P<hour>[0-9]{{1,2}}):(?P<minute>[0-9]{{2}})(?![0-9:]){_PART_EN}",
        rf"{_LEAD}(?P<thirty>half)[\s-]+past[\s-]+(?P<hour>{HOUR_EN})(?:\s*{_HALF_EN})?{_PART_EN}",
        rf"{_LEAD}(?:a\s+)?quarter\s+(?P<side>past|to|after|before)\s+(?P<hour>{HOUR_EN}){_PART_EN}",
        rf"{_LEAD}(?P<hour>{HOUR_EN})\s+(?P<minute>{MINUTE_EN})(?:\s*{_HALF_EN})?{_PART_EN}",
        rf"{_LEAD}(?P<hour>{HOUR_EN})\s*o\s?'?\s?clock(?:\s*{_HALF_EN})?{_PART_EN}",
        rf"{_LEAD}(?P<hour>{HOUR_EN})(?:\s+{_HALF_EN}|{_PART_EN.removesuffix('?')})",
        rf"(?:(?<![a-z])(?:at|to)\s+|@\s*)(?P<hour>{HOUR_EN})(?![0-9:/.a-z]){_NO_NOUN}",
        rf"(?<=make it )(?P<hour>{HOUR_EN})(?![0-9:/.a-z]){_NO_NOUN}",
        rf"(?<![a-z])from\s+(?P<hour>{HOUR_EN})(?=\s+to\s)",
        rf"{_LEAD}(?<![a-z])(?P<named>noon|midnight|midday)(?![a-z])",
        r"(?P<named>정오|자정)",
    )
]
_TAILED = [re.compile(pattern.pattern + _TAIL) for pattern in _PATTERNS]
_MORNING = frozenset({"오전", "am", "아침", "새벽", "in the morning"})
_NAMED = {"noon": time(12), "midday": time(12), "정오": time(12), "midnight": time(0), "자정": time(0)}
# That a time is only where something begins or ends, in the words that stand by it.
ONWARDS = re.compile(r"(?:이후|부터|넘어)\w*$|^(?:after|since|from)\s")
UP_TO = re.compile(r"(?:이전|전|까지)\w*$|^(?:before|until|till|by)\s")
# Nobody says at one o'clock of the briefing or a meeting and leaves out that it is at night.
_EARLIEST_UNSAID = 5


@dataclass(frozen=True, slots=True)
class Clock:
    """A time that was said, where in the text, and what else it may mean: two o'clock, without the half."""

    at: time
    begin: int
    end: int
    sure: bool = True

    @property
    def other(self) -> time:
        """The same time in the other half of the day."""
        return self.at.replace(hour=(self.at.hour + 12) % 24)


def find_clocks(text: str) -> list[Clock]:
    """The times in a normalised text, in the order they stand."""
    found: list[Clock] = []
    for pattern in _TAILED:
        for match in pattern.finditer(text):
            clock = _clock(match)
            if clock and all(clock.end <= one.begin or one.end <= clock.begin for one in found):
                found.append(clock)
    return sorted(found, key=lambda clock: clock.begin)


def _clock(match: re.Match[str]) -> Clock | None:
    said = match.groupdict()
    begin, end = match.span()
    if said.get("named"):
        return Clock(_NAMED[said["named"]], begin, end)
    hour, minute = number(said["hour"]), _minute(said)
    if said.get("side") in ("to", "before"):
        hour, minute = hour - 1, 45
    if not (0 <= hour <= 24 and minute < 60):
        return None
    half = (said.get("half") or said.get("part") or "").rstrip(".")
    half = " ".join(half.replace("a.m", "am").replace("p.m", "pm").split())
    if half:
        return _within(hour, minute, half, begin, end)
    exact = hour > 12 or hour == 0 or said["hour"].startswith("0")
    if exact or hour >= _EARLIEST_UNSAID:
        return Clock(time(hour % 24, minute), begin, end)
    return Clock(time(hour + 12, minute), begin, end, sure=False)


def _minute(said: dict[str, str | None]) -> int:
    if said.get("thirty"):
        return 30
    if said.get("side"):
        return 15
    minute = said.get("minute")
    return number(minute) if minute else 0


def _within(hour: int, minute: int, half: str, begin: int, end: int) -> Clock | None:
    """The hour in a named part of the day; None where it cannot be (오전 15시)."""
    if half in _MORNING:
        return Clock(time(hour % 12, minute), begin, end) if hour <= 12 else None
    if half == "밤" and (hour == 12 or hour < _EARLIEST_UNSAID):
        return Clock(time(hour % 12, minute), begin, end)
    if half == "at night" and hour == 12:
        return Clock(time(0, minute), begin, end)
    if half in ("낮", "점심") and hour in (10, 11):
        return Clock(time(hour, minute), begin, end)
    return Clock(time(hour % 12 + 12, minute), begin, end) if hour < 24 else None


def without(text: str, clocks: Iterator[Clock] | list[Clock]) -> str:
    """The text with the times taken out."""
    for clock in sorted(clocks, key=lambda one: -one.begin):
        text = f"{text[: clock.begin]} {text[clock.end :]}"
    return text
