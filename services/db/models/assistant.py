"""What came from Slack, requests that wait for Google, and proofs of a Slack account."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.db.models.base import Base, CreatedAt, Json, one_of

EVENT_KINDS = ("message", "action")
EVENT_STATES = ("received", "handling", "handled", "failed")
NEEDS = ("mail", "calendar")
PENDING_STATES = ("waiting", "running", "done", "expired", "failed", "withdrawn")
LINK_STATES = ("issued", "asked", "confirmed", "joined", "refused", "failed")
NEW_ID = text("gen_random_uuid()::text")
NONE_YET = text("0")


class SlackEvent(Base):
    """A message or a pressed button, once: `received → handling → handled | failed`.

    `id` is made of what identifies a message or a click, so that it is one by whichever way and however often
    it comes. `content` is what is needed to handle it, emptied when that is over. Those of a channel are
    handled in the order of `ts`; `lease` names the worker.
    """

    __tablename__ = "slack_events"
    __table_args__ = (
        one_of("kind", EVENT_KINDS),
        one_of("status", EVENT_STATES),
        Index(
            "ix_slack_events_open",
            "channel",
            "ts",
            postgresql_where=text("status IN ('received', 'handling')"),
        ),
        Index("ix_slack_events_received_at", "received_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    slack_user_id: Mapped[str]
    channel: Mapped[str]
    ts: Mapped[str]
    content: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    status: Mapped[str] = mapped_column(server_default="received")
    lease: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=NONE_YET)
    error: Mapped[str | None]
    received_at: Mapped[CreatedAt]
    handled_at: Mapped[datetime | None]


class PendingRequest(Base):
    """A request that waits for a Google permission: `waiting → running → done | failed`, or `expired`,
    `withdrawn`.

    `asks` is equal for the same thing asked twice: one of them waits, the latest. `needs` is the permission.
    `channel` and `ts` are those of the message it was asked with; the answer goes there, and to `thread_ts`
    if asked in a thread. `text` and `asks` are emptied when it is over.
    """

    __tablename__ = "pending_requests"
    __table_args__ = (
        one_of("needs", NEEDS),
        one_of("status", PENDING_STATES),
        Index(
            "uq_pending_requests_waiting",
            "user_id",
            "asks",
            unique=True,
            postgresql_where=text("status = 'waiting'"),
        ),
        Index(
            "ix_pending_requests_open",
            "expires_at",
            postgresql_where=text("status IN ('waiting', 'running')"),
        ),
        Index(
            "ix_pending_requests_channel_ts",
            "channel",
            "ts",
            postgresql_where=text("status IN ('waiting', 'running')"),
        ),
        Index("ix_pending_requests_user_id_created_at", "user_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, server_default=NEW_ID)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    text: Mapped[str]
    asks: Mapped[str]
    needs: Mapped[str]
    channel: Mapped[str]
    ts: Mapped[str]
    thread_ts: Mapped[str | None]
    asked_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(server_default="waiting")
    lease: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=NONE_YET)
    error: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]


class SlackLink(Base):
    """A one-time proof of a Slack account, handed out in its DM: `issued → asked → confirmed → joined`, or
    `refused`, `failed`.

    Only the SHA-256 of it is stored. `used_by` is the person who wants to join with it; nobody is joined
    before the Slack account's owner says so in the DM (`asked`), or both sides vouch for the same address.
    `dropped_token` is the one of two Google tokens that is not needed any longer, encrypted, until it has
    been revoked. An open question has its own `expires_at`.
    """

    __tablename__ = "slack_links"
    __table_args__ = (
        one_of("status", LINK_STATES),
        Index("ix_slack_links_expires_at", "expires_at"),
        Index("ix_slack_links_confirmed", "id", postgresql_where=text("status = 'confirmed'")),
        Index("ix_slack_links_dropped", "id", postgresql_where=text("dropped_token IS NOT NULL")),
    )

    id: Mapped[str] = mapped_column(primary_key=True, server_default=NEW_ID)
    digest: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    slack_user_id: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="issued")
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by: Mapped[str | None]
    error: Mapped[str | None]
    dropped_token: Mapped[str | None]
