"""What of the calendar somebody asks for, from a message that is known to ask about it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from services.assistant.understanding.clock import ONWARDS, UP_TO, Clock
from services.assistant.understanding.message import Message
from services.assistant.understanding.period import at
from services.assistant.understanding.phrases import compiled
from services.assistant.understanding.requests import Asks, CalendarQuestion

_PARTS = [
    (compiled("새벽", "early morning", "dawn"), time(0), time(6)),
    (compiled("오전", "아침", "mornings?"), time(0), time(12)),
    (compiled("점심", "lunch(?: ?time)?"), time(11), time(14)),
    (compiled("오후", "afternoons?"), time(12), time(18)),
    (compiled("저녁", "밤", "퇴근 ?후", "evenings?", "nights?"), time(18), time.max),
]
_NEXT = compiled(
    "다음 ?(?:번 ?)?(?:일정|회의|미팅|약속|스케줄)", "next (?:meeting|event|appointment|call|thing|one)",
    "what is (?:coming up )?next", "coming up next", "up next",
    "언제(?:야|예요|지|인가요|더라|있)?", "when is", "when do i have", "upcoming",
)  # fmt: skip
_LISTS = compiled(
    "뭐", "무슨", "어떤", "어떻게", "몇", "보여", "알려", "목록", "정리", "what", "which", "show", "list",
    "how many", "tell", "give",
)  # fmt: skip
_WHETHER = compiled(
    "있(?:던|어|나|니|냐|을까|는지|으|습|지|음)[가-힣]*", "없(?:어|나|니|냐|지|는지)[가-힣]*",
    "바[쁘쁜빠][가-힣]*", "한가[가-힣]*", "비어[가-힣]*", "비나요?", "시간 ?(?:되|돼|빼)[가-힣]*",
    "do i have", "have i", "is there", "are there", "any", "anything", "free", "busy", "available",
    "am i", "got",
)  # fmt: skip
_STILL = compiled("남은", "남았[가-힣]*", "앞으로", "remaining", "rest of", "left", "still")
_AHEAD = timedelta(days=7)
_AN_HOUR = timedelta(hours=1)


def read_calendar_question(message: Message) -> CalendarQuestion:
    """The part of the calendar, the whole of today where none is said."""
    asks = _asks(message.text)
    if asks == "next" and message.period is None and not message.clocks:
        return CalendarQuestion(message.now, message.now + _AHEAD, "next")
    first, last = _days(message, asks)
    start, end = at(first, time.min, message.zone), at(last + timedelta(days=1), time.min, message.zone)
    if first == last:
        start, end = _narrowed(message, first, start, end)
    if start < message.now < end and _STILL.search(message.plain):
        start = message.now
    return CalendarQuestion(start, end, asks)


def _asks(text: str) -> Asks:
    if _NEXT.search(text):
        return "next"
    return "any" if _WHETHER.search(text) and not _LISTS.search(text) else "list"


def _days(message: Message, asks: Asks) -> tuple[date, date]:
    period, today = message.period, message.today.day
    if period is None:
        return today, today
    first = period.first or min(today, period.last or today)
    return first, period.last or first + _AHEAD


def _narrowed(message: Message, day: date, start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """A part of the day, or the time that was said: an hour from it, until it, from it on."""
    part = next((part for part in _PARTS if part[0].search(message.plain)), None)
    clocks = [_in_part(clock, part[1] if part else None) for clock in message.clocks]
    if len(clocks) > 1 and clocks[0] < clocks[1]:
        return at(day, clocks[0], message.zone), at(day, clocks[1], message.zone)
    if clocks:
        return _around(message, message.clocks[0], at(day, clocks[0], message.zone), start, end)
    if part is None:
        return start, end
    return at(day, part[1], message.zone), end if part[2] == time.max else at(day, part[2], message.zone)


def _around(
    message: Message, clock: Clock, moment: datetime, start: datetime, end: datetime
) -> tuple[datetime, datetime]:
    said = message.text[clock.begin : clock.end]
    if ONWARDS.search(said):
        return moment, end
    if UP_TO.search(said):
        return start, moment
    return moment, moment + _AN_HOUR


def _in_part(clock: Clock, begins: time | None) -> time:
    """Eight, of an evening, is eight in the evening."""
    if begins is not None and begins >= time(12) and clock.at.hour < 12:
        return clock.other
    return clock.at
