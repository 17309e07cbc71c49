"""What words for days mean, each as a function of the match and of today. Weeks begin on Monday.

The words themselves are in `day_table.py`; `period.py` joins what is found in a text. A date that does not
exist is a ValueError or OverflowError.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from services.assistant.understanding.numerals import number
from services.assistant.understanding.phrases import listed

Lean = Literal["past", "future"]
Match = re.Match[str]

MONTHS = listed("january february march april may june july august september october november december")
WEEKDAYS = listed("monday tuesday wednesday thursday friday saturday sunday")
RELATIVE = {
    **dict.fromkeys(["the day before yesterday", "day before yesterday", "그저께", "그제", "엊그제"], -2),
    **dict.fromkeys(["yesterday", "어제", "어저께"], -1),
    **dict.fromkeys(["today", "오늘", "금일"], 0),
    **dict.fromkeys(["tomorrow", "내일", "명일"], 1),
    **dict.fromkeys(["the day after tomorrow", "day after tomorrow", "모레", "모래", "내일모레"], 2),
    "글피": 3,
}
LENGTHS = {
    "하루": 1,
    "이틀": 2,
    "사흘": 3,
    "나흘": 4,
    "닷새": 5,
    "일주일": 7,
    "열흘": 10,
    "보름": 15,
    "한달": 30,
}

_AWAY = {
    **dict.fromkeys(["지지난", "저저번"], -2),
    **dict.fromkeys(["지난", "last", "previous", "작"], -1),
    **dict.fromkeys(["이번", "금", "this", "current", "올"], 0),
    **dict.fromkeys(["다음", "차", "next", "내"], 1),
    "다다음": 2,
}
_UNITS = {"일": 1, "day": 1, "주일": 7, "주": 7, "week": 7, "달": 30, "개월": 30, "month": 30}
_LONG_PAST = timedelta(days=120)  # October is last month's, May next year's, asked in November
_VAGUE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Today:
    """The day it is for the person, and how they read what could be two days.

    `lean`: a weekday without more is the last one of mail, the coming one of a calendar. `day_first`: 3/4 is
    in April.
    """

    day: date
    lean: Lean = "future"
    day_first: bool = False

    def monday(self, weeks: int) -> date:
        """The Monday of the week that many weeks from this one."""
        return self.day - timedelta(days=self.day.weekday()) + timedelta(weeks=weeks)

    def nearest(self, found: Days) -> Days:
        """A date without a year, in the year in which the person looks for it."""
        if self.lean == "past" and found.first > self.day:
            return found.in_year(found.first.year - 1)
        if self.lean == "future" and found.last < self.day - _LONG_PAST:
            return found.in_year(found.first.year + 1)
        return found


@dataclass(frozen=True, slots=True)
class Days:
    """From the first to the last day, both included. `floats`: a weekday or a day without its month."""

    first: date
    last: date
    floats: bool = False

    def in_year(self, year: int) -> Days:
        """The same day, or the same whole month, of another year."""
        if self.first == self.last:
            return one(self.first.replace(year=year))
        return month_of(self.first.replace(year=year))


def one(day: date, *, floats: bool = False) -> Days:
    """Just that day."""
    return Days(day, day, floats)


def week_of(day: date) -> Days:
    """Its week."""
    monday = day - timedelta(days=day.weekday())
    return Days(monday, monday + timedelta(days=6))


def month_of(day: date) -> Days:
    """Its month."""
    return Days(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def relative(match: Match, today: Today) -> Days:
    return one(today.day + timedelta(days=RELATIVE[" ".join(match["relative"].split())]))


def week(match: Match, today: Today) -> Days:
    return week_of(today.monday(_away(match)))


def week_after_next(match: Match, today: Today) -> Days:
    return week_of(today.monday(2 if match["side"] == "after" else -2))


def weekend(match: Match, today: Today) -> Days:
    weeks = _away(match)
    if not match["which"] and today.lean == "past" and today.day.weekday() < 5:
        weeks = -1
    saturday = today.monday(weeks) + timedelta(days=5)
    return Days(saturday, saturday + timedelta(days=1))


def weekday_of_week(match: Match, today: Today) -> Days:
    return one(today.monday(_away(match)) + timedelta(days=_weekday(match)))


def last_weekday(match: Match, today: Today) -> Days:
    return one(today.day - timedelta(days=(today.day.weekday() - _weekday(match) - 1) % 7 + 1))


def weekday(match: Match, today: Today) -> Days:
    ahead = (_weekday(match) - today.day.weekday()) % 7
    if today.lean == "past" and ahead:
        ahead -= 7
    return one(today.day + timedelta(days=ahead), floats=True)


def distant(match: Match, today: Today) -> Days:
    """So long ago or ahead; of mail two weeks ago the whole week, as nobody means the very day."""
    length = _length(match)
    if match["side"] not in ("전", "ago"):
        return one(today.day + length)
    day = today.day - length
    if length < timedelta(days=7) or today.lean == "future":
        return one(day)
    return week_of(day) if length < timedelta(days=28) else month_of(day)


def some_days_ago(match: Match, today: Today) -> Days:
    return Days(today.day - _VAGUE, today.day)


def recent(match: Match, today: Today) -> Days:
    return Days(today.day - _length(match), today.day)


def coming(match: Match, today: Today) -> Days:
    return Days(today.day, today.day + _length(match))


def lasting(match: Match, today: Today) -> Days:
    """For so long: up to now or from now on, as the person looks."""
    return recent(match, today) if today.lean == "past" else coming(match, today)


def month(match: Match, today: Today) -> Days:
    years, index = divmod(today.day.month - 1 + _away(match), 12)
    return month_of(date(today.day.year + years, index + 1, 1))


def year(match: Match, today: Today) -> Days:
    which = today.day.year + _away(match)
    return Days(date(which, 1, 1), date(which, 12, 31))


def full_date(match: Match, today: Today) -> Days:
    said = _year(match, today)
    found = one(date(said or today.day.year, _month(match), int(match["day"])))
    return found if said else today.nearest(found)


def slashed_date(match: Match, today: Today) -> Days:
    first, second = int(match["one"]), int(match["other"])
    day_first = first > 12 or (today.day_first and second <= 12)
    month, day = (second, first) if day_first else (first, second)
    return today.nearest(one(date(today.day.year, month, day)))


def whole_month(match: Match, today: Today) -> Days:
    said = _year(match, today)
    found = month_of(date(said or today.day.year, _month(match), 1))
    return found if said else today.nearest(found)


def day_of_month(match: Match, today: Today) -> Days:
    day, first = int(match["day"]), today.day.replace(day=1)
    if day > today.day.day and today.lean == "past":
        first = (first - timedelta(days=1)).replace(day=1)
    if day < today.day.day and today.lean == "future":
        first = (first + timedelta(days=31)).replace(day=1)
    return one(first.replace(day=day), floats=True)


def _away(match: Match) -> int:
    """How many weeks, months or years from this one; this one where nothing is said."""
    return _AWAY[match["which"].strip()] if match["which"] else 0


def _weekday(match: Match) -> int:
    said = match["weekday"]
    if said in "월화수목금토일":
        return "월화수목금토일".index(said)
    return next(index for index, name in enumerate(WEEKDAYS) if name.startswith(said[:3]))


def _length(match: Match) -> timedelta:
    said = match.groupdict()
    if said.get("named"):
        return timedelta(days=LENGTHS["".join(said["named"].split())])
    return timedelta(days=number(said.get("count") or "1") * _UNITS[match["unit"]])


def _year(match: Match, today: Today) -> int | None:
    said = match.groupdict().get("year")
    if not said:
        return None
    return int(said) if said.isdecimal() else today.day.year + _AWAY[said]


def _month(match: Match) -> int:
    said = match["month"]
    if said.isdecimal():
        return int(said)
    return next(index for index, name in enumerate(MONTHS, 1) if name.startswith(said[:3]))
