"""Shared rate limits, holidays, and messages that wait for their moment"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rate_limits",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("full_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_limits")),
    )
    op.add_column("briefing_settings", sa.Column("holidays_of", sa.Text(), nullable=True))
    op.add_column(
        "briefing_settings", sa.Column("when_empty", sa.Text(), server_default="line", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_briefing_settings_when_empty"), "briefing_settings", "when_empty IN ('line', 'nothing')"
    )
    op.add_column(
        "briefing_settings",
        sa.Column("email_fallback", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "outbound_messages",
        sa.Column("send_after", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("outbound_messages", "send_after")
    op.drop_column("briefing_settings", "email_fallback")
    op.drop_column("briefing_settings", "when_empty")
    op.drop_column("briefing_settings", "holidays_of")
    op.drop_table("rate_limits")
