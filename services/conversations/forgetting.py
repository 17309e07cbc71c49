"""What is forgotten of one's own conversation, at once or with age. Slack keeps its own copy."""

from __future__ import annotations

from sqlalchemy import delete, func, select, true, update
from sqlalchemy.orm import Session

from services.access import Actor
from services.assistant import pending
from services.conversations import aging, log, outgoing
from services.conversations.reading import only_their_own
from services.conversations.standing import take_turns
from services.db.models import ConversationMessage, PendingRequest, User
from services.errors import PreferenceRefused
from services.settings import Settings

KEPT_FOR = (1, 7, 30, 90, 180)  # days that can be chosen, as far as the team keeps anything for so long


def delete_message(session: Session, actor: Actor, user_id: str, message_id: int) -> bool:
    """Delete one message for good; False when it is not there any more. Raises Forbidden."""
    only_their_own(actor, user_id)
    message = ConversationMessage
    mine = (message.id == message_id, message.user_id == user_id)
    place = session.execute(select(message.channel, message.ts).where(*mine)).first()
    return place is not None and log.deleted(session, channel=place.channel, ts=place.ts)


def delete_all(session: Session, actor: Actor, user_id: str) -> int:
    """Delete everything said until now, also what is still to be read from Slack; how many messages.

    What was asked and still waits is withdrawn. Raises Forbidden.
    """
    only_their_own(actor, user_id)
    message = ConversationMessage
    for channel in sorted(
        session.scalars(select(message.channel).where(message.user_id == user_id).distinct())
    ):
        take_turns(session, channel)
    # Slack's clock may be ahead of the database's.
    newest = select(func.max(message.said_at)).where(message.user_id == user_id).scalar_subquery()
    session.execute(
        update(User).where(User.id == user_id).values(conversations_since=func.greatest(func.now(), newest))
    )
    gone = session.scalars(delete(message).where(message.user_id == user_id).returning(message.id))
    outgoing.empty(session, user_id, true())
    pending.forget(session, PendingRequest.user_id == user_id)
    return len(gone.all())


def kept_for(session: Session, actor: Actor, user_id: str) -> int | None:
    """For how many days a person's conversation is kept; None: as long as the team's. Raises Forbidden."""
    only_their_own(actor, user_id)
    return session.scalar(select(User.conversation_days).where(User.id == user_id))


def choices(settings: Settings) -> list[int]:
    """The days that a person can choose: shorter than the team's."""
    return [days for days in KEPT_FOR if days < settings.retention_days]


def keep_for(session: Session, settings: Settings, actor: Actor, user_id: str, days: int | None) -> None:
    """Choose it; what is older is gone at once. Raises Forbidden, PreferenceRefused."""
    only_their_own(actor, user_id)
    if days is not None and days not in choices(settings):
        raise PreferenceRefused(
            "conversation_days: not a choice", code="wrong_type", field="conversation_days"
        )
    session.execute(update(User).where(User.id == user_id).values(conversation_days=days))
    if days is not None:
        aging.forget_older(session, user_id, days)
