"""Everybody's briefings as admins see them: what became of them and why. Never a word of what they said.

Nothing here reads the column `content`, nor a message's; a test holds that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, and_, case, cast, func, literal, select, true
from sqlalchemy.orm import Session, aliased

from services.access import Actor, admins_only
from services.audit import is_somebody
from services.db.models import (
    Briefing,
    BriefingEvent,
    JsonList,
    OutboundMessage,
    Run,
    User,
)
from services.delivery import worth
from services.delivery.outbox import is_of_briefing
from services.paging import PAGE_SIZE, Page

COUNTED = 10_000
# Whoever's name matches: more than one looks through page by page.
PEOPLE = 1_000
STEPS_SHOWN = 200
_WORST_FIRST = case(
    {name: place for place, name in enumerate(("failed", "missed", "partial", "late", "open"))},
    value=Briefing.outcome,
    else_=9,
)
# Today's and yesterday's, wherever somebody's day is, and nothing older: it would be of today anyway.
RETRIED_DAYS = 1


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for; empty: anything. `text` is found in names and addresses, or is somebody's id.

    `since` and `until` are the people's own dates, both included.
    """

    text: str = ""
    outcome: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One briefing of somebody: `missing` lists {source, reason}, `error` is a code, of the last try.

    `retryable`: trying it again makes sense.
    """

    id: str
    user_id: str
    name: str
    kind: str
    local_date: date
    status: str
    outcome: str
    due_at: datetime
    sent_at: datetime | None
    missing: JsonList
    error: str | None
    retryable: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a briefing's way; `error` says why it went no further."""

    at: datetime
    step: str
    error: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """A briefing's way so far. `run` is schedule or manual, empty where it was asked for by its owner;
    `by` the name or id of who began that. `retry_at`: when it is tried again."""

    steps: tuple[Step, ...]
    run: str
    by: str
    composing: int
    posts: int
    retry_at: datetime | None
    deadline_at: datetime
    finished: bool


def deliveries(session: Session, actor: Actor, asked: Filter, page: int = 1) -> Page[Line]:
    """Briefings by day, the newest first, and of a day those in trouble; 50 a page, counted up to 10,000.

    Raises Forbidden.
    """
    admins_only(actor)
    wanted, number = matching(session, asked), max(1, page)
    some = select(literal(1)).select_from(Briefing).where(wanted).limit(COUNTED).subquery()
    rows = session.execute(
        _lines()
        .where(wanted)
        .order_by(Briefing.local_date.desc(), _WORST_FIRST, Briefing.due_at.desc(), Briefing.id)
        .offset((number - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    )
    found = tuple(_line(row) for row in rows)
    return Page(found, session.execute(select(func.count()).select_from(some)).scalar_one(), number)


def story(session: Session, actor: Actor, briefing_id: str) -> Story | None:
    """A briefing's steps in their order; None where it has gone meanwhile. Raises Forbidden."""
    admins_only(actor)
    row = session.execute(
        select(
            Briefing.attempts,
            Briefing.outcome,
            Briefing.deadline_at,
            func.coalesce(OutboundMessage.retry_at, Briefing.retry_at).label("retry_at"),
            func.coalesce(OutboundMessage.attempts, 0).label("posts"),
            Run.kind,
            func.coalesce(func.nullif(User.display_name, ""), Run.requested_by, "").label("by"),
        )
        .select_from(Briefing)
        .outerjoin(OutboundMessage, is_of_briefing())
        .outerjoin(Run, Run.id == Briefing.run_id)
        .outerjoin(User, User.id == Run.requested_by)
        .where(Briefing.id == briefing_id)
    ).first()
    if row is None:
        return None
    events = select(BriefingEvent.at, BriefingEvent.step, BriefingEvent.error)
    taken = events.where(BriefingEvent.briefing_id == briefing_id).order_by(BriefingEvent.id)
    return Story(
        steps=tuple(Step(*one) for one in session.execute(taken.limit(STEPS_SHOWN))),
        run=row.kind or "",
        by=row.by,
        composing=row.attempts,
        posts=row.posts,
        retry_at=row.retry_at if row.outcome == "open" else None,
        deadline_at=row.deadline_at,
        finished=row.outcome != "open",
    )


def matching(session: Session, asked: Filter) -> ColumnElement[bool]:
    """What a filter lets through."""
    conditions: list[ColumnElement[bool]] = [true()]
    if asked.text.strip("\0 \t"):
        # Asked first, so that a few people's briefings are found by whose they are.
        people = select(User.id).where(is_somebody(User.id, asked.text.replace("\0", ""))).limit(PEOPLE)
        conditions.append(Briefing.user_id.in_(session.scalars(people).all()))
    if asked.outcome:
        conditions.append(Briefing.outcome == asked.outcome.replace("\0", ""))
    if asked.kind:
        conditions.append(Briefing.kind == asked.kind.replace("\0", ""))
    if asked.since is not None:
        conditions.append(Briefing.local_date >= asked.since)
    if asked.until is not None:
        conditions.append(Briefing.local_date <= asked.until)
    return and_(*conditions)


def is_retryable() -> ColumnElement[bool]:
    """Failed or missed lately, by somebody who is still let in, and no newer day's is there."""
    owner = aliased(User)
    let_in = select(owner.id).where(owner.id == Briefing.user_id, owner.active)
    return and_(
        Briefing.status.in_(("failed", "missed")),
        Briefing.local_date >= cast(func.timezone("UTC", func.now()), Date) - RETRIED_DAYS,
        ~worth.has_newer(),
        let_in.exists(),
    )


def _lines() -> Select[*tuple[Any, ...]]:
    error = func.coalesce(OutboundMessage.error, Briefing.error).label("error")
    return (
        select(
            Briefing.id,
            Briefing.user_id,
            func.coalesce(func.nullif(User.display_name, ""), User.email, User.id).label("name"),
            Briefing.kind,
            Briefing.local_date,
            Briefing.status,
            Briefing.outcome,
            Briefing.due_at,
            Briefing.sent_at,
            Briefing.missing,
            error,
            is_retryable().label("retryable"),
        )
        .select_from(Briefing)
        .join(User, User.id == Briefing.user_id)
        .outerjoin(OutboundMessage, is_of_briefing())
    )


def _line(row: Any) -> Line:
    return Line(**row._mapping)
