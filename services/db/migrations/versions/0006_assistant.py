"""What came from Slack, requests that wait, proofs of a Slack account"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
NEW_ID = sa.text("gen_random_uuid()::text")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "slack_events",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("slack_user_id", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("ts", sa.Text, nullable=False),
        sa.Column("content", postgresql.JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
        sa.Column("status", sa.Text, nullable=False, server_default="received"),
        sa.Column("lease", sa.Text),
        sa.Column("lease_until", INSTANT),
        sa.Column("retry_at", INSTANT),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("error", sa.Text),
        sa.Column("received_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("handled_at", INSTANT),
        sa.CheckConstraint("kind IN ('message', 'action')", name=op.f("ck_slack_events_kind")),
        sa.CheckConstraint(
            "status IN ('received', 'handling', 'handled', 'failed')", name=op.f("ck_slack_events_status")
        ),
    )
    op.create_index(
        "ix_slack_events_open",
        "slack_events",
        ["channel", "ts"],
        postgresql_where=sa.text("status IN ('received', 'handling')"),
    )
    op.create_index("ix_slack_events_received_at", "slack_events", ["received_at"])
    op.create_table(
        "pending_requests",
        sa.Column("id", sa.Text, primary_key=True, server_default=NEW_ID),
        sa.Column("user_id", sa.Text, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("asks", sa.Text, nullable=False),
        sa.Column("needs", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("thread_ts", sa.Text),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("status", sa.Text, nullable=False, server_default="waiting"),
        sa.Column("lease", sa.Text),
        sa.Column("lease_until", INSTANT),
        sa.Column("retry_at", INSTANT),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("error", sa.Text),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("updated_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.CheckConstraint("needs IN ('mail', 'calendar')", name=op.f("ck_pending_requests_needs")),
        sa.CheckConstraint(
            "status IN ('waiting', 'running', 'done', 'expired', 'failed', 'withdrawn')",
            name=op.f("ck_pending_requests_status"),
        ),
    )
    op.create_index(
        "uq_pending_requests_waiting",
        "pending_requests",
        ["user_id", "asks"],
        unique=True,
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_index(
        "ix_pending_requests_open",
        "pending_requests",
        ["expires_at"],
        postgresql_where=sa.text("status IN ('waiting', 'running')"),
    )
    op.create_index("ix_pending_requests_user_id_created_at", "pending_requests", ["user_id", "created_at"])
    op.create_table(
        "slack_links",
        sa.Column("id", sa.Text, primary_key=True, server_default=NEW_ID),
        sa.Column("digest", sa.Text, nullable=False, unique=True),
        sa.Column("user_id", sa.Text, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("slack_user_id", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False, server_default="issued"),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
        sa.Column("used_by", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("dropped_token", sa.Text),
        sa.CheckConstraint(
            "status IN ('issued', 'asked', 'confirmed', 'joined', 'refused', 'failed')",
            name=op.f("ck_slack_links_status"),
        ),
    )
    op.create_index("ix_slack_links_user_id", "slack_links", ["user_id"])
    op.create_index("ix_slack_links_expires_at", "slack_links", ["expires_at"])
    op.create_index(
        "ix_slack_links_confirmed",
        "slack_links",
        ["id"],
        postgresql_where=sa.text("status = 'confirmed'"),
    )
    op.create_index(
        "ix_slack_links_dropped",
        "slack_links",
        ["id"],
        postgresql_where=sa.text("dropped_token IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("slack_links")
    op.drop_table("pending_requests")
    op.drop_table("slack_events")
