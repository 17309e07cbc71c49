"""What was sent is kept twice: in the conversation and in the row it was sent from. Both are forgotten."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, func, null, select, text, update
from sqlalchemy.orm import Session

from services.db.models import Briefing, OutboundMessage

NOTHING = text("'{}'::jsonb")


def empty(session: Session, user_id: str, which: ColumnElement[bool]) -> None:
    """Keep nothing of what some of a person's sent messages said, in the caller's transaction."""
    sent = (OutboundMessage.user_id == user_id, OutboundMessage.status == "sent", which)
    session.execute(
        update(Briefing)
        .where(
            Briefing.user_id == user_id,
            Briefing.status == "sent",
            Briefing.id.in_(select(OutboundMessage.briefing_id).where(*sent)),
        )
        .values(content=null())
    )
    session.execute(update(OutboundMessage).where(*sent).values(content=NOTHING))


def said_before(days: int) -> ColumnElement[bool]:
    """Sent more than so many days ago, and not emptied yet."""
    old = OutboundMessage.sent_at < func.now() - func.make_interval(0, 0, 0, days)
    return and_(old, OutboundMessage.content != NOTHING)
