"""What is wrong and who has been told of it; and what goes to the alarm webhook."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.db.models.base import Base, CreatedAt, Json, one_of

ALERT_KINDS = ("token_broken", "token_ending", "slack_bot", "sidecar_silent", "briefings_overdue")
POST_STATES = ("queued", "sending", "sent", "failed")
NEW_ID = text("gen_random_uuid()::text")


class Alert(Base):
    """Something that is wrong from `opened_at` to `resolved_at`; one open a kind and subject.

    `subject` is a user id, `slack`, `messages` (from Slack), `sidecar` or `briefings`.
    `notified_at`: its person, or the webhook, has
    been written to. What breaks again after it was mended is an alert of its own. No foreign key: see
    `people/deletion.py`.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        one_of("kind", ALERT_KINDS),
        Index("uq_alerts_open", "kind", "subject", unique=True, postgresql_where=text("resolved_at IS NULL")),
        Index("ix_alerts_resolved_at", "resolved_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, server_default=NEW_ID)
    kind: Mapped[str]
    subject: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    opened_at: Mapped[CreatedAt]
    notified_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]


class WebhookPost(Base):
    """One JSON post to ALERT_WEBHOOK_URL: `queued → sending → sent | failed`; its address is not stored."""

    __tablename__ = "webhook_posts"
    __table_args__ = (
        one_of("status", POST_STATES),
        Index(
            "ix_webhook_posts_open",
            "created_at",
            postgresql_where=text("status IN ('queued', 'sending')"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, server_default=NEW_ID)
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    content: Mapped[Json]
    status: Mapped[str] = mapped_column(server_default="queued")
    lease_until: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    error: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    sent_at: Mapped[datetime | None]
