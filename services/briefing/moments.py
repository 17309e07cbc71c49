"""Moments as the reader's clock shows them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """The moment on the clock of `zone`; a naive one is taken to be on it already.

    Moments at the ends of the calendar (a broken Date header) stay in their own zone.
    """
    if moment.tzinfo is None:
        return moment.replace(tzinfo=zone)
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


def day_bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """The instants at which `day` begins and ends in `zone`."""
    return (
        datetime.combine(day, time.min, zone),
        datetime.combine(day + timedelta(days=1), time.min, zone),
    )
