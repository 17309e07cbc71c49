"""The full briefing after one that lacked mail or calendar: the same day, once, by itself.

It is called up in the transaction that brings the connection. Where the day's briefing is being posted at
that very moment, the transaction that marks it sent calls it up: both lock the briefing's row.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from services.db.models import Briefing, GmailToken, User
from services.deferral import defer
from services.delivery.briefings import Order, open_briefing, reopen
from services.due import due_instant, zone_of

FROM_GOOGLE = frozenset({"mail", "calendar"})


def call_up(session: Session, user_id: str) -> str | None:
    """Open and queue today's completion; its id, or None where today's briefing lacked nothing or is not
    sent, or where it has been completed already.

    Today is the person's own; after its midnight nothing is sent any more.
    """
    user = session.get_one(User, user_id)
    now: datetime = session.execute(select(func.now())).scalar_one()
    zone = zone_of(user.timezone)
    today = now.astimezone(zone).date()
    # Locked in whatever state it is, and read as it is then.
    locked = daily_of(user_id, today).with_for_update().execution_options(populate_existing=True)
    daily = session.scalar(locked)
    if daily is None or daily.status != "sent" or not lacked(daily):
        return None
    midnight = due_instant(today + timedelta(days=1), time(0), zone)
    order = Order(user_id=user_id, kind="completion", local_date=today, due_at=now, patience=midnight - now)
    completion = open_briefing(session, order) or reopen(session, order)
    if completion is not None:
        defer(session, "send_briefing", completion)
    return completion


def call_up_if_connected_since(session: Session, briefing: Briefing) -> None:
    """For a daily briefing that has just been marked sent: what it lacked may have come meanwhile."""
    since = exists().where(
        GmailToken.user_id == briefing.user_id, GmailToken.connected_at > briefing.composed_at
    )
    if briefing.kind == "daily" and lacked(briefing) and session.scalar(select(since)):
        call_up(session, briefing.user_id)


def lacked(daily: Briefing) -> frozenset[str]:
    """Which sections of a briefing were missing that a connection brings."""
    return FROM_GOOGLE & {str(section["source"]) for section in daily.missing}


def daily_of(user_id: str, day: date) -> Select[Briefing]:
    """A person's daily briefing of a local date."""
    return select(Briefing).where(
        Briefing.user_id == user_id, Briefing.kind == "daily", Briefing.local_date == day
    )
