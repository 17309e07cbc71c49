"""A waiting request knows the message it was asked with; nothing is left of what one that is over said"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pending_requests", sa.Column("ts", sa.Text(), nullable=True))
    op.execute(
        "UPDATE pending_requests SET ts = to_char(extract(epoch FROM asked_at), 'FM9999999990.000000')"
    )
    op.alter_column("pending_requests", "ts", nullable=False)
    op.create_index(
        "ix_pending_requests_channel_ts",
        "pending_requests",
        ["channel", "ts"],
        postgresql_where=sa.text("status IN ('waiting', 'running')"),
    )
    op.execute("UPDATE pending_requests SET text = '', asks = '' WHERE status NOT IN ('waiting', 'running')")


def downgrade() -> None:
    op.drop_index("ix_pending_requests_channel_ts", "pending_requests")
    op.drop_column("pending_requests", "ts")
