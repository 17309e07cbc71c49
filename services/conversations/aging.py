"""What is forgotten of conversations by itself, where that is sooner than the team's RETENTION_DAYS."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.orm import Session

from services.conversations import outgoing
from services.db.engine import Sessions, transaction
from services.db.models import ConversationAmendment, ConversationMessage, User
from services.settings import Settings

# An edit that is ahead of its message by more than this has none.
EDITS_WAIT = timedelta(days=1)


def forget_old(sessions: Sessions, settings: Settings) -> None:
    """Delete what people have chosen not to keep so long, and what is known of messages long gone."""
    with transaction(sessions) as session:
        chosen = session.execute(
            select(User.id, User.conversation_days).where(User.conversation_days.is_not(None))
        ).all()
    for user_id, days in chosen:
        if days is not None:
            with transaction(sessions) as session:
                forget_older(session, user_id, days)
    with transaction(sessions) as session:
        _forget_amendments(session, timedelta(days=settings.retention_days))


def forget_older(session: Session, user_id: str, days: int) -> None:
    """Delete what a person and the assistant said more than so many days ago."""
    old = ConversationMessage.said_at < func.now() - func.make_interval(0, 0, 0, days)
    session.execute(delete(ConversationMessage).where(ConversationMessage.user_id == user_id, old))
    outgoing.empty(session, user_id, outgoing.said_before(days))


def _forget_amendments(session: Session, kept: timedelta) -> None:
    amended = ConversationAmendment
    waited = and_(~amended.deleted, amended.at < func.now() - EDITS_WAIT)
    session.execute(delete(amended).where(or_(waited, amended.at < func.now() - kept)))
