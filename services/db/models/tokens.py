"""Google tokens and the auth sessions that bring them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.db.models.base import Base, BigId, CreatedAt, Json, JsonList, one_of

EMPTY = text("'{}'::jsonb")

TOKEN_STATES = ("healthy", "refresh_due", "failing", "expiring_soon", "reconnect_required", "not_connected")
AUTH_SESSION_STATES = (
    "started",
    "consent_requested",
    "authorized",
    "fetching",
    "completed",
    "denied",
    "failed",
    "expired",
)


class GmailToken(Base):
    """One person's Google grant.

    `token_data` {access_token, refresh_token, token_type} and `oauth_config` {client_id, client_secret,
    token_uri, auth_uri} hold ciphertext where the value is secret; `expiry` is the access token's.
    `status` and `status_reason` come from real calls, `status_detail` is Google's own description.
    `refreshing_until` is the claim of whoever is refreshing now; `retry_refresh_at` the end of the cooldown
    after a transient failure. `grant_id` is another one after each consent or import: it tells whether the
    grant is still the one that was read, however its secrets are sealed. `kept_alive_at` is when the sidecar
    last had it tried. No foreign key: imported tokens may wait for their owner.
    """

    __tablename__ = "gmail_tokens"
    __table_args__ = (
        Index("ix_gmail_tokens_robing_id", "robing_id"),
        Index("ix_gmail_tokens_slack_user_id", text("(metadata ->> 'slack_user_id')")),
        Index("ix_gmail_tokens_scopes", "scopes", postgresql_using="gin"),
        Index("ix_gmail_tokens_metadata", "metadata", postgresql_using="gin"),
        Index("ix_gmail_tokens_status", "status"),
        Index("ix_gmail_tokens_last_used_at", "last_used_at"),
        Index("ix_gmail_tokens_refresh_token_expires_at", "refresh_token_expires_at"),
        one_of("status", TOKEN_STATES),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    user_id: Mapped[str] = mapped_column(String(100), unique=True)
    robing_id: Mapped[str | None] = mapped_column(String(50))
    token_data: Mapped[Json]
    oauth_config: Mapped[Json | None]
    scopes: Mapped[JsonList | None]
    details: Mapped[Json | None] = mapped_column("metadata", JSONB)
    expiry: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]

    status: Mapped[str] = mapped_column(server_default="refresh_due")
    status_reason: Mapped[str | None]
    status_detail: Mapped[str | None]
    failure_count: Mapped[int] = mapped_column(server_default=text("0"))
    last_failure_at: Mapped[datetime | None]
    last_refresh_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    refresh_token_expires_at: Mapped[datetime | None]
    refreshing_until: Mapped[datetime | None]
    retry_refresh_at: Mapped[datetime | None]
    grant_id: Mapped[str] = mapped_column(server_default=text("gen_random_uuid()::text"))
    connected_at: Mapped[datetime | None]
    kept_alive_at: Mapped[datetime | None]


class TokenEvent(Base):
    """What happened to a person's token: connected, refreshed, failed, disconnected, …"""

    __tablename__ = "token_events"
    __table_args__ = (
        Index("ix_token_events_user_id_at", "user_id", "at"),
        # What is forgotten after a while: see services/tokens/health.py.
        Index(
            "ix_token_events_daily",
            "at",
            postgresql_where=text("kind IN ('refreshed', 'used', 'refresh_failed')"),
        ),
    )

    id: Mapped[BigId]
    user_id: Mapped[str]
    at: Mapped[CreatedAt]
    kind: Mapped[str]
    detail: Mapped[Json] = mapped_column(server_default=EMPTY)


class AuthSession(Base):
    """One attempt to connect Google, from the click to the first fetch.

    `state_hash` and `browser_hash` are SHA-256 of what only the browser knows; `code_verifier` is encrypted;
    `code_hash` marks the callback that was taken. `progress` has a flag a step.
    """

    __tablename__ = "auth_sessions"
    __table_args__ = (
        Index("ix_auth_sessions_user_id_created_at", "user_id", "created_at"),
        Index("ix_auth_sessions_created_at_id", text("created_at DESC"), "id"),
        one_of("status", AUTH_SESSION_STATES),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(server_default="started")
    state_hash: Mapped[str | None] = mapped_column(unique=True)
    browser_hash: Mapped[str]
    code_verifier: Mapped[str | None]
    code_hash: Mapped[str | None]
    scopes: Mapped[JsonList]
    login_hint: Mapped[str | None]
    redirect_uri: Mapped[str]
    google_email: Mapped[str | None]
    error_code: Mapped[str | None]
    error_description: Mapped[str | None]
    progress: Mapped[Json] = mapped_column(server_default=EMPTY)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]


class AuthSessionEvent(Base):
    """One line of an auth session's timeline; `message` is a code that is put into words when shown."""

    __tablename__ = "auth_session_events"

    id: Mapped[BigId]
    auth_session_id: Mapped[str] = mapped_column(
        ForeignKey("auth_sessions.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[CreatedAt]
    level: Mapped[str] = mapped_column(server_default="info")
    message: Mapped[str]
    detail: Mapped[Json] = mapped_column(server_default=EMPTY)
