"""A briefing's row from `due` to `sending`; `outbox` carries it on to `sent`.

Every step is one statement that names the states it may leave, so that two workers, or one that comes back
from the dead, cannot both take it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.briefing.model import Briefing as Composed
from services.briefing.model import SlackMessage
from services.db.engine import transaction
from services.db.models import Briefing, User
from services.deferral import defer
from services.delivery import outbox, worth
from services.people import slack_link
from services.runtime import Runtime

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """A briefing to be made: for whom, which day, since when due and for how long from now worth having."""

    user_id: str
    kind: str
    local_date: date
    due_at: datetime
    patience: timedelta
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
            deadline_at=func.now() + order.patience,
            run_id=order.run_id,
            status=order.status,
            error=order.error,
        )
        .on_conflict_do_nothing()
        .returning(Briefing.id)
    )
    return session.scalar(statement)


def reopen(session: Session, order: Order) -> str | None:
    """Try that person's day again where it failed or was missed; its id, or None where it did neither."""
    of_that_day = and_(
        Briefing.user_id == order.user_id,
        Briefing.kind == order.kind,
        Briefing.local_date == order.local_date,
    )
    reopened = reopen_those(session, of_that_day, patience=order.patience, run_id=order.run_id)
    return reopened[0].id if reopened else None


def reopen_those(
    session: Session, which: ColumnElement[bool], *, patience: timedelta, run_id: str | None
) -> Sequence[Row[str, str, str]]:
    """Try again those of them that failed or were missed; their id, user_id and status.

    They are composed afresh, unless a message is there that Slack may have: then that one is taken up again,
    and whoever calls has the others (`due`) composed.
    """
    reopened = session.execute(
        update(Briefing)
        .where(which, Briefing.status.in_(("failed", "missed")))
        .values(
            status=case((outbox.exists_for(Briefing.id), "sending"), else_="due"),
            run_id=run_id,
            error=None,
            deadline_at=func.now() + patience,
            content=case((outbox.exists_for(Briefing.id), Briefing.content), else_=None),
        )
        .returning(Briefing.id, Briefing.user_id, Briefing.status)
    ).all()
    for row in reopened:
        if row.status == "sending":
            outbox.take_up_again(session, row.id, deadline_in=patience)
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
    """Take a briefing to compose it, or to hand over what was composed; None when it is not to be had.

    One that is not worth sending any more ends here, before anything is fetched for it.
    """
    with transaction(runtime.sessions) as session:
        worth.end_stale(session, briefing_id)
        return session.scalar(
            update(Briefing)
            .where(Briefing.id == briefing_id, is_open())
            .values(
                status=case((Briefing.content.is_not(None), "composed"), else_="claimed"),
                lease=str(uuid.uuid4()),
                lease_until=func.now() + lease(runtime),
                attempts=Briefing.attempts + 1,
            )
            .returning(Briefing)
        )


def lease(runtime: Runtime) -> timedelta:
    return timedelta(seconds=runtime.settings.lease_seconds)


def renew(runtime: Runtime, claimed: Briefing) -> bool:
    """Hold a claim for another lease; False when it has gone to somebody else."""
    with transaction(runtime.sessions) as session:
        renewed = session.scalar(
            update(Briefing)
            .where(_held(claimed))
            .values(lease_until=func.now() + lease(runtime))
            .returning(Briefing.id)
        )
    return renewed is not None


def save(runtime: Runtime, claimed: Briefing, composed: Composed, message: SlackMessage) -> bool:
    """Keep what was composed; False when the claim has gone to somebody else meanwhile."""
    with transaction(runtime.sessions) as session:
        kept = session.scalar(
            update(Briefing)
            .where(_held(claimed))
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
    if kept is not None:
        log.info("briefing_composed", completeness=composed.completeness)
    return kept is not None


def hand_over(runtime: Runtime, briefing_id: str, *, now: datetime) -> str | None:
    """`composed → sending`: put the saved content into the outbox; None when somebody else has.

    What was composed ahead of its time waits there for it. Only here, where it is for the DM alone, its
    buttons to the connect page get their proof.
    """
    with transaction(runtime.sessions) as session:
        briefing = session.scalar(
            update(Briefing)
            .where(Briefing.id == briefing_id, Briefing.status == "composed")
            .values(status="sending", lease_until=None)
            .returning(Briefing)
        )
        if briefing is None or briefing.content is None:
            return None
        send_in = max(briefing.due_at - now, timedelta(0))
        user = session.get_one(User, briefing.user_id)
        worth_it = briefing.deadline_at - session.execute(select(func.now())).scalar_one()
        return outbox.put(
            session,
            outbox.Draft(
                user_id=briefing.user_id,
                kind="briefing",
                content=slack_link.proving(session, runtime.settings, user, briefing.content),
                dedupe_key=f"briefing:{briefing.id}",
                deadline_in=worth_it - send_in,
                send_in=send_in,
                briefing_id=briefing.id,
            ),
        )


def put_off(runtime: Runtime, claimed: Briefing, error: str, *, delay: timedelta) -> bool:
    """`claimed → retry_wait`: try again later. False, and nothing done, where that would be too late."""
    with transaction(runtime.sessions) as session:
        waiting = session.scalar(
            update(Briefing)
            .where(_held(claimed), Briefing.deadline_at > func.now() + delay)
            .values(status="retry_wait", retry_at=func.now() + delay, lease_until=None, error=error)
            .returning(Briefing.retry_at)
        )
        if waiting is not None:
            defer(session, "send_briefing", claimed.id, at=waiting)
            log.warning("briefing_put_off", error=error, until=waiting.isoformat())
    return waiting is not None


def end(runtime: Runtime, claimed: Briefing, status: str, error: str) -> None:
    """A claimed briefing ends without a message: `failed`, or `skipped` where there was nothing to say."""
    with transaction(runtime.sessions) as session:
        session.execute(
            update(Briefing).where(_held(claimed)).values(status=status, lease_until=None, error=error)
        )
    log.warning("briefing_ended", status=status, error=error)


def _held(claimed: Briefing) -> ColumnElement[bool]:
    return and_(Briefing.id == claimed.id, Briefing.status == "claimed", Briefing.lease == claimed.lease)


def seen_message_ids(
    session: Session, user_id: str, *, since: datetime, but: str | None = None
) -> frozenset[str]:
    """Mails that the briefings sent since then have counted; `but` is the id of one that does not count."""
    rows = session.scalars(
        select(Briefing.message_ids).where(
            Briefing.user_id == user_id,
            Briefing.status == "sent",
            Briefing.kind.in_(("daily", "completion")),
            Briefing.sent_at >= since,
            Briefing.id.is_distinct_from(but),
        )
    )
    return frozenset(message_id for ids in rows for message_id in ids)


def last_composed_at(session: Session, user_id: str, *, but: str | None = None) -> datetime | None:
    """When the newest sent daily or completion briefing with mail in it was composed, `but` left out."""
    return session.scalar(
        select(func.max(Briefing.composed_at)).where(
            Briefing.user_id == user_id,
            Briefing.status == "sent",
            Briefing.kind.in_(("daily", "completion")),
            Briefing.covers_since.is_not(None),
            Briefing.id.is_distinct_from(but),
        )
    )
