"""Token health at scale"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
NO = sa.text("false")
INFINITY = sa.text("'infinity'")

STATUS = (
    "CASE WHEN token_status IS NULL THEN 'not_connected'"
    " WHEN token_status IN ('reconnect_required', 'not_connected') THEN token_status"
    " WHEN lacks_scope THEN 'reconnect_required'"
    " WHEN token_status = 'failing' THEN 'failing' ELSE 'works' END"
)
USABLE = "coalesce(token_status NOT IN ('reconnect_required', 'not_connected'), false)"
NAME = "left(lower(coalesce(nullif(user_name, ''), user_email, token_name, '')), 200)"
SEARCHED = (
    "lower(user_id || chr(10) || coalesce(user_name, '') || chr(10) || coalesce(username, '')"
    " || chr(10) || coalesce(user_email, '') || chr(10) || coalesce(user_slack, '')"
    " || chr(10) || coalesce(token_name, '') || chr(10) || coalesce(mailbox, '')"
    " || chr(10) || coalesce(token_slack, ''))"
)

# Each trigger writes its own table's columns only; a row that would stay as it is is not written.
# Six months is how long Google keeps a grant that nobody uses; days are enough, so that a use is no write.
KEEP_TOKENS = """
CREATE FUNCTION token_health_of_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('DELETE', 'UPDATE') THEN
        DELETE FROM token_health h USING gone g
        WHERE h.user_id = g.user_id AND NOT h.known
          AND NOT EXISTS (SELECT FROM gmail_tokens t WHERE t.user_id = g.user_id);
        UPDATE token_health h
        SET token_status = NULL, lacks_scope = false, reads = false, sends = false, token_name = NULL,
            mailbox = NULL, token_slack = NULL, robing_id = NULL, dies_at = 'infinity', expiry = 'infinity'
        FROM gone g
        WHERE h.user_id = g.user_id
          AND NOT EXISTS (SELECT FROM gmail_tokens t WHERE t.user_id = g.user_id);
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN NULL;
    END IF;
    INSERT INTO token_health AS h (user_id, token_status, lacks_scope, reads, sends, token_name, mailbox,
                                   token_slack, robing_id, dies_at, expiry)
    SELECT t.user_id, t.status,
           NOT coalesce(t.scopes, '[]') @> (SELECT r.scopes FROM required_scopes r),
           coalesce(t.scopes, '[]') ?| ARRAY['https://www.googleapis.com/auth/gmail.readonly',
               'https://www.googleapis.com/auth/gmail.modify', 'https://mail.google.com/'],
           coalesce(t.scopes, '[]') ?| ARRAY['https://www.googleapis.com/auth/gmail.send',
               'https://www.googleapis.com/auth/gmail.compose',
               'https://www.googleapis.com/auth/gmail.modify', 'https://mail.google.com/'],
           t.metadata ->> 'display_name', t.metadata ->> 'email', t.metadata ->> 'slack_user_id',
           t.robing_id,
           least(coalesce(t.refresh_token_expires_at, 'infinity'),
                 date_trunc('day', greatest(t.last_used_at, t.last_refresh_at, t.created_at))
                 + interval '180 days'),
           coalesce(t.expiry,
                    CASE WHEN t.status = 'refresh_due' THEN '-infinity' ELSE 'infinity' END::timestamptz)
    FROM changed t ORDER BY t.user_id
    ON CONFLICT (user_id) DO UPDATE
    SET token_status = excluded.token_status, lacks_scope = excluded.lacks_scope, reads = excluded.reads,
        sends = excluded.sends, token_name = excluded.token_name, mailbox = excluded.mailbox,
        token_slack = excluded.token_slack, robing_id = excluded.robing_id, dies_at = excluded.dies_at,
        expiry = excluded.expiry
    WHERE (h.token_status, h.lacks_scope, h.reads, h.sends, h.token_name, h.mailbox, h.token_slack,
           h.robing_id, h.dies_at, h.expiry)
        IS DISTINCT FROM (excluded.token_status, excluded.lacks_scope, excluded.reads, excluded.sends,
           excluded.token_name, excluded.mailbox, excluded.token_slack, excluded.robing_id, excluded.dies_at,
           excluded.expiry);
    RETURN NULL;
