"""When two requests ask for the same thing, in whatever words, clock or zone. Pure."""

from __future__ import annotations

import json
from datetime import datetime, time

from services.assistant.understanding.requests import BriefingNow, CalendarQuestion, MailSearch, Request


def key_of(request: Request, asked_at: datetime) -> str:
    """Equal for the same thing asked twice; `asked_at` is the moment as of which the request was understood.

    Days count as dates, times of day only where they were asked for, “from now on” whenever that was said;
    words and names in whatever order. Whether something is there at all, or what it is, is one question.
    """
    match request:
        case CalendarQuestion():
            key = _of_calendar(request, asked_at)
        case MailSearch():
            key = _of_mail(request, asked_at)
        case BriefingNow():
            key = ["briefing"]
        case _:
            key = [repr(request)]
    return json.dumps(key, ensure_ascii=False)


def _of_calendar(asked: CalendarQuestion, asked_at: datetime) -> list[object]:
    start = _moment(asked.start, asked_at)
    if asked.asks != "next":
        return ["calendar", start, _moment(asked.end, asked_at)]
    # How far it is looked for the next one from now on is nothing that was asked.
    return ["next", start, *([] if asked.start == asked_at else [_moment(asked.end, asked_at)])]


def _of_mail(asked: MailSearch, asked_at: datetime) -> list[object]:
    terms = (
        asked.words,
        asked.senders,
        asked.recipients,
        asked.subject,
        tuple(map(str, asked.traits)),
        asked.operators,
    )
    days = (_moment(one, asked_at) if one else None for one in (asked.start, asked.end))
    return ["mail", *(sorted(term.casefold() for term in one) for one in terms), *days]


def _moment(moment: datetime, asked_at: datetime) -> str:
    if moment == asked_at:
        return "now"
    if moment.time() == time.min:
        return moment.date().isoformat()
    return moment.replace(tzinfo=None).isoformat(timespec="minutes")
