"""When a person's next briefing is due: pure.

A local date has exactly one due instant, and it is on that date. A time that the clocks skip (spring) comes
later by the length of the gap, or, where that would be the next date (Nuuk skips the hour before midnight),
earlier by it; a time that comes twice (autumn) means its first occurrence. A date that a zone leaves out
altogether (Samoa's 30 December 2011) has none.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from services.db.models import BriefingSettings

FALLBACK_ZONE = "Asia/Seoul"
# The longest holidays anywhere, with the weekends around them and a week of one chosen weekday on top.
HORIZON_DAYS = 40
NOON = time(12)


def zone_named(name: str) -> ZoneInfo | None:
    """The zone of that name; None where the name means nothing, whoever made it up."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; Seoul where the name means nothing, so that one wrong row stops nobody else."""
    return zone_named(name) or ZoneInfo(FALLBACK_ZONE)


def due_instant(day: date, send_at: time, zone: ZoneInfo) -> datetime:
    """The instant, UTC, at which the briefing of a local date is due."""
    due = datetime.combine(day, send_at.replace(tzinfo=None, fold=0), tzinfo=zone).astimezone(UTC)
    if due.astimezone(zone).date() == day:
        return due
    return datetime.combine(day, send_at.replace(tzinfo=None, fold=1), tzinfo=zone).astimezone(UTC)


def next_due(settings: BriefingSettings, zone_name: str, *, after: datetime) -> datetime | None:
    """The first due instant after `after`, UTC; None when there is none (off, or no weekday chosen)."""
    if not settings.enabled or not settings.weekdays:
        return None
    zone = zone_of(zone_name)
    first = after.astimezone(zone).date() - timedelta(days=1)
    if settings.paused_until is not None:
        first = max(first, settings.paused_until + timedelta(days=1))
    for offset in range(HORIZON_DAYS):
        day = first + timedelta(days=offset)
        instant = due_instant(day, settings.send_at, zone)
        if is_wanted_on(settings, day) and instant > after and _exists(day, zone):
            return instant
    return None


def is_wanted_on(settings: BriefingSettings, day: date) -> bool:
    """Whether somebody wants a briefing on that local date: on, a chosen weekday, not paused, no holiday."""
    paused = settings.paused_until is not None and day <= settings.paused_until
    chosen = settings.enabled and not paused and day.isoweekday() in settings.weekdays
    return chosen and not is_holiday(settings.holidays_of, day)


def is_holiday(country: str | None, day: date) -> bool:
    """Whether a date is a public holiday of a country (ISO 3166 code); False for None and unknown ones."""
    return country is not None and day in _holidays_of(country, day.year)


def countries() -> tuple[str, ...]:
    """The countries whose public holidays are known, as ISO 3166 codes."""
    return tuple(sorted(holidays.list_supported_countries(include_aliases=False)))


@lru_cache(maxsize=512)
def _holidays_of(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()


def _exists(day: date, zone: ZoneInfo) -> bool:
    """Whether the zone's calendar has that date: the noon of one that is left out falls on another."""
    return due_instant(day, NOON, zone).astimezone(zone).date() == day