END $$;
"""

KEEP_USERS = """
CREATE FUNCTION token_health_of_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('DELETE', 'UPDATE') THEN
        DELETE FROM token_health h USING gone g
        WHERE h.user_id = g.id AND h.token_status IS NULL
          AND NOT EXISTS (SELECT FROM users u WHERE u.id = g.id);
        UPDATE token_health h
        SET known = false, user_active = NULL, user_name = NULL, user_email = NULL, username = NULL,
            user_slack = NULL
        FROM gone g
        WHERE h.user_id = g.id
          AND NOT EXISTS (SELECT FROM users u WHERE u.id = g.id);
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN NULL;
    END IF;
    INSERT INTO token_health AS h (user_id, known, user_active, user_name, user_email, username, user_slack)
    SELECT u.id, true, u.active, u.display_name, u.email, u.username, u.slack_user_id
    FROM changed u ORDER BY u.id
    ON CONFLICT (user_id) DO UPDATE
    SET known = true, user_active = excluded.user_active, user_name = excluded.user_name,
        user_email = excluded.user_email, username = excluded.username, user_slack = excluded.user_slack
    WHERE (h.known, h.user_active, h.user_name, h.user_email, h.username, h.user_slack)
        IS DISTINCT FROM (true, excluded.user_active, excluded.user_name, excluded.user_email,
           excluded.username, excluded.user_slack);
    RETURN NULL;
