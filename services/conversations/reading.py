"""Reading one's own conversation with the assistant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from services.db.models import ConversationMessage, JsonList

MOST = 200


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a DM: `role` is user or assistant, `kind` what it was (briefing, reply, …)."""

    id: int
    role: str
    kind: str
    text: str
    blocks: JsonList | None
    said_at: datetime


def own_messages(session: Session, user_id: str, *, before: int | None = None, limit: int = 50) -> list[Said]:
    """A person's messages, newest first, at most `limit` (up to 200).

    `before` is the id of the last one seen, for the next page; an id that is not theirs finds nothing.
    """
    moment = (ConversationMessage.said_at, ConversationMessage.id)
    wanted = select(ConversationMessage).where(ConversationMessage.user_id == user_id)
    if before is not None:
        last = (
            select(*moment)
            .where(ConversationMessage.id == before, ConversationMessage.user_id == user_id)
            .scalar_subquery()
        )
        wanted = wanted.where(tuple_(*moment) < last)
    newest_first = wanted.order_by(*(column.desc() for column in moment)).limit(min(max(limit, 1), MOST))
    return [
        Said(row.id, row.role, row.kind, row.text, row.blocks, row.said_at)
        for row in session.scalars(newest_first)
    ]
