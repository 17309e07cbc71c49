"""Every zone, every change of its clocks 2024–2030, times around it: each date has exactly one instant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest

from services.db.models import BriefingSettings
from services.due import due_instant, next_due

FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
AROUND = (timedelta(minutes=-90), timedelta(minutes=-1), timedelta(0), timedelta(minutes=1))
NINE = time(9)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]


def offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    found = instant.astimezone(zone).utcoffset()
    assert found is not None
    return found


@cache
def changes(zone: ZoneInfo) -> tuple[datetime, ...]:
    """The instants at which a zone's offset changes, to the second: looked for by halving ten-day steps."""
    found = []
    before = FIRST
    while before < LAST:
        after = before + timedelta(days=10)
        if offset(zone, before) != offset(zone, after):
            found.append(_between(zone, before, after))
        before = after
    return tuple(found)


def _between(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    while after - before > SECOND:
        middle = before + timedelta(seconds=(after - before) // SECOND // 2)
        if offset(zone, before) == offset(zone, middle):
            before = middle
        else:
            after = middle
    return after


def kinds_of_zones() -> dict[tuple[tuple[datetime, timedelta], ...], str]:
    """One zone a pattern: many names share their clocks in these years."""
    kinds: dict[tuple[tuple[datetime, timedelta], ...], str] = {}
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        pattern = tuple((at, offset(zone, at)) for at in (FIRST, *changes(zone)))
        kinds.setdefault(pattern, name)
    return kinds


ZONES = sorted(kinds_of_zones().values())


def times_around(zone: ZoneInfo, change: datetime) -> Iterator[tuple[date, time]]:
    """What clocks show just before, in and after what they skip or repeat; and three times of that day."""
    walls = {
        (at.astimezone(zone) + shift).replace(tzinfo=None, second=0)
        for at in (change - SECOND, change)
        for shift in (*AROUND, timedelta(minutes=31), timedelta(minutes=90))
    }
    for wall in sorted(walls):
        yield wall.date(), wall.time()
    for send_at in (time(0), NINE, time(23, 59)):
        yield change.astimezone(zone).date(), send_at


@pytest.mark.parametrize("name", ZONES)
def test_each_date_has_one_instant_wherever_the_clocks_change(name: str) -> None:
    zone = ZoneInfo(name)
    for change in changes(zone) or (FIRST,):
        for day, send_at in times_around(zone, change):
            settings = BriefingSettings(user_id="u", enabled=True, send_at=send_at, weekdays=EVERY_DAY)
            dates = list(dates_of(settings, zone, day))
            assert dates == [day + timedelta(days=n) for n in range(-1, 3)], (change, send_at)
            holds_the_rule(day, send_at, zone)


def dates_of(settings: BriefingSettings, zone: ZoneInfo, day: date) -> Iterator[date]:
    """Local dates of the chain of due instants, as the scheduler follows it, from the day before on."""
    due: datetime | None = due_instant(day - timedelta(days=2), settings.send_at, zone)
    for _ in range(4):
        assert due is not None
        following = next_due(settings, zone.key, after=due)
        assert following is not None
        assert next_due(settings, zone.key, after=following - SECOND) == following  # none in between
        yield following.astimezone(zone).date()
        due = following


def holds_the_rule(day: date, send_at: time, zone: ZoneInfo) -> None:
    """Clocks show the time asked for, the first time; in a gap, that plus the gap (minus, over midnight)."""
    due = due_instant(day, send_at, zone)
    shown = due.astimezone(zone)
    asked = datetime.combine(day, send_at)
    assert shown.fold == 0
    if shown.replace(tzinfo=None) != asked:
        gap = offset(zone, due + timedelta(hours=4)) - offset(zone, due - timedelta(hours=4))
        assert gap > timedelta(0)
        over_midnight = (asked + gap).date() != day
        assert shown.replace(tzinfo=None) == (asked - gap if over_midnight else asked + gap)


def test_a_date_that_a_zone_leaves_out_has_no_briefing() -> None:
    """Samoa had no 30 December 2011."""
    settings = BriefingSettings(user_id="u", enabled=True, send_at=NINE, weekdays=EVERY_DAY)
    apia = ZoneInfo("Pacific/Apia")
    after = datetime(2011, 12, 29, 8, tzinfo=apia)
    dates = []
    for _ in range(3):
        due = next_due(settings, "Pacific/Apia", after=after)
        assert due is not None
        dates.append(due.astimezone(apia).date())
        after = due
    assert dates == [date(2011, 12, 29), date(2011, 12, 31), date(2012, 1, 1)]
