"""Alarms that the portal raises, and reading a day's briefings among very many"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("ck_alerts_kind"), "alerts", type_="check")
    op.create_check_constraint(
        op.f("ck_alerts_kind"),
        "alerts",
        "kind IN ('token_broken', 'token_ending', 'slack_bot', 'sidecar_silent', 'briefings_overdue')",
    )
    op.create_index("ix_briefings_due_at", "briefings", ["due_at"])


def downgrade() -> None:
    op.drop_index("ix_briefings_due_at", "briefings")
    op.execute("DELETE FROM alerts WHERE kind IN ('sidecar_silent', 'briefings_overdue')")
    op.drop_constraint(op.f("ck_alerts_kind"), "alerts", type_="check")
    op.create_check_constraint(
        op.f("ck_alerts_kind"), "alerts", "kind IN ('token_broken', 'token_ending', 'slack_bot')"
    )
