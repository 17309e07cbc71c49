"""What became of each briefing in a word, its steps with their times, and copies of what was sent"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

OUTCOME = """CASE
    WHEN status IN ('failed', 'missed', 'skipped') THEN status
    WHEN status <> 'sent' THEN 'open'
    WHEN completeness = 'partial' THEN 'partial'
    WHEN sent_at - due_at > interval '15 minutes' THEN 'late'
    ELSE 'on_time'
END"""

# Written where the state itself changes, so that no step can be forgotten or be there without the change.
KEEP_STEPS = """
CREATE FUNCTION briefing_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO briefing_events (briefing_id, at, step, error)
    VALUES (
        NEW.id, clock_timestamp(), NEW.status,
        CASE WHEN NEW.status IN ('retry_wait', 'failed', 'missed', 'skipped') THEN NEW.error END
    );
    RETURN NULL;
END $$;
CREATE FUNCTION briefing_message_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.attempted_at > OLD.attempted_at OR (OLD.attempted_at IS NULL AND NEW.attempted_at IS NOT NULL) THEN
        INSERT INTO briefing_events (briefing_id, at, step) VALUES (NEW.briefing_id, clock_timestamp(), 'posted');
    ELSIF NEW.status = 'queued' AND OLD.status = 'sending' AND NEW.error IS NOT NULL THEN
        INSERT INTO briefing_events (briefing_id, at, step, error)
        VALUES (NEW.briefing_id, clock_timestamp(), 'put_off', NEW.error);
    ELSIF NEW.status = 'sending' AND NEW.error IS DISTINCT FROM OLD.error AND NEW.error IS NOT NULL THEN
        INSERT INTO briefing_events (briefing_id, at, step, error)
        VALUES (NEW.briefing_id, clock_timestamp(), 'unclear', NEW.error);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER briefings_insert_step AFTER INSERT ON briefings
    FOR EACH ROW EXECUTE FUNCTION briefing_step();
CREATE TRIGGER briefings_update_step AFTER UPDATE ON briefings
    FOR EACH ROW WHEN (NEW.status <> OLD.status OR NEW.attempts <> OLD.attempts)
    EXECUTE FUNCTION briefing_step();
CREATE TRIGGER outbound_messages_update_step AFTER UPDATE ON outbound_messages
    FOR EACH ROW WHEN (NEW.briefing_id IS NOT NULL) EXECUTE FUNCTION briefing_message_step();
"""


def upgrade() -> None:
    op.add_column("briefings", sa.Column("copy_of", sa.Text(), nullable=True))
    op.add_column(
        "briefings", sa.Column("outcome", sa.Text(), sa.Computed(OUTCOME, persisted=True), nullable=False)
    )
    op.create_index(
        "ix_briefings_local_date_kind_outcome", "briefings", ["local_date", "kind", "outcome"], unique=False
    )
    op.create_table(
        "briefing_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("briefing_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["briefing_id"],
            ["briefings.id"],
            name=op.f("fk_briefing_events_briefing_id_briefings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_briefing_events")),
    )
    op.create_index(op.f("ix_briefing_events_briefing_id"), "briefing_events", ["briefing_id"], unique=False)
    op.execute(KEEP_STEPS)


def downgrade() -> None:
    op.execute("DROP TRIGGER outbound_messages_update_step ON outbound_messages")
    op.execute("DROP TRIGGER briefings_update_step ON briefings")
    op.execute("DROP TRIGGER briefings_insert_step ON briefings")
    op.execute("DROP FUNCTION briefing_message_step()")
    op.execute("DROP FUNCTION briefing_step()")
    op.drop_table("briefing_events")
    op.drop_index("ix_briefings_local_date_kind_outcome", table_name="briefings")
    op.drop_column("briefings", "outcome")
    op.drop_column("briefings", "copy_of")
