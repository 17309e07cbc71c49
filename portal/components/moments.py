"""Moments in words, as the person who reads them would say them."""

from __future__ import annotations

from datetime import UTC, datetime

from portal.session import Visitor


def when(visitor: Visitor, moment: datetime) -> str:
    """`tomorrow at 9:00 AM` or `내일 오전 9:00`, in the person's zone."""
    today = datetime.now(UTC).astimezone(visitor.zone).date()
    return visitor.t.day_and_time(moment.astimezone(visitor.zone), today=today)


def clock(visitor: Visitor, moment: datetime) -> str:
    """`9:00 AM` or `오전 9:00`, in the person's zone."""
    return visitor.t.time(moment.astimezone(visitor.zone))


def day(visitor: Visitor, moment: datetime) -> str:
    """`today`, `yesterday`, a weekday or the date, in the person's zone."""
    today = datetime.now(UTC).astimezone(visitor.zone).date()
    return visitor.t.day(moment.astimezone(visitor.zone).date(), today=today)
