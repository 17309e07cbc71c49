"""Conversations can be searched, followed when edited or deleted, and forgotten"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)

# Every letter and every two letters beside each other, with whose they are: a person's search reads entries
# of their own messages only. Both sides of a comparison call it, so what it hashes with does not matter.
GRAMS = r"""
CREATE FUNCTION conversation_grams(person text, said text) RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT hashtextextended((person || E'\x1f' || gram) COLLATE "C", 0)), '{}')
  FROM (
    SELECT letter, lead(letter) OVER (ORDER BY place) AS following
    FROM unnest(string_to_array(said, NULL)) WITH ORDINALITY AS letters (letter, place)
  ) pairs
  CROSS JOIN LATERAL (VALUES (letter), (letter || following)) AS grams (gram)
  WHERE gram COLLATE "C" !~ '[[:space:]]'
$$
"""

FILL = r"""
UPDATE conversation_log SET searched = lower(normalize(replace(replace(replace(replace(
  coalesce((
    SELECT string_agg(found #>> '{}', E'\n')
    FROM jsonb_path_query(blocks, 'strict $.**.text ? (@.type() == "string")', '{}', true) AS found
  ), text), '&lt;', '<'), '&gt;', '>'), '&amp;', '&'), U&'\2060', ''), NFC))
"""


def upgrade() -> None:
    op.add_column("users", sa.Column("conversations_since", INSTANT))
    op.add_column("users", sa.Column("conversation_days", sa.Integer))
    op.add_column(
        "conversation_log", sa.Column("searched", sa.Text, nullable=False, server_default=sa.text("''"))
    )
    op.add_column("conversation_log", sa.Column("edited_ts", sa.Text))
    op.add_column("conversation_log", sa.Column("embedded_as", sa.Text))
    op.execute(FILL)
    op.execute(GRAMS)
    op.create_index(
        "ix_conversation_log_grams",
        "conversation_log",
        [sa.text("conversation_grams(user_id, searched)")],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index(
        "ix_conversation_log_user_id_said_at_id", "conversation_log", ["user_id", "said_at", "id"]
    )
    op.drop_index("ix_conversation_log_user_id_said_at", "conversation_log")
    op.create_table(
        "conversation_amendments",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("ts", sa.Text, primary_key=True),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("edited_ts", sa.Text),
        sa.Column("text", sa.Text),
        sa.Column("blocks", postgresql.JSONB),
        sa.Column("at", INSTANT, nullable=False, server_default=sa.text("now()")),
    )
    op.create_index("ix_conversation_amendments_at", "conversation_amendments", ["at"])


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS conversation_vectors")  # made where an embedding model is configured
    op.drop_table("conversation_amendments")
    op.create_index("ix_conversation_log_user_id_said_at", "conversation_log", ["user_id", "said_at"])
    op.drop_index("ix_conversation_log_user_id_said_at_id", "conversation_log")
    op.drop_index("ix_conversation_log_grams", "conversation_log")
    op.execute("DROP FUNCTION conversation_grams(text, text)")
    op.drop_column("conversation_log", "embedded_as")  # and its index, where there is one
    op.drop_column("conversation_log", "edited_ts")
    op.drop_column("conversation_log", "searched")
    op.drop_column("users", "conversation_days")
    op.drop_column("users", "conversations_since")
