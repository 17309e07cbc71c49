"""The first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


KEEP_UPDATED_AT = """
CREATE FUNCTION update_updated_at_column() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END $$;
"""

UPDATED_TABLES = ("gmail_tokens", "auth_sessions", "briefings", "outbound_messages", "briefing_settings")

REFUSE_CHANGES = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER access_log_append_only BEFORE UPDATE OR DELETE ON access_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER access_log_no_truncate BEFORE TRUNCATE ON access_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

# The flat table of old, for queries only: secrets are ciphertext, expires_at is in seconds since 1970.
FLAT_VIEW = """
CREATE VIEW gmail_token AS
SELECT t.id, t.user_id, u.username, t.robing_id,
       t.token_data ->> 'access_token' AS access_token,
       t.token_data ->> 'refresh_token' AS refresh_token,
       t.token_data ->> 'token_type' AS token_type,
       extract(epoch FROM t.expiry)::bigint AS expires_at,
       t.scopes, t.metadata, t.status, t.status_reason, t.created_at, t.updated_at
FROM gmail_tokens t LEFT JOIN users u ON u.id = t.user_id;
"""

DROP_QUEUE = """
DO $$
DECLARE item record;
BEGIN
    FOR item IN SELECT oid::regclass AS name FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname LIKE 'procrastinate%'
    LOOP EXECUTE format('DROP TABLE %s CASCADE', item.name); END LOOP;
    FOR item IN SELECT oid::regprocedure AS name FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'procrastinate%'
    LOOP EXECUTE format('DROP FUNCTION %s CASCADE', item.name); END LOOP;
    FOR item IN SELECT oid::regtype AS name FROM pg_type
        WHERE typnamespace = current_schema()::regnamespace AND typtype IN ('e', 'c')
          AND typname LIKE 'procrastinate%'
    LOOP EXECUTE format('DROP TYPE %s CASCADE', item.name); END LOOP;
END $$;
"""


def upgrade() -> None:
    """Every table, then what SQLAlchemy does not know: triggers, the flat view, the queue's own schema."""
    create_tables()
    op.execute(KEEP_UPDATED_AT)
    for table in UPDATED_TABLES:
        op.execute(
            f"CREATE TRIGGER update_{table}_updated_at BEFORE UPDATE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()"
        )
    op.execute(REFUSE_CHANGES)
    op.execute(FLAT_VIEW)
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))


def downgrade() -> None:
    """Back to an empty database."""
    op.execute(DROP_QUEUE)
    op.execute("DROP VIEW gmail_token")
    drop_tables()
    op.execute("DROP FUNCTION refuse_change()")
    op.execute("DROP FUNCTION update_updated_at_column()")


