"""Requests that wait for a Google permission, as rows: `waiting → running → done | failed`, or `expired`,
`withdrawn`.

A row is ready when the permission is there; whoever brings that about calls them up in the same transaction,
and the sweep takes up whatever is ready and nobody holds. What waits is the text: it is understood again as
of the moment it was asked. When it is over nothing is left of what it said.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

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
_OPEN = ("waiting", "running")
_ENDED = ("done", "expired", "failed", "withdrawn")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, with which message; `asks` is equal for the same thing asked twice."""

    user_id: str
    text: str
    asks: str
    needs: str
    channel: str
    ts: str
    thread_ts: str | None
    asked_at: datetime


def keep(session: Session, asked: Asked) -> str:
    """Store a request and return its id; of the same thing asked twice the latest waits, with a new day."""
    values = {
        "text": asked.text,
        "needs": asked.needs,
        "channel": asked.channel,
        "ts": asked.ts,
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
        .values(**as_over(to), error=error)
        .returning(PendingRequest.id)
    )
    return ended is not None


def put_back(session: Session, taken: PendingRequest, *, after: timedelta | None = None) -> None:
    """Let it wait on: for the permission, or for `after` to pass. It gives way to the same asked since."""
    other = aliased(PendingRequest)
    asked_again = (
        select(other.id)
        .where(
            other.user_id == PendingRequest.user_id,
            other.asks == PendingRequest.asks,
            other.status == "waiting",
        )
        .exists()
    )
    again_at = session.scalar(
        update(PendingRequest)
        .where(_mine(taken))
        .values(
            status=case((asked_again, "withdrawn"), else_="waiting"),
            text=case((asked_again, ""), else_=PendingRequest.text),
            asks=case((asked_again, ""), else_=PendingRequest.asks),
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
        .values(**as_over("withdrawn"))
        .returning(PendingRequest.id)
    )
    return withdrawn is not None


def forget(session: Session, *which: ColumnElement[bool]) -> None:
    """Withdraw whatever of this is not over, also what is being answered: nothing is said of it."""
    session.execute(
        update(PendingRequest).where(PendingRequest.status.in_(_OPEN), *which).values(**as_over("withdrawn"))
    )


def is_asked_with(channel: str, ts: str) -> ColumnElement[bool]:
    """What was asked with this message."""
    return and_(PendingRequest.channel == channel, PendingRequest.ts == ts)


def asked_with(session: Session, channel: str, ts: str) -> PendingRequest | None:
    """What was asked with this message and is not over, held until the caller commits."""
    return session.scalar(
        select(PendingRequest)
        .where(is_asked_with(channel, ts), PendingRequest.status.in_(_OPEN))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def revise(session: Session, asked: PendingRequest, *, text: str, asks: str, needs: str) -> None:
    """What it asks for has changed; of the same thing asked otherwise this is the latest."""
    forget(
        session,
        PendingRequest.user_id == asked.user_id,
        PendingRequest.asks == asks,
        PendingRequest.status == "waiting",
        PendingRequest.id != asked.id,
    )
    session.execute(
        update(PendingRequest)
        .where(PendingRequest.id == asked.id)
        .values(text=text, asks=asks, needs=needs, attempts=0, retry_at=None, updated_at=func.now())
    )
    call_up(session, asked.user_id)


def overdue(session: Session, *, limit: int) -> Sequence[PendingRequest]:
    """What has waited for a day, held until the caller commits."""
    return session.scalars(
        select(PendingRequest)
        .where(PendingRequest.status == "waiting", PendingRequest.expires_at <= func.now())
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def expire(session: Session, given_up: Sequence[PendingRequest]) -> None:
    """End what is `overdue`, in the transaction that tells its askers."""
    ids = [one.id for one in given_up]
    session.execute(
        update(PendingRequest)
        .where(PendingRequest.id.in_(ids), PendingRequest.status == "waiting")
        .values(**as_over("expired"))
    )


def as_over(to: str) -> dict[str, Any]:
    """What a row becomes when it is over."""
    emptied = {"text": "", "asks": "", "lease": None, "lease_until": None}
    return {"status": to, **emptied, "updated_at": func.now()}


def waiting_of(session: Session, user_id: str) -> list[PendingRequest]:
    """What a person waits for, or what is being answered just now; oldest first."""
    return list(
        session.scalars(
            select(PendingRequest)
            .where(
                PendingRequest.user_id == user_id,
                PendingRequest.status.in_(_OPEN),
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
