"""When a person's next briefing is due: pure.

A local date has exactly one due instant. A time that the clocks skip (spring) is read with the offset before
the change, so it comes later by the length of the gap; a time that comes twice (autumn) means its first
occurrence.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.db.models import BriefingSettings

FALLBACK_ZONE = "Asia/Seoul"


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
    return datetime.combine(day, send_at.replace(tzinfo=None, fold=0), tzinfo=zone).astimezone(UTC)


def next_due(settings: BriefingSettings, zone_name: str, *, after: datetime) -> datetime | None:
    """The first due instant after `after`, UTC; None when there is none (off, or no weekday chosen)."""
    if not settings.enabled or not settings.weekdays:
        return None
    zone = zone_of(zone_name)
    first = after.astimezone(zone).date() - timedelta(days=1)
    if settings.paused_until is not None:
        first = max(first, settings.paused_until + timedelta(days=1))
    for offset in range(10):
        day = first + timedelta(days=offset)
        instant = due_instant(day, settings.send_at, zone)
        if day.isoweekday() in settings.weekdays and instant > after:
            return instant
    return None


def is_wanted_on(settings: BriefingSettings, day: date) -> bool:
    """Whether somebody wants a briefing on that local date: turned on, a chosen weekday, not paused."""
    paused = settings.paused_until is not None and day <= settings.paused_until
    return settings.enabled and day.isoweekday() in settings.weekdays and not paused
