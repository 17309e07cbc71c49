"""The calendar section: what of the day's events is told, and how they relate to each other and to now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo

from services.briefing.model import Agenda, Appointment
from services.briefing.moments import day_bounds, in_zone
from services.sources.records import Event

# When tomorrow's first event starts before this hour, it changes how the evening before is spent.
EARLY = time(9)


def compose_agenda(events: Sequence[Event], *, day: date, now: datetime, zone: tzinfo) -> Agenda:
    """The events of `day` in `zone`: whole-day ones, then by time; declined ones are left out.

    A timed event that fills the whole day, such as a trip of three days, is told as a whole-day one.
    """
    going = [event for event in events if event.answer != "declined"]
    dated = [event for event in going if _appointment(event, zone) is None and _covers(event, day)]
    timed = sorted(filter(None, (_appointment(event, zone) for event in going)), key=_by_time)
    opens, closes = (moment.timestamp() for moment in day_bounds(day, zone))
    filling = [one for one in timed if one.starts <= opens and one.ends >= closes]
    of_day = [one for one in timed if _touches(one, opens, closes) and one not in filling]
    ahead = [one for one in of_day if one.ends > now.timestamp() or one.starts >= now.timestamp()]
    tomorrow = next((one for one in timed if one.starts >= closes), None)
    return Agenda(
        all_day=(*dated, *(one.event for one in filling)),
        timed=_with_states(_with_overlaps(ahead), now),
        over=len(of_day) - len(ahead),
        tomorrow=tomorrow if tomorrow and _is_early(tomorrow, day) else None,
    )


def _appointment(event: Event, zone: tzinfo) -> Appointment | None:
    """The event on the clock of `zone`; None where it is a whole-day one."""
    if event.all_day or not isinstance(event.start, datetime) or not isinstance(event.end, datetime):
        return None
    one = Appointment(event, in_zone(event.start, zone), in_zone(event.end, zone))
    return one if one.ends >= one.starts else replace(one, end=one.start)


def _touches(one: Appointment, opens: float, closes: float) -> bool:
    return one.starts < closes and (one.ends > opens or one.starts >= opens)


def _covers(event: Event, day: date) -> bool:
    return _date(event.start) <= day <= max(_date(event.start), _date(event.end))


def _date(moment: datetime | date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _by_time(one: Appointment) -> tuple[float, float, str]:
    return one.starts, one.ends, one.event.id


def _is_early(one: Appointment, day: date) -> bool:
    return one.start.date() == day + timedelta(days=1) and one.start.time() < EARLY


def _with_overlaps(ordered: Sequence[Appointment]) -> list[Appointment]:
    """Both sides of an overlap are marked; what touches only at an end does not overlap."""
    clashing: set[int] = set()
    longest = 0
    for index in range(1, len(ordered)):
        if ordered[index].starts < ordered[longest].ends:
            clashing |= {index, longest}
        if ordered[index].ends > ordered[longest].ends:
            longest = index
    return [replace(one, overlaps=index in clashing) for index, one in enumerate(ordered)]


def _with_states(ordered: Sequence[Appointment], now: datetime) -> tuple[Appointment, ...]:
    running = [replace(one, state="now") for one in ordered if one.starts <= now.timestamp()]
    coming = [one for one in ordered if one.starts > now.timestamp()]
    return (
        *running,
        *(replace(one, state="next") if one.starts == coming[0].starts else one for one in coming),
    )
