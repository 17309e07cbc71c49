"""What was said in DMs, and what is known of messages that are not kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.db.models.base import Base, BigId, CreatedAt, JsonList


class ConversationMessage(Base):
    """One message of a DM, either way, once: (channel, ts) is Slack's own identity of it.

    `searched` is what the page shows of it, folded for search (`services/conversations/words.py`);
    `edited_ts` is Slack's, of the edit that it shows. `embedded_as` names the model that made its vector.
    """

    __tablename__ = "conversation_log"
    __table_args__ = (
        UniqueConstraint("channel", "ts"),
        Index("ix_conversation_log_user_id_said_at_id", "user_id", "said_at", "id"),
        Index(
            "ix_conversation_log_grams",
            func.conversation_grams(text("user_id"), text("searched")),
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
    )

    id: Mapped[BigId]
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    channel: Mapped[str]
    ts: Mapped[str]
    thread_ts: Mapped[str | None]
    role: Mapped[str]
    kind: Mapped[str]
    text: Mapped[str]
    blocks: Mapped[JsonList | None]
    searched: Mapped[str] = mapped_column(server_default="")
    edited_ts: Mapped[str | None]
    embedded_as: Mapped[str | None]
    said_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]


class ConversationAmendment(Base):
    """What became of a message that is not in the log: deleted, or edited before it arrived.

    One deleted never comes back, whoever reads Slack's history again; nothing of it is kept, nor whose it
    was. An edit waits for its message, and is forgotten after a day.
    """

    __tablename__ = "conversation_amendments"
    __table_args__ = (Index("ix_conversation_amendments_at", "at"),)

    channel: Mapped[str] = mapped_column(primary_key=True)
    ts: Mapped[str] = mapped_column(primary_key=True)
    deleted: Mapped[bool]
    edited_ts: Mapped[str | None]
    text: Mapped[str | None]
    blocks: Mapped[JsonList | None]
    at: Mapped[CreatedAt]
