"""Requests that wait for a Google permission, as rows: `waiting → running → done | failed`, or `expired`,
`withdrawn`.

A row is ready when the permission is there; whoever brings that about calls them up in the same transaction,
and the sweep takes up whatever is ready and nobody holds. What waits is the text: it is understood again as
of the moment it was asked.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, cast, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, insert
from sqlalchemy.orm import Session, aliased

from services.db.models import GmailToken, PendingRequest
from services.deferral import defer
from services.tokens import scopes

TASK = "answer_waiting"
KEPT = timedelta(hours=24)
RETRY = timedelta(seconds=20)
TRIES = 6
# Somebody has just been at Google and now looks at Slack.
PRIORITY = 20

_SCOPES = {"mail": sorted(scopes.READING), "calendar": sorted(scopes.CALENDAR)}
_ENDED = ("done", "expired", "failed", "withdrawn")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, where and when; `asks` is equal for the same thing asked twice."""

    user_id: str
    text: str
    asks: str
    needs: str
    channel: str
    thread_ts: str | None
    asked_at: datetime


def keep(session: Session, asked: Asked) -> str:
    """Store a request and return its id; of the same thing asked twice the latest waits, with a new day."""
    values = {
        "text": asked.text,
        "needs": asked.needs,
        "channel": asked.channel,
        "thread_ts": asked.thread_ts,
        "asked_at": asked.asked_at,
        "expires_at": func.now() + KEPT,
    }
    statement = (
        insert(PendingRequest)
        .values(user_id=asked.user_id, asks=asked.asks, **values)
        .on_conflict_do_update(
            index_elements=["user_id", "asks"],
            index_where=PendingRequest.status == "waiting",
            set_={**values, "attempts": 0, "retry_at": None, "error": None, "updated_at": func.now()},
        )
        .returning(PendingRequest.id)
    )
    kept: str = session.execute(statement).scalar_one()
    return kept


def call_up(session: Session, user_id: str) -> int:
    """Queue what a person's permissions suffice for, in the transaction that brought them; how many."""
    ready = session.scalars(
        select(PendingRequest.id).where(PendingRequest.user_id == user_id, is_open())
    ).all()
    for row_id in ready:
        defer(session, TASK, row_id, priority=PRIORITY)
    return len(ready)


def is_open() -> ColumnElement[bool]:
    """Rows that somebody should take up now: ready and due, or left in `running` past their lease."""
    now = func.now()
    due = or_(PendingRequest.retry_at.is_(None), PendingRequest.retry_at <= now)
    waiting = and_(PendingRequest.status == "waiting", PendingRequest.expires_at > now, due, _is_granted())
    return or_(waiting, and_(PendingRequest.status == "running", PendingRequest.lease_until < now))


def claim(session: Session, request_id: str, *, lease: timedelta) -> PendingRequest | None:
    """Take a ready request for so long; None where it is not ready, held, or over."""
    taken: PendingRequest | None = session.scalar(
        update(PendingRequest)
        .where(PendingRequest.id == request_id, is_open())
        .values(
            status="running",
            lease=str(uuid.uuid4()),
            lease_until=func.now() + lease,
            attempts=PendingRequest.attempts + 1,
            updated_at=func.now(),
        )
        .returning(PendingRequest)
    )
    return taken


def finish(session: Session, taken: PendingRequest, to: str, *, error: str | None = None) -> bool:
    """End it as `done` or `failed`; False where another has taken it meanwhile, and nothing may be said."""
    ended = session.scalar(
        update(PendingRequest)
        .where(_mine(taken))
        .values(status=to, error=error, lease=None, lease_until=None, updated_at=func.now())
        .returning(PendingRequest.id)
    )
    return ended is not None


