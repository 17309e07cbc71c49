"""Requests that change something: recognised only when every word of the message belongs to them.

One word more (마, don't, 왜, an unknown one) and nothing is changed. So a new way to say something is a word
more in `change_words.py`; there is nothing to weigh.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from services.assistant.understanding import change_words as words
from services.assistant.understanding.circumstances import MISSED, UNSUITED
from services.assistant.understanding.clock import ONWARDS, UP_TO, Clock
from services.assistant.understanding.message import Message
from services.assistant.understanding.phrases import compiled
from services.assistant.understanding.requests import (
    BriefingNow,
    ChangeTime,
    Connect,
    DeleteData,
    Disconnect,
    Pause,
    Request,
    Resume,
    Service,
    Unknown,
)
from services.assistant.understanding.vocabulary import BRIEFING, GOOGLE, POLITE, REQUESTED

_LEFT = re.compile(r"[\s.,!?~:;()'-]+")
_ABOUT_BRIEFING = re.compile(BRIEFING)
_TOO_BARE = compiled(
    "쉬어",
    "쉬고",
    "휴가",
    "연차",
    "휴무",
    "그만(?! ?보내) ?해?",
    "안 ?(?:받|와|주|줘|봐)",
    "받기",
    "quit",
    "discontinue",
    "꺼",
    "끄",
    "vacation",
    "holidays?",
    "skip",
    "hold",
    "off",
)
_ANY_WEEKEND = re.compile(r"(?:(?<!이번)(?<!다음)(?<!주)\s*주말)|(?:(?<!this)(?<!next)\s+weekend)")
_REPLACED_AFTER = re.compile(r"\s*(?:말고|대신|에서)")
_REPLACED_BEFORE = re.compile(r"(?:instead of|not|from)\s*$")
_RETIMED = re.compile(f"{words.RETIMES}|{words.SENDING}|{words.PREFERS}|{BRIEFING}")
_SOMETHING_AT = re.compile(r"(?<![a-z])(?:my|our|the|this|that)\s+$|(?<![가-힣])(?:내|제|우리)\s*$")
_SENT_TO = re.compile(r"(?:으로|로)$|^to\s")
_MAIL, _CALENDAR = compiled("메일", "e?mail", "g ?mail"), compiled("캘린더", "일정", "calendar")


@dataclass(frozen=True, slots=True)
class Change:
    """One of them `core`s is said, and nothing but these and what may stand by them."""

    core: re.Pattern[str]
    known: re.Pattern[str]
    meaning: Callable[[Message], Request | None]

    def read(self, message: Message) -> Request | None:
        """The request; None where the message is not, or not only, this one."""
        said = words.TOLD.sub(" ", message.plain)
        if not self.core.search(said) or message.asks or _LEFT.sub("", self.known.sub(" ", said)):
            return None
        return self.meaning(message)

    def read_loosely(self, message: Message) -> tuple[Request, str] | None:
        """The request, where it is among other words, and these words."""
        said = words.TOLD.sub(" ", message.plain)
        if not self.core.search(said) or message.asks:
            return None
        request = self.meaning(message)
        return (request, self.known.sub(" ", said)) if request else None


def read_loosely(message: Message) -> tuple[Request, str] | None:
    """The daily briefing's change that is in the message, and what is said beside it."""
    found = (change.read_loosely(message) for change in _CHANGES if change.meaning in _OF_BRIEFING)
    return next((one for one in found if one is not None), None)


def read_change(message: Message) -> Request | None:
    """What the message wants changed; None where it wants something else, or more."""
    found = (change.read(message) for change in _CHANGES)
    return next((request for request in found if request is not None), None)


def _change(
    core: str, *beside: str, meaning: Callable[[Message], Request | None], alone: bool = False
) -> Change:
    """`alone`: a time or day that stands alone will do."""
    every = "|".join((core, REQUESTED, *beside, POLITE))
    said = rf"{core}|^(?:\W|{POLITE})*+$" if alone else core
    return Change(re.compile(said), re.compile(every), meaning)


def _undated(request: Request) -> Callable[[Message], Request | None]:
    return lambda message: None if message.period or message.clocks else request


def service_named(text: str) -> Service:
    """The one service that is named; `google` for none or both."""
    mail, calendar = bool(_MAIL.search(text)), bool(_CALENDAR.search(text))
    if mail == calendar:
        return "google"
    return "mail" if mail else "calendar"


def _connect(message: Message) -> Request | None:
    return _undated(Connect(service_named(message.plain)))(message)


