"""Attempts to connect, the newest first, among very many"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_auth_sessions_created_at_id", "auth_sessions", [sa.text("created_at DESC"), "id"])


def downgrade() -> None:
    op.drop_index("ix_auth_sessions_created_at_id", "auth_sessions")
