"""The calendar section in words: a line for each event."""

from __future__ import annotations

from datetime import date, timedelta

from services.briefing.escape import link, literal
from services.briefing.model import Agenda, Appointment, Briefing
from services.i18n import N_, Translator
from services.sources.records import Event

PLACE_COLUMNS = 32

_ANSWERS = {"tentative": N_("tentative"), "needsAction": N_("not answered yet")}


def event_lines(agenda: Agenda, briefing: Briefing, t: Translator, *, limit: int, title: int) -> list[str]:
    """At most `limit` lines: whole-day events, then by time; `title` in columns."""
    all_day = agenda.all_day[:limit]
    timed = agenda.timed[: limit - len(all_day)]
    return [
        *(all_day_line(event, t, title=title) for event in all_day),
        *(timed_line(one, t, day=briefing.local_date, title=title) for one in timed),
    ]


def agenda_notes(agenda: Agenda, t: Translator, *, listed: int, title: int) -> list[str]:
    """What is not listed, and tomorrow's early start."""
    notes = []
    unlisted = len(agenda.all_day) + len(agenda.timed) - listed
    if unlisted:
        notes.append(t.ngettext("{n} more event", "{n} more events", unlisted))
    if agenda.over:
        notes.append(t.ngettext("{n} already over", "{n} already over", agenda.over))
    if agenda.tomorrow:
        what = _what(agenda.tomorrow.event, t, title)
        notes.append(
            t.gettext("Tomorrow starts early: {time} {what}", time=t.time(agenda.tomorrow.start), what=what)
        )
    return notes


def all_day_line(event: Event, t: Translator, *, title: int) -> str:
    """A whole-day event as mrkdwn."""
    whole_day = t.gettext("*All day*")
    return " · ".join([f"{whole_day}  {_what(event, t, title)}", *_details(event, t)])


def timed_line(one: Appointment, t: Translator, *, day: date, title: int) -> str:
    """A timed event as mrkdwn, as it is told under the heading of `day`."""
    states = [
        (one.state == "now", t.gettext("*▶ now*")),
        (one.state == "next", t.gettext("*next*")),
        (one.overlaps, t.gettext("⚠️ overlaps")),
    ]
    when = f"*{_time(one, day, t)}*  {_what(one.event, t, title)}"
    return " · ".join([when, *_details(one.event, t), *(state for holds, state in states if holds)])


def _time(one: Appointment, today: date, t: Translator) -> str:
    """The times of the day; those beyond it with their day."""
    last_moment = max(one.start, one.end - timedelta(microseconds=1))
    if one.start.date() == last_moment.date() == today:
        return t.time_range(one.start, one.end)
    start, end = (
        t.time(moment) if moment.date() == today else t.day_and_time(moment, today=today)
        for moment in (one.start, one.end)
    )
    return t.pgettext("from one time to another", "{start}–{end}", start=start, end=end)


def _what(event: Event, t: Translator, title: int) -> str:
    return link(event.link, literal(event.title, title) or t.gettext("(no title)"))


def _details(event: Event, t: Translator) -> list[str]:
    place = "" if event.location.lower().startswith(("http://", "https://")) else event.location
    joined = link(event.meeting_link, t.gettext("Join"))
    details = [
        literal(place, PLACE_COLUMNS),
        joined if joined.startswith("<") else "",
        t.gettext(_ANSWERS[event.answer]) if event.answer in _ANSWERS else "",
    ]
    return [detail for detail in details if detail]
