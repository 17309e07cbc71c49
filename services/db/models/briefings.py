"""Briefings, the runs that started them, and outgoing Slack messages."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Computed, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.db.models.base import Base, BigId, CreatedAt, Json, JsonList, one_of

EMPTY = text("'{}'::jsonb")
EMPTY_LIST = text("'[]'::jsonb")

BRIEFING_KINDS = ("daily", "completion", "manual")
BRIEFING_STATES = (
    "due",
    "claimed",
    "composed",
    "sending",
    "sent",
    "retry_wait",
    "failed",
    "missed",
    "skipped",
)
OUTBOUND_STATES = ("queued", "sending", "sent", "failed")
# What a briefing has come to; the quarter of an hour is `services.briefing.lateness.LATE`.
OUTCOMES = ("open", "on_time", "late", "partial", "failed", "missed", "skipped")
OUTCOME = """CASE
    WHEN status IN ('failed', 'missed', 'skipped') THEN status
    WHEN status <> 'sent' THEN 'open'
    WHEN completeness = 'partial' THEN 'partial'
    WHEN sent_at - due_at > interval '15 minutes' THEN 'late'
    ELSE 'on_time'
END"""
# Of a briefing's way: its own states, and what happened to its message on the way out.
STEPS = (*BRIEFING_STATES, "posted", "put_off", "unclear")


class Run(Base):
    """One round of starting briefings: a tick of the scheduler, an external cron, a click."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    requested_by: Mapped[str] = mapped_column(server_default="")
    started_at: Mapped[CreatedAt]
    counts: Mapped[Json] = mapped_column(server_default=EMPTY)


class Briefing(Base):
    """One briefing of one person.

    `daily` and `completion` are unique per person and local date; `manual` may be sent any number of times.
    `content` is the Slack message {text, blocks}, saved before anything is sent: retries send the same.
    `missing` lists {source, reason}; `cursor` is the newest included message's time, `message_ids` the mail
    counted, left out next time. `outcome` is the database's own word for all that. `copy_of` names the
    briefing that a `manual` one repeats.
    """

    __tablename__ = "briefings"
    __table_args__ = (
        Index(
            "uq_briefings_once_a_day",
            "user_id",
            "local_date",
            "kind",
            unique=True,
            postgresql_where=text("kind IN ('daily', 'completion')"),
        ),
        Index(
            "ix_briefings_open",
            "due_at",
            postgresql_where=text("status IN ('due', 'claimed', 'composed', 'sending', 'retry_wait')"),
        ),
        Index("ix_briefings_due_at", "due_at"),
        Index("ix_briefings_user_id_created_at", "user_id", "created_at"),
        Index("ix_briefings_local_date_kind_outcome", "local_date", "kind", "outcome"),
        one_of("kind", BRIEFING_KINDS),
        one_of("status", BRIEFING_STATES),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    run_id: Mapped[str | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str]
    local_date: Mapped[date]
    status: Mapped[str] = mapped_column(server_default="due")
    due_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    lease: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    completeness: Mapped[str | None]
    missing: Mapped[JsonList] = mapped_column(server_default=EMPTY_LIST)
    content: Mapped[Json | None]
    covers_since: Mapped[datetime | None]
    cursor: Mapped[datetime | None]
    composed_at: Mapped[datetime | None]
    message_ids: Mapped[JsonList] = mapped_column(server_default=EMPTY_LIST)
    error: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    sent_at: Mapped[datetime | None]
    copy_of: Mapped[str | None]
    outcome: Mapped[str] = mapped_column(Computed(OUTCOME, persisted=True))


class BriefingEvent(Base):
    """A step of a briefing's way, written by triggers as it is taken; `error` says why it went no further."""

    __tablename__ = "briefing_events"

    id: Mapped[BigId]
    briefing_id: Mapped[str] = mapped_column(ForeignKey("briefings.id", ondelete="CASCADE"), index=True)
    at: Mapped[CreatedAt]
    step: Mapped[str]
    error: Mapped[str | None]


class OutboundMessage(Base):
    """One Slack message on its way out: `queued → sending → sent | failed`.

    `dedupe_key` goes with the message as Slack metadata, so that it can be found in the DM's history when
    no answer to the POST arrived. Nothing is posted before `send_after`. `lease` names the sender's claim;
    `attempted_at` is the last POST's time.
    """

    __tablename__ = "outbound_messages"
    __table_args__ = (
        one_of("status", OUTBOUND_STATES),
        Index(
            "ix_outbound_messages_open",
            "created_at",
            postgresql_where=text("status IN ('queued', 'sending')"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    briefing_id: Mapped[str | None] = mapped_column(
        ForeignKey("briefings.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str]
    content: Mapped[Json]
    thread_ts: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default="queued")
    channel: Mapped[str | None]
    slack_ts: Mapped[str | None]
    lease: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    attempted_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    send_after: Mapped[CreatedAt]
    deadline_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    error: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    sent_at: Mapped[datetime | None]


class Heartbeat(Base):
    """The last sign of life of a process, by role and place."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    detail: Mapped[Json] = mapped_column(server_default=EMPTY)


class NewsFeed(Base):
    """What is known of a feed: validators for a conditional GET and the items of the last good answer."""

    __tablename__ = "news_feeds"

    url: Mapped[str] = mapped_column(primary_key=True)
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    items: Mapped[JsonList] = mapped_column(server_default=EMPTY_LIST)
    checked_at: Mapped[datetime | None]
    failure: Mapped[str | None]
