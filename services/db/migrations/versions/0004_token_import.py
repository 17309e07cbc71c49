"""Imported tokens: what was brought in, and what waits for its owner"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSONB = postgresql.JSONB(astext_type=sa.Text())
NOW = sa.text("now()")


def upgrade() -> None:
    op.create_table(
        "token_imports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("old_user_id", sa.Text(), server_default="", nullable=False),
        sa.Column("robing_id", sa.Text(), nullable=True),
        sa.Column("secrets", JSONB, nullable=True),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("scopes", JSONB, nullable=False),
        sa.Column("details", JSONB, nullable=False),
        sa.Column("expiry", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('waiting', 'assigned')", name=op.f("ck_token_imports_status")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_token_imports_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token_imports")),
        sa.UniqueConstraint("digest", name=op.f("uq_token_imports_digest")),
    )
    op.create_index(op.f("ix_token_imports_user_id"), "token_imports", ["user_id"], unique=False)
    op.create_index(
        "ix_token_imports_waiting",
        "token_imports",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
    )


def downgrade() -> None:
    op.drop_table("token_imports")
