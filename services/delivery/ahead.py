"""Daily briefings that are opened and composed ahead of their time: what a change until then does to them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, ScalarSelect, delete, func, null, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.db.models import Briefing, User
from services.deferral import defer
from services.delivery import outbox

NOT_COMPOSED = ("due", "retry_wait")
NOT_HANDED_OVER = (*NOT_COMPOSED, "claimed", "composed")
UNDER_WAY = (*NOT_HANDED_OVER, "sending")


def withdraw(session: Session, user_id: str) -> None:
    """Forget what is not composed yet: its time may change."""
    session.execute(delete(Briefing).where(_waits(user_id), Briefing.status.in_(NOT_COMPOSED)))


def call_off(session: Session, user_id: str, day: date) -> None:
    """Forget that day's: it is not wanted any more. One that a sender has in hand already is sent."""
    of_that_day = Briefing.local_date == day
    session.execute(delete(Briefing).where(_waits(user_id), of_that_day, Briefing.status != "sending"))
    handed_over = select(Briefing.id).where(_waits(user_id), of_that_day)
    untried = outbox.discard(session, handed_over.scalar_subquery())
    session.execute(delete(Briefing).where(Briefing.id.in_(untried)))


def compose_again(session: Session, user_id: str) -> None:
    """Back to `due` from wherever Slack cannot have it yet: what it lacked may be there by now.

    Whoever is composing it loses the claim.
    """
    daily = (Briefing.user_id == user_id) & (Briefing.kind == "daily")
    handed_over = select(Briefing.id).where(daily, Briefing.status == "sending")
    untried = outbox.discard(session, handed_over.scalar_subquery())
    again = session.scalars(
        update(Briefing)
        .where(daily, Briefing.id.in_(untried) | Briefing.status.in_(NOT_HANDED_OVER))
        .values(
            status="due",
            content=null(),
            completeness=None,
            error=None,
            lease=None,
            lease_until=None,
            retry_at=None,
        )
        .returning(Briefing.id)
    )
    for briefing_id in again.all():
        defer(session, "send_briefing", briefing_id)


def days(session: Session, user_id: str) -> list[date]:
    """Whose local dates: of those that are composed or being composed, and of those that will be."""
    return list(session.scalars(select(Briefing.local_date).where(_waits(user_id))))


def next_due() -> ScalarSelect[datetime]:
    """When a person's next of them goes out, beside the statement's own `User`; NULL where there is none."""
    return select(func.min(Briefing.due_at)).where(_waits(User.id)).correlate(User).scalar_subquery()


def _waits(user_id: str | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    waits = (Briefing.kind == "daily") & Briefing.status.in_(UNDER_WAY) & (Briefing.due_at > func.now())
    return (Briefing.user_id == user_id) & waits
