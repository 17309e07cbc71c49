"""A message as it is read: in one spelling, with its times, days and Gmail operators found."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from services.assistant.understanding.circumstances import set_aside
from services.assistant.understanding.clock import Clock, find_clocks, without
from services.assistant.understanding.days import Today
from services.assistant.understanding.gmail_query import take_operators
from services.assistant.understanding.normal import normalise, undress
from services.assistant.understanding.period import Period, find_period
from services.assistant.understanding.vocabulary import REQUESTED

_DAY_FIRST = re.compile(r"en[-_](?!us)", re.IGNORECASE)
_IS_REQUEST = re.compile(REQUESTED)
_ASKING = re.compile(
    r"(?:(?:[인은는던한]가|[있왔했됐었]나)요?|[었았했됐]죠|(?:뭐|언제|몇|누구|어디).*더라)\s*[.~!]*$"
)
_MAY = re.compile(r"도\s?(?:돼|되|될|괜찮)[가-힣]*\s*\?")  # 안 보내줘도 돼?


@dataclass(frozen=True, slots=True)
class Message:
    """`text` is all of it, `plain` what is left without its times and days.

    `now` is on the person's clock. `operators` are Gmail's, typed on purpose; they are not in the text.
    `aside` is what was said around the request and is no longer in the text.
    """

    text: str
    operators: tuple[str, ...]
    now: datetime
    zone: ZoneInfo
    today: Today
    clocks: tuple[Clock, ...]
    period: Period | None
    plain: str
    aside: str = ""

    @property
    def asks(self) -> bool:
        """Whether it is a question, and not one that asks politely for something to be done."""
        asks = "?" in self.text or bool(_ASKING.search(self.text))
        return asks and (bool(_MAY.search(self.text)) or not _IS_REQUEST.search(self.text))


def read_message(text: str, *, now: datetime, zone: ZoneInfo, locale: str) -> Message:
    """Find what every rule needs; `now` is aware."""
    operators, rest = take_operators(undress(text))
    written, local = normalise(rest), now.astimezone(zone)
    today = Today(local.date(), day_first=bool(_DAY_FIRST.match(locale)))
    return _found(Message(written, operators, local, zone, today, (), None, written))


def to_the_point(message: Message) -> Message:
    """The message without its circumstances; their days still hold. Itself where it has none."""
    text, aside = set_aside(message.text)
    if not aside:
        return message
    found = _found(replace(message, text=text, aside=aside))
    return found if found.period else replace(found, period=message.period)


def part_of(message: Message, text: str) -> Message:
    """A part of the message, read by itself; `text` is normalised."""
    return _found(replace(message, text=text, aside=""))


def _found(message: Message) -> Message:
    """The message with the times and days of its text."""
    clocks = find_clocks(message.text)
    timeless = without(message.text, clocks)
    period = find_period(timeless, message.today)
    return replace(message, clocks=tuple(clocks), period=period, plain=period.rest if period else timeless)