END $$;
"""

WATCHED = {"users": "token_health_of_users", "gmail_tokens": "token_health_of_tokens"}
EVENTS = {
    "INSERT": "NEW TABLE AS changed",
    "UPDATE": "OLD TABLE AS gone NEW TABLE AS changed",
    "DELETE": "OLD TABLE AS gone",
}


def upgrade() -> None:
    create_token_health()
    create_status_days()
    create_bulk_actions()
    op.execute(KEEP_TOKENS)
    op.execute(KEEP_USERS)
    for table, function in WATCHED.items():
        for event, tables in EVENTS.items():
            op.execute(
                f"CREATE TRIGGER {table}_{event.lower()}_token_health AFTER {event} ON {table}"
                f" REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
            )
        # Whoever is there already comes in by the same way.
        key = "id" if table == "users" else "user_id"
        op.execute(f"UPDATE {table} SET {key} = {key}")
    improve_access_log()


def downgrade() -> None:
    op.drop_index("ix_access_log_actor_at", table_name="access_log")
    op.drop_index("ix_access_log_action_at", table_name="access_log")
    op.drop_index("ix_access_log_subject_user_id_at", table_name="access_log")
    op.drop_index("ix_access_log_at", table_name="access_log")
    op.create_index(op.f("ix_access_log_subject_user_id"), "access_log", ["subject_user_id"], unique=False)
    for table, function in WATCHED.items():
        for event in EVENTS:
            op.execute(f"DROP TRIGGER {table}_{event.lower()}_token_health ON {table}")
        op.execute(f"DROP FUNCTION {function}()")
    for table in (
        "bulk_action_items",
        "bulk_actions",
        "token_status_days",
        "token_health",
        "required_scopes",
    ):
        op.drop_table(table)


def improve_access_log() -> None:
    """Indexes for its page, and triggers that no session setting turns off."""
    op.drop_index(op.f("ix_access_log_subject_user_id"), table_name="access_log")
    op.create_index("ix_access_log_at", "access_log", ["at"], unique=False)
    op.create_index("ix_access_log_subject_user_id_at", "access_log", ["subject_user_id", "at"], unique=False)
    op.create_index("ix_access_log_actor_at", "access_log", ["actor", "at"], unique=False)
    op.create_index("ix_access_log_action_at", "access_log", ["action", "at"], unique=False)
    for trigger in ("access_log_append_only", "access_log_no_truncate"):
        op.execute(f"ALTER TABLE access_log ENABLE ALWAYS TRIGGER {trigger}")


def create_token_health() -> None:
    op.create_table(
        "required_scopes",
        sa.Column("id", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_required_scopes")),
    )
    op.execute(
        "INSERT INTO required_scopes (scopes)"
        """ VALUES ('["https://www.googleapis.com/auth/gmail.readonly"]')"""
    )
    op.create_table(
        "token_health",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("known", sa.Boolean(), server_default=NO, nullable=False),
        sa.Column("user_active", sa.Boolean(), nullable=True),
        *(
            sa.Column(name, sa.Text(), nullable=True)
            for name in ("user_name", "user_email", "username", "user_slack", "token_status")
        ),
        *(
            sa.Column(name, sa.Boolean(), server_default=NO, nullable=False)
            for name in ("lacks_scope", "reads", "sends")
        ),
        *(
            sa.Column(name, sa.Text(), nullable=True)
            for name in ("token_name", "mailbox", "token_slack", "robing_id")
        ),
        sa.Column("dies_at", sa.DateTime(timezone=True), server_default=INFINITY, nullable=False),
        sa.Column("expiry", sa.DateTime(timezone=True), server_default=INFINITY, nullable=False),
        sa.Column("status", sa.Text(), sa.Computed(STATUS, persisted=True), nullable=False),
        sa.Column(
            "active",
            sa.Boolean(),
            sa.Computed("coalesce(user_active, true)", persisted=True),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), sa.Computed(NAME, persisted=True), nullable=False),
        sa.Column("searched", sa.Text(), sa.Computed(SEARCHED, persisted=True), nullable=False),
        sa.Column(
            "can_read", sa.Boolean(), sa.Computed(f"reads AND {USABLE}", persisted=True), nullable=False
        ),
        sa.Column(
            "can_send", sa.Boolean(), sa.Computed(f"sends AND {USABLE}", persisted=True), nullable=False
        ),
        sa.Column(
            "on_slack",
            sa.Boolean(),
            sa.Computed("coalesce(user_slack, token_slack) IS NOT NULL", persisted=True),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_token_health")),
    )
    for name, columns in {
        "by_end": ["status", "active", "dies_at", "expiry", "user_id"],
        "everybody_by_name": ["active", "name", "user_id"],
        "everybody_by_end": ["active", "dies_at", "user_id"],
        "robing_id": ["robing_id"],
    }.items():
        op.create_index(f"ix_token_health_{name}", "token_health", columns, unique=False)
    op.create_index(
        "ix_token_health_by_name",
        "token_health",
        ["status", "active", "name", "user_id"],
        unique=False,
        postgresql_include=["dies_at", "expiry"],
    )
    op.create_index(
        "ix_token_health_works",
        "token_health",
        ["expiry"],
        unique=False,
        postgresql_where=sa.text("status = 'works' AND active"),
    )
    # Counting reads the indexes alone as long as the table is vacuumed often.
    op.execute(
        "ALTER TABLE token_health SET (autovacuum_vacuum_scale_factor = 0.02,"
        " autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02)"
    )


def create_status_days() -> None:
    op.create_table(
        "token_status_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("day", "status", name=op.f("pk_token_status_days")),
    )


def create_bulk_actions() -> None:
    op.create_table(
        "bulk_actions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column(
            "params",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        *(
            sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)
            for name in ("total", "done", "failed")
        ),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'stopped', 'failed')",
            name=op.f("ck_bulk_actions_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_actions")),
    )
    op.create_index("ix_bulk_actions_created_at", "bulk_actions", ["created_at"], unique=False)
    op.create_index(
        "ix_bulk_actions_open",
        "bulk_actions",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.create_table(
        "bulk_action_items",
        sa.Column("bulk_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_bulk_action_items_status")
        ),
        sa.ForeignKeyConstraint(
            ["bulk_id"],
            ["bulk_actions.id"],
            name=op.f("fk_bulk_action_items_bulk_id_bulk_actions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("bulk_id", "user_id", name=op.f("pk_bulk_action_items")),
    )
    op.create_index(
        "ix_bulk_action_items_open",
        "bulk_action_items",
        ["bulk_id", "user_id"],
        unique=False,
        postgresql_where=sa.text("status IN ('waiting', 'running')"),
    )
    op.create_index(
        "ix_bulk_action_items_failed",
        "bulk_action_items",
        ["bulk_id"],
        unique=False,
        postgresql_where=sa.text("status = 'failed'"),
    )