def create_tables() -> None:
    op.create_table(
        "access_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_user_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_log")),
    )
    op.create_index(op.f("ix_access_log_subject_user_id"), "access_log", ["subject_user_id"], unique=False)
    op.create_table(
        "gmail_tokens",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.String(length=100), nullable=False),
        sa.Column("robing_id", sa.String(length=50), nullable=True),
        sa.Column("token_data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("oauth_config", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("expiry", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("status", sa.Text(), server_default="refresh_due", nullable=False),
        sa.Column("status_reason", sa.Text(), nullable=True),
        sa.Column("status_detail", sa.Text(), nullable=True),
        sa.Column("failure_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_failure_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_refresh_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refresh_token_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refreshing_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retry_refresh_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('healthy', 'refresh_due', 'failing', 'expiring_soon', 'reconnect_required', 'not_connected')",
            name=op.f("ck_gmail_tokens_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gmail_tokens")),
        sa.UniqueConstraint("user_id", name=op.f("uq_gmail_tokens_user_id")),
    )
    op.create_index(
        "ix_gmail_tokens_metadata", "gmail_tokens", ["metadata"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_gmail_tokens_robing_id", "gmail_tokens", ["robing_id"], unique=False)
    op.create_index(
        "ix_gmail_tokens_scopes", "gmail_tokens", ["scopes"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_gmail_tokens_slack_user_id",
        "gmail_tokens",
        [sa.literal_column("(metadata ->> 'slack_user_id')")],
        unique=False,
    )
    op.create_index("ix_gmail_tokens_status", "gmail_tokens", ["status"], unique=False)
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "news_feeds",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column(
            "items",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_news_feeds")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), server_default="", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "counts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_table(
        "token_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token_events")),
    )
    op.create_index("ix_token_events_user_id_at", "token_events", ["user_id", "at"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column("display_name", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), server_default="ko", nullable=False),
        sa.Column("timezone", sa.Text(), server_default="Asia/Seoul", nullable=False),
        sa.Column("slack_user_id", sa.Text(), nullable=True),
        sa.Column("slack_channel", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), server_default="member", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("signed_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role IN ('member', 'admin')", name=op.f("ck_users_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("slack_user_id", name=op.f("uq_users_slack_user_id")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
    op.create_index("ix_users_email_lower", "users", [sa.literal_column("lower(email)")], unique=False)
    op.create_table(
        "auth_sessions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="started", nullable=False),
        sa.Column("state_hash", sa.Text(), nullable=True),
        sa.Column("browser_hash", sa.Text(), nullable=False),
        sa.Column("code_verifier", sa.Text(), nullable=True),
        sa.Column("code_hash", sa.Text(), nullable=True),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("login_hint", sa.Text(), nullable=True),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("google_email", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_description", sa.Text(), nullable=True),
        sa.Column(
            "progress",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('started', 'consent_requested', 'authorized', 'fetching', 'completed', 'denied', 'failed', 'expired')",
            name=op.f("ck_auth_sessions_status"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_auth_sessions_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auth_sessions")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_auth_sessions_state_hash")),
    )
    op.create_index(
        "ix_auth_sessions_user_id_created_at", "auth_sessions", ["user_id", "created_at"], unique=False
    )
    op.create_table(
        "briefing_settings",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("send_at", sa.Time(), server_default=sa.text("'09:00'"), nullable=False),
        sa.Column(
            "weekdays",
            postgresql.ARRAY(sa.SmallInteger()),
            server_default=sa.text("ARRAY[1,2,3,4,5]::smallint[]"),
            nullable=False,
        ),
        sa.Column(
            "sections",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("ARRAY['calendar','mail','news']::text[]"),
            nullable=False,
        ),
        sa.Column(
            "feeds", postgresql.ARRAY(sa.Text()), server_default=sa.text("ARRAY[]::text[]"), nullable=False
        ),
        sa.Column(
            "vips", postgresql.ARRAY(sa.Text()), server_default=sa.text("ARRAY[]::text[]"), nullable=False
        ),
        sa.Column(
            "muted", postgresql.ARRAY(sa.Text()), server_default=sa.text("ARRAY[]::text[]"), nullable=False
        ),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("covered_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "weekdays <@ ARRAY[1,2,3,4,5,6,7]::smallint[]", name=op.f("ck_briefing_settings_weekdays")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_briefing_settings_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_briefing_settings")),
    )
    op.create_index(
        "ix_briefing_settings_due",
        "briefing_settings",
        ["next_due_at"],
        unique=False,
        postgresql_where=sa.text("enabled"),
    )
    op.create_table(
        "briefings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), server_default="due", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("completeness", sa.Text(), nullable=True),
        sa.Column(
            "missing",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("covers_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cursor", sa.DateTime(timezone=True), nullable=True),
        sa.Column("composed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "message_ids",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('daily', 'completion', 'manual')", name=op.f("ck_briefings_kind")),
        sa.CheckConstraint(
            "status IN ('due', 'claimed', 'composed', 'sending', 'sent', 'retry_wait', 'failed', 'missed', 'skipped')",
            name=op.f("ck_briefings_status"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name=op.f("fk_briefings_run_id_runs"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_briefings_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_briefings")),
    )
    op.create_index(
        "ix_briefings_open",
        "briefings",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('due', 'claimed', 'composed', 'sending', 'retry_wait')"),
    )
    op.create_index(op.f("ix_briefings_run_id"), "briefings", ["run_id"], unique=False)
    op.create_index("ix_briefings_user_id_created_at", "briefings", ["user_id", "created_at"], unique=False)
    op.create_index(
        "uq_briefings_once_a_day",
        "briefings",
        ["user_id", "local_date", "kind"],
        unique=True,
        postgresql_where=sa.text("kind IN ('daily', 'completion')"),
    )
    op.create_table(
        "conversation_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("ts", sa.Text(), nullable=False),
        sa.Column("thread_ts", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("blocks", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_conversation_log_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_log")),
        sa.UniqueConstraint("channel", "ts", name=op.f("uq_conversation_log_channel_ts")),
    )
    op.create_index(
        "ix_conversation_log_user_id_said_at", "conversation_log", ["user_id", "said_at"], unique=False
    )
    op.create_table(
        "user_identities",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_identities_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_user_identities")),
    )
    op.create_index(op.f("ix_user_identities_user_id"), "user_identities", ["user_id"], unique=False)
    op.create_table(
        "auth_session_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("auth_session_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("level", sa.Text(), server_default="info", nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["auth_session_id"],
            ["auth_sessions.id"],
            name=op.f("fk_auth_session_events_auth_session_id_auth_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auth_session_events")),
    )
    op.create_index(
        op.f("ix_auth_session_events_auth_session_id"),
        "auth_session_events",
        ["auth_session_id"],
        unique=False,
    )
    op.create_table(
        "outbound_messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("briefing_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("thread_ts", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("slack_ts", sa.Text(), nullable=True),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'sending', 'sent', 'failed')", name=op.f("ck_outbound_messages_status")
        ),
        sa.ForeignKeyConstraint(
            ["briefing_id"],
            ["briefings.id"],
            name=op.f("fk_outbound_messages_briefing_id_briefings"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_outbound_messages_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbound_messages")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_outbound_messages_dedupe_key")),
    )
    op.create_index(
        op.f("ix_outbound_messages_briefing_id"), "outbound_messages", ["briefing_id"], unique=False
    )
    op.create_index(
        "ix_outbound_messages_open",
        "outbound_messages",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'sending')"),
    )
    op.create_index(op.f("ix_outbound_messages_user_id"), "outbound_messages", ["user_id"], unique=False)


def drop_tables() -> None:
    op.drop_index(op.f("ix_outbound_messages_user_id"), table_name="outbound_messages")
    op.drop_index(
        "ix_outbound_messages_open",
        table_name="outbound_messages",
        postgresql_where=sa.text("status IN ('queued', 'sending')"),
    )
    op.drop_index(op.f("ix_outbound_messages_briefing_id"), table_name="outbound_messages")
    op.drop_table("outbound_messages")
    op.drop_index(op.f("ix_auth_session_events_auth_session_id"), table_name="auth_session_events")
    op.drop_table("auth_session_events")
    op.drop_index(op.f("ix_user_identities_user_id"), table_name="user_identities")
    op.drop_table("user_identities")
    op.drop_index("ix_conversation_log_user_id_said_at", table_name="conversation_log")
    op.drop_table("conversation_log")
    op.drop_index(
        "uq_briefings_once_a_day",
        table_name="briefings",
        postgresql_where=sa.text("kind IN ('daily', 'completion')"),
    )
    op.drop_index("ix_briefings_user_id_created_at", table_name="briefings")
    op.drop_index(op.f("ix_briefings_run_id"), table_name="briefings")
    op.drop_index(
        "ix_briefings_open",
        table_name="briefings",
        postgresql_where=sa.text("status IN ('due', 'claimed', 'composed', 'sending', 'retry_wait')"),
    )
    op.drop_table("briefings")
    op.drop_index(
        "ix_briefing_settings_due", table_name="briefing_settings", postgresql_where=sa.text("enabled")
    )
    op.drop_table("briefing_settings")
    op.drop_index("ix_auth_sessions_user_id_created_at", table_name="auth_sessions")
    op.drop_table("auth_sessions")
    op.drop_index("ix_users_email_lower", table_name="users")
    op.drop_table("users")
    op.drop_index("ix_token_events_user_id_at", table_name="token_events")
    op.drop_table("token_events")
    op.drop_table("runs")
    op.drop_table("news_feeds")
    op.drop_table("heartbeats")
    op.drop_index("ix_gmail_tokens_status", table_name="gmail_tokens")
    op.drop_index("ix_gmail_tokens_slack_user_id", table_name="gmail_tokens")
    op.drop_index("ix_gmail_tokens_scopes", table_name="gmail_tokens", postgresql_using="gin")
    op.drop_index("ix_gmail_tokens_robing_id", table_name="gmail_tokens")
    op.drop_index("ix_gmail_tokens_metadata", table_name="gmail_tokens", postgresql_using="gin")
    op.drop_table("gmail_tokens")
    op.drop_index(op.f("ix_access_log_subject_user_id"), table_name="access_log")
    op.drop_table("access_log")
