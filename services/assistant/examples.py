"""For each request a phrase in the person's language that, typed, asks for just that."""

from __future__ import annotations

from datetime import date, datetime

from services.assistant.understanding.requests import (
    BriefingNow,
    CalendarQuestion,
    ChangeTime,
    Connect,
    DeleteData,
    Disconnect,
    Help,
    MailSearch,
    Pause,
    Request,
    Resume,
    Status,
)
from services.i18n import N_, Translator

_PHRASES: dict[type, str] = {
    Help: N_("help"),
    BriefingNow: N_("today's briefing"),
    MailSearch: N_("find the mail about the invoice from last week"),
    CalendarQuestion: N_("what's on today?"),
    Resume: N_("resume my briefing"),
    Status: N_("connection status"),
    Connect: N_("connect"),
    Disconnect: N_("disconnect"),
    DeleteData: N_("delete my data"),
}


def example(request: Request, t: Translator) -> str:
    """The phrase as plain text; empty where there is none."""
    match request:
        case ChangeTime(at=at):
            moment = datetime.combine(date(2000, 1, 1), at)
            return t.gettext("send my briefing at {time}", time=t.time(moment))
        case Pause(until=None):
            return t.gettext("pause my briefing")
        case Pause(until=date() as until):
            return t.gettext("pause my briefing through {day}", day=t.short_date(until))
    phrase = _PHRASES.get(type(request))
    return t.gettext(phrase) if phrase else ""