def _change_time(message: Message) -> Request | None:
    clocks = _wanted(message)
    if not clocks or not _said_of_briefing(message):
        return None
    if len(clocks) > 1 or not _from_now_on(message) or _is_bound(clocks[0], message.text):
        return Unknown(tuple(ChangeTime(clock.at) for clock in clocks[:2]))
    clock = clocks[0]
    return ChangeTime(clock.at) if clock.sure else Unknown((ChangeTime(clock.at), ChangeTime(clock.other)))


def _said_of_briefing(message: Message) -> bool:
    """A time beside a circumstance is not yet one to send at, and my 3pm is a meeting."""
    unsuited = UNSUITED.search(message.aside) or any(
        _SENT_TO.search(message.text[clock.begin : clock.end]) for clock in message.clocks
    )
    alone = message.aside and not unsuited and not _RETIMED.search(message.plain)
    return not alone and not any(
        _SOMETHING_AT.search(message.text[: clock.begin])
        and not _ABOUT_BRIEFING.match(message.text[clock.end :].lstrip())
        for clock in message.clocks
    )


def _wanted(message: Message) -> list[Clock]:
    """The times that may be the new one: not the old one that is named beside it."""
    text = message.text
    new = [clock for clock in message.clocks if not _is_old(clock, text)]
    named = [clock for clock in new if _SENT_TO.search(text[clock.begin : clock.end])]
    return named if len(named) == 1 else new


def _is_old(clock: Clock, text: str) -> bool:
    return bool(
        _REPLACED_AFTER.match(text, clock.end)
        or _REPLACED_BEFORE.search(text[: clock.begin])
        or text.startswith("from ", clock.begin)
    )


def _is_bound(clock: Clock, text: str) -> bool:
    """By eight, after eight: not a time to send at."""
    said = text[clock.begin : clock.end]
    return bool(ONWARDS.search(said) or UP_TO.search(said))


def _from_now_on(message: Message) -> bool:
    """Whether it is not for a single day."""
    period = message.period
    return period is None or (
        period.last is None and period.first is not None and (period.first - message.today.day).days in (0, 1)
    )


def _pause(message: Message) -> Request | None:
    period, today = message.period, message.today.day
    about_briefing = _ABOUT_BRIEFING.search(message.plain)
    if message.clocks or (period is None and not about_briefing and _TOO_BARE.search(message.plain)):
        return Unknown((Pause(),))
    if period is None:
        return Pause()
    if _ANY_WEEKEND.search(message.text) or (period.last is not None and period.last < today):
        return Unknown((Pause(),))
    start = period.first if period.first and period.first > today else None
    return Pause(period.last, start)


def _resume(message: Message) -> Request | None:
    period, today = message.period, message.today.day
    onwards = words.FROM_NOW_ON.search(f"{message.text} {message.aside}")
    once = bool(words.ONCE_MORE.search(message.plain) and not onwards)
    missed = once and (MISSED.search(message.aside) or words.JUST_ONCE.search(message.plain))
    if message.clocks:
        return Unknown((ChangeTime(message.clocks[0].at), Resume()))
    only_today = period is not None and period.first == period.last == today
    if period is None or (onwards and only_today):
        return BriefingNow() if missed else Resume(or_once=once)
    if period.last is None and period.first is not None:
        if _from_now_on(message):
            return Resume()
        return Unknown((Pause(period.first - timedelta(days=1)), Resume()))
    return BriefingNow() if once and only_today else None


_OF_BRIEFING = (_pause, _resume, _change_time)
_CHANGES = (
    _change(words.DELETES, words.DELETE_WORDS, words.OBJECTS, meaning=_undated(DeleteData())),
    _change(words.DISCONNECTS, words.OBJECTS, GOOGLE, meaning=_undated(Disconnect())),
    _change(words.PAUSES, words.PAUSE_WORDS, words.SENDING, words.MYSELF, BRIEFING, meaning=_pause),
    _change(
        words.RESUMES,
        words.RESUME_WORDS,
        words.SENDING,
        words.EVERY_DAY,
        words.MYSELF,
        BRIEFING,
        meaning=_resume,
    ),
    _change(words.CONNECTS, words.CONNECT_WORDS, words.OBJECTS, words.SENDING, GOOGLE, meaning=_connect),
    _change(
        f"{words.RETIMES}|{words.SENDING}|{words.EVERY_DAY}|{BRIEFING}",
        words.TIME_WORDS,
        words.MYSELF,
        meaning=_change_time,
        alone=True,
    ),
)
