"""A briefing's row from `due` to `sending`; `outbox` carries it on to `sent`.

Every step is one statement that names the states it may leave, so that two workers, or one that comes back
from the dead, cannot both take it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.briefing.model import Briefing as Composed
from services.briefing.model import SlackMessage
from services.db.engine import transaction
from services.db.models import Briefing
from services.deferral import defer
from services.delivery import outbox
from services.runtime import Runtime

# Composing asks Google twice or three times; each call gives up after 10 s.
COMPOSE_LEASE = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class Order:
    """A briefing to be made: for whom, which day, since when due and until when worth having."""

    user_id: str
    kind: str
    local_date: date
    due_at: datetime
    deadline_at: datetime
    run_id: str | None = None
    status: str = "due"
    error: str | None = None


def open_briefing(session: Session, order: Order) -> str | None:
    """Store a new briefing and return its id; None when that person's day has it already."""
    statement = (
        insert(Briefing)
        .values(
            id=str(uuid.uuid4()),
            user_id=order.user_id,
            kind=order.kind,
            local_date=order.local_date,
            due_at=order.due_at,
            deadline_at=order.deadline_at,
            run_id=order.run_id,
            status=order.status,
            error=order.error,
        )
        .on_conflict_do_nothing()
        .returning(Briefing.id)
    )
    return session.scalar(statement)


def reopen(session: Session, order: Order) -> str | None:
    """Try that person's day again where it failed or was missed; its id, or None where it did neither.

    It is composed afresh, unless a message is there that Slack may have: then that one is taken up again.
    """
    patience = order.deadline_at - order.due_at
    reopened: str | None = session.scalar(
        update(Briefing)
        .where(
            Briefing.user_id == order.user_id,
            Briefing.kind == order.kind,
            Briefing.local_date == order.local_date,
            Briefing.status.in_(("failed", "missed")),
        )
        .values(
            status=case((outbox.exists_for(Briefing.id), "sending"), else_="due"),
            run_id=order.run_id,
            error=None,
            # Patience counts from when the row was made (see `put_off`); this row gets its full measure anew.
            deadline_at=Briefing.due_at + (func.now() - Briefing.created_at) + patience,
            content=case((outbox.exists_for(Briefing.id), Briefing.content), else_=None),
        )
        .returning(Briefing.id)
    )
    if reopened is not None:
        for message_id in outbox.take_up_again(session, reopened, deadline_in=patience):
            defer(session, "deliver", message_id)
    return reopened


def is_open() -> ColumnElement[bool]:
    """Rows that somebody should take up now."""
    now = func.now()
    return or_(
        Briefing.status == "due",
        and_(Briefing.status == "retry_wait", Briefing.retry_at <= now),
        and_(Briefing.status == "claimed", Briefing.lease_until < now),
        and_(Briefing.status == "composed", Briefing.lease_until < now),
    )


def claim(runtime: Runtime, briefing_id: str) -> Briefing | None:
    """Take a briefing to compose it, or to hand over what was composed; None when it is not to be had."""
    with transaction(runtime.sessions) as session:
        return session.scalar(
            update(Briefing)
            .where(Briefing.id == briefing_id, is_open())
            .values(
                status=case((Briefing.content.is_not(None), "composed"), else_="claimed"),
                lease=str(uuid.uuid4()),
                lease_until=func.now() + COMPOSE_LEASE,
                attempts=Briefing.attempts + 1,
            )
            .returning(Briefing)
        )


def save(runtime: Runtime, claimed: Briefing, composed: Composed, message: SlackMessage) -> bool:
    """Keep what was composed; False when the claim has gone to somebody else meanwhile."""
    with transaction(runtime.sessions) as session:
        kept = session.scalar(
            update(Briefing)
            .where(Briefing.id == claimed.id, Briefing.status == "claimed", Briefing.lease == claimed.lease)
            .values(
                status="composed",
                content={"text": message.text, "blocks": message.blocks},
                completeness=composed.completeness,
                missing=[{"source": m.source, "reason": m.reason} for m in composed.missing],
                covers_since=composed.covers_since,
                cursor=composed.cursor,
                message_ids=list(composed.message_ids),
                composed_at=composed.now,
            )
            .returning(Briefing.id)
        )
    return kept is not None


def hand_over(runtime: Runtime, briefing_id: str) -> str | None:
    """`composed → sending`: put the saved content into the outbox; None when somebody else has."""
    with transaction(runtime.sessions) as session:
        briefing = session.scalar(
            update(Briefing)
            .where(Briefing.id == briefing_id, Briefing.status == "composed")
            .values(status="sending", lease_until=None)
            .returning(Briefing)
        )
        if briefing is None or briefing.content is None:
            return None
        return outbox.put(
            session,
            outbox.Draft(
                user_id=briefing.user_id,
                kind="briefing",
                content=briefing.content,
                dedupe_key=f"briefing:{briefing.id}",
                deadline_in=briefing.deadline_at - briefing.due_at,
                briefing_id=briefing.id,
            ),
        )


def put_off(runtime: Runtime, claimed: Briefing, error: str, *, delay: timedelta) -> None:
    """Composing failed for a passing reason: try again later, or give up at the deadline."""
    patience = Briefing.deadline_at - Briefing.due_at
    in_time = Briefing.created_at + patience > func.now() + delay
    with transaction(runtime.sessions) as session:
        session.execute(
            update(Briefing)
            .where(Briefing.id == claimed.id, Briefing.status == "claimed", Briefing.lease == claimed.lease)
            .values(
                status=case((in_time, "retry_wait"), else_="failed"),
                retry_at=func.now() + delay,
                lease_until=None,
                error=error,
            )
        )


def seen_message_ids(session: Session, user_id: str, *, since: datetime) -> frozenset[str]:
    """Mails that the briefings sent since then have counted."""
    rows = session.scalars(
        select(Briefing.message_ids).where(
            Briefing.user_id == user_id,
            Briefing.status == "sent",
            Briefing.kind.in_(("daily", "completion")),
            Briefing.sent_at >= since,
        )
    )
    return frozenset(message_id for ids in rows for message_id in ids)


def last_composed_at(session: Session, user_id: str) -> datetime | None:
    """When the newest sent daily or completion briefing was composed."""
    return session.scalar(
        select(func.max(Briefing.composed_at)).where(
            Briefing.user_id == user_id,
            Briefing.status == "sent",
            Briefing.kind.in_(("daily", "completion")),
        )
    )
