"""Daily briefings on their way, most of them ahead of their time: what a change does to them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, ScalarSelect, delete, func, null, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.db.models import Briefing, User
from services.deferral import defer
from services.delivery import outbox

NOT_COMPOSED = ("due", "retry_wait", "claimed")
NOT_HANDED_OVER = (*NOT_COMPOSED, "composed")
UNDER_WAY = (*NOT_HANDED_OVER, "sending")
# The reason of one whose day was taken out after its time had come.
NOT_WANTED = "not_wanted"


def withdraw(session: Session, user_id: str) -> None:
    """Forget what is not composed yet: its time may change. Whoever is composing it loses the claim."""
    session.execute(delete(Briefing).where(_waits(user_id), Briefing.status.in_(NOT_COMPOSED)))


def call_off(session: Session, user_id: str, day: date) -> None:
    """That day's is not wanted any more: it is forgotten, or `skipped` where its time has come already.

    One that a sender has in hand, or Slack may have, is sent.
    """
    of_that_day = _is_under_way(user_id) & (Briefing.local_date == day)
    handed_over = select(Briefing.id).where(of_that_day, Briefing.status == "sending")
    untried = outbox.discard(session, handed_over.scalar_subquery())
    called_off = of_that_day & (Briefing.id.in_(untried) | (Briefing.status != "sending"))
    session.execute(delete(Briefing).where(called_off, Briefing.due_at > func.now()))
    session.execute(
        update(Briefing)
        .where(called_off)
        .values(status="skipped", error=NOT_WANTED, lease=None, lease_until=None, retry_at=None)
    )


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
    """The local dates of theirs that are on their way, before their time or after it."""
    return list(session.scalars(select(Briefing.local_date).where(_is_under_way(user_id))))


def next_due() -> ScalarSelect[datetime]:
    """When a person's next of them goes out, beside the statement's own `User`; NULL where there is none."""
    return select(func.min(Briefing.due_at)).where(_waits(User.id)).correlate(User).scalar_subquery()


def _waits(user_id: str | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    return _is_under_way(user_id) & (Briefing.due_at > func.now())


def _is_under_way(user_id: str | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    daily = (Briefing.user_id == user_id) & (Briefing.kind == "daily")
    return daily & Briefing.status.in_(UNDER_WAY)
