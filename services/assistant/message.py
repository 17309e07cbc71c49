"""A message as it is read: in one spelling, with its times, days and Gmail operators found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from services.assistant.clock import Clock, find_clocks, without
from services.assistant.days import Today
from services.assistant.gmail_query import take_operators
from services.assistant.normal import normalise, undress
from services.assistant.period import Period, find_period
from services.assistant.vocabulary import REQUESTED

_DAY_FIRST = re.compile(r"en[-_](?!us)", re.IGNORECASE)
_IS_REQUEST = re.compile(REQUESTED)


@dataclass(frozen=True, slots=True)
class Message:
    """`text` is all of it, `plain` what is left without its times and days.

    `now` is on the person's clock. `operators` are Gmail's, typed on purpose; they are not in the text.
    """

    text: str
    operators: tuple[str, ...]
    now: datetime
    zone: ZoneInfo
    today: Today
    clocks: tuple[Clock, ...]
    period: Period | None
    plain: str

    @property
    def asks(self) -> bool:
        """Whether it is a question, and not one that asks politely for something to be done."""
        return "?" in self.text and not _IS_REQUEST.search(self.text)


def read_message(text: str, *, now: datetime, zone: ZoneInfo, locale: str) -> Message:
    """Find what every rule needs; `now` is aware."""
    operators, rest = take_operators(undress(text))
    written, local = normalise(rest), now.astimezone(zone)
    today = Today(local.date(), day_first=bool(_DAY_FIRST.match(locale)))
    clocks = find_clocks(written)
    timeless = without(written, clocks)
    period = find_period(timeless, today)
    return Message(
        text=written,
        operators=operators,
        now=local,
        zone=zone,
        today=today,
        clocks=tuple(clocks),
        period=period,
        plain=period.rest if period else timeless,
    )