def put_back(session: Session, taken: PendingRequest, *, after: timedelta | None = None) -> None:
    """Let it wait on: for the permission, or for `after` to pass. It gives way to the same asked since."""
    other = aliased(PendingRequest)
    asked_again = (
        select(other.id)
        .where(other.user_id == taken.user_id, other.asks == taken.asks, other.status == "waiting")
        .exists()
    )
    again_at = session.scalar(
        update(PendingRequest)
        .where(_mine(taken))
        .values(
            status=case((asked_again, "withdrawn"), else_="waiting"),
            retry_at=func.now() + after if after is not None else None,
            attempts=PendingRequest.attempts if after is not None else 0,
            lease=None,
            lease_until=None,
            updated_at=func.now(),
        )
        .returning(case((PendingRequest.status == "waiting", PendingRequest.retry_at)))
    )
    if again_at is not None:
        defer(session, TASK, taken.id, at=again_at, priority=PRIORITY)


def withdraw(session: Session, user_id: str, request_id: str) -> bool:
    """Its owner does not want it any longer; False where it does not wait or is somebody else's."""
    withdrawn = session.scalar(
        update(PendingRequest)
        .where(
            PendingRequest.id == request_id,
            PendingRequest.user_id == user_id,
            PendingRequest.status == "waiting",
        )
        .values(status="withdrawn", updated_at=func.now())
        .returning(PendingRequest.id)
    )
    return withdrawn is not None


def expire(session: Session, *, limit: int) -> Sequence[PendingRequest]:
    """End what has waited for a day; those rows, to be told of in the same transaction."""
    overdue = (
        select(PendingRequest.id)
        .where(PendingRequest.status == "waiting", PendingRequest.expires_at <= func.now())
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(
        update(PendingRequest)
        .where(PendingRequest.id.in_(overdue))
        .values(status="expired", updated_at=func.now())
        .returning(PendingRequest)
    ).all()


def waiting_of(session: Session, user_id: str) -> list[PendingRequest]:
    """What a person waits for, or what is being answered just now; oldest first."""
    return list(
        session.scalars(
            select(PendingRequest)
            .where(
                PendingRequest.user_id == user_id,
                PendingRequest.status.in_(("waiting", "running")),
            )
            .order_by(PendingRequest.asked_at, PendingRequest.id)
        )
    )


def was_called_up(session: Session, user_id: str, since: datetime) -> bool:
    """Whether something is being answered now that waited, or was since that instant."""
    answered = and_(PendingRequest.status.in_(("done", "failed")), PendingRequest.updated_at >= since)
    at_it = or_(PendingRequest.status == "running", and_(PendingRequest.status == "waiting", _is_granted()))
    found = select(PendingRequest.id).where(PendingRequest.user_id == user_id, or_(answered, at_it))
    return session.scalar(found.limit(1)) is not None


def lacking(session: Session, user_id: str) -> PendingRequest | None:
    """The latest of a person's requests that waits for a permission they have not given."""
    return session.scalar(
        select(PendingRequest)
        .where(
            PendingRequest.user_id == user_id,
            PendingRequest.status == "waiting",
            PendingRequest.expires_at > func.now(),
            ~_is_granted(),
        )
        .order_by(PendingRequest.asked_at.desc())
        .limit(1)
    )


def is_over(before: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Rows that ended before that instant."""
    return and_(PendingRequest.status.in_(_ENDED), PendingRequest.updated_at < before)


def _is_granted() -> ColumnElement[bool]:
    """The person's connection works, as far as is known, and has what the request needs."""
    granted = or_(
        *(
            and_(PendingRequest.needs == needs, GmailToken.scopes.op("?|")(cast(sufficient, ARRAY(TEXT))))
            for needs, sufficient in _SCOPES.items()
        )
    )
    return (
        select(GmailToken.id)
        .where(
            GmailToken.user_id == PendingRequest.user_id,
            GmailToken.status.not_in(("reconnect_required", "not_connected")),
            granted,
        )
        .exists()
    )


def _mine(taken: PendingRequest) -> ColumnElement[bool]:
    return and_(
        PendingRequest.id == taken.id,
        PendingRequest.status == "running",
        PendingRequest.lease == taken.lease,
    )
