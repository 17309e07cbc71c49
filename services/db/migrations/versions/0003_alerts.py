"""Alerts, posts to the alarm webhook, and what tells one grant of a token from the next"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NOW = sa.text("now()")


def upgrade() -> None:
    add_token_columns()
    create_alerts()
    create_webhook_posts()
    op.create_index(
        "ix_token_events_daily",
        "token_events",
        ["at"],
        unique=False,
        postgresql_where=sa.text("kind IN ('refreshed', 'used', 'refresh_failed')"),
    )


def downgrade() -> None:
    op.drop_index("ix_token_events_daily", table_name="token_events")
    op.drop_table("webhook_posts")
    op.drop_table("alerts")
    op.drop_index("ix_gmail_tokens_refresh_token_expires_at", table_name="gmail_tokens")
    op.drop_index("ix_gmail_tokens_last_used_at", table_name="gmail_tokens")
    for column in ("kept_alive_at", "connected_at", "grant_id"):
        op.drop_column("gmail_tokens", column)


def add_token_columns() -> None:
    op.add_column(
        "gmail_tokens",
        sa.Column("grant_id", sa.Text(), server_default=sa.text("gen_random_uuid()::text"), nullable=False),
    )
    op.add_column("gmail_tokens", sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE gmail_tokens t SET connected_at ="
        " (SELECT max(at) FROM token_events e WHERE e.user_id = t.user_id AND e.kind = 'connected')"
    )
    op.add_column("gmail_tokens", sa.Column("kept_alive_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_gmail_tokens_last_used_at", "gmail_tokens", ["last_used_at"], unique=False)
    op.create_index(
        "ix_gmail_tokens_refresh_token_expires_at",
        "gmail_tokens",
        ["refresh_token_expires_at"],
        unique=False,
    )


def create_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text(), server_default=sa.text("gen_random_uuid()::text"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("notified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('token_broken', 'token_ending', 'slack_bot')", name=op.f("ck_alerts_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(
        "uq_alerts_open",
        "alerts",
        ["kind", "subject"],
        unique=True,
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_index("ix_alerts_resolved_at", "alerts", ["resolved_at"], unique=False)


def create_webhook_posts() -> None:
    op.create_table(
        "webhook_posts",
        sa.Column("id", sa.Text(), server_default=sa.text("gen_random_uuid()::text"), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'sending', 'sent', 'failed')", name=op.f("ck_webhook_posts_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_posts")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_webhook_posts_dedupe_key")),
    )
    op.create_index(
        "ix_webhook_posts_open",
        "webhook_posts",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'sending')"),
    )
