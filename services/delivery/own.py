"""A person's own briefings as they were sent: nobody else's, an admin's as little as anybody's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session

from services.access import Actor
from services.db.models import Briefing, Json, JsonList, OutboundMessage
from services.delivery.outbox import is_of_briefing
from services.errors import Forbidden
from services.paging import PAGE_SIZE, Page

COUNTED = 10_000
# What Slack was given: the words of the first post, where they were changed by then.
_CONTENT = func.coalesce(OutboundMessage.content, Briefing.content)


@dataclass(frozen=True, slots=True)
class OwnBriefing:
    """One briefing; `outcome` as in the database, `missing` lists {source, reason}, `error` is a code.

    `again`: it repeated an earlier one, whose `due_at` was another.
    """

    id: str
    kind: str
    local_date: date
    outcome: str
    due_at: datetime
    sent_at: datetime | None
    missing: JsonList
    error: str | None
    again: bool


def own_briefings(session: Session, actor: Actor, user_id: str, page: int = 1) -> Page[OwnBriefing]:
    """What a person was sent, or not, the newest first, 50 a page. Raises Forbidden for anybody else."""
    _only_their_own(actor, user_id)
    whose, number = Briefing.user_id == user_id, max(1, page)
    rows = session.execute(
        select(
            Briefing.id,
            Briefing.kind,
            Briefing.local_date,
            Briefing.outcome,
            Briefing.due_at,
            Briefing.sent_at,
            Briefing.missing,
            func.coalesce(OutboundMessage.error, Briefing.error),
            Briefing.copy_of.is_not(None),
        )
        .select_from(Briefing)
        .outerjoin(OutboundMessage, is_of_briefing())
        .where(whose)
        .order_by(Briefing.created_at.desc(), Briefing.id)
        .offset((number - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    )
    found = tuple(OwnBriefing(*row) for row in rows)
    some = select(literal(1)).select_from(Briefing).where(whose).limit(COUNTED).subquery()
    return Page(found, session.execute(select(func.count()).select_from(some)).scalar_one(), number)


def content_of(session: Session, actor: Actor, user_id: str, briefing_id: str) -> Json | None:
    """A sent one's Slack message {text, blocks}; None where it was not sent, or is kept no longer.

    Raises Forbidden for anybody else.
    """
    _only_their_own(actor, user_id)
    row = session.execute(sent_to(user_id).where(Briefing.id == briefing_id)).first()
    return row[1] if row is not None else None


def sent_to(user_id: str) -> Select[Briefing, Json]:
    """Somebody's sent briefings of which the words are still there, each with what Slack was given."""
    return (
        select(Briefing, _CONTENT)
        .select_from(Briefing)
        .outerjoin(OutboundMessage, is_of_briefing())
        .where(Briefing.user_id == user_id, Briefing.status == "sent", _CONTENT.is_not(None))
    )


def _only_their_own(actor: Actor, user_id: str) -> None:
    if actor.user_id != user_id:
        raise Forbidden("a briefing is its owner's alone")
