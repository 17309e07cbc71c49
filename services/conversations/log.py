"""The conversation log: every message of a DM, both ways, once."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.db.models import ConversationMessage, JsonList


def add(
    session: Session,
    *,
    user_id: str,
    channel: str,
    ts: str,
    role: str,
    kind: str,
    text: str,
    blocks: JsonList | None = None,
    thread_ts: str | None = None,
) -> bool:
    """Store one message in the caller's transaction; False when it was there already.

    `role` is `user` or `assistant`; `kind` says what it was (briefing, reply, warning, request, …); `ts` is
    Slack's, and with `channel` its identity.
    """
    statement = (
        insert(ConversationMessage)
        .values(
            user_id=user_id,
            channel=channel,
            ts=ts,
            thread_ts=thread_ts,
            role=role,
            kind=kind,
            text=text,
            blocks=blocks,
            said_at=said_at(ts),
        )
        .on_conflict_do_nothing(index_elements=["channel", "ts"])
        .returning(ConversationMessage.id)
    )
    return session.scalar(statement) is not None


def said_at(ts: str) -> datetime:
    """The instant of a Slack ts such as `1732150800.000100`."""
    return datetime.fromtimestamp(float(ts), UTC)
