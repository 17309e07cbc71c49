"""What the token health page reads: a line a person, the days before, and actions for many at once."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, Computed, ForeignKey, Index, PrimaryKeyConstraint, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.db.models.base import Base, CreatedAt, Json, JsonList, one_of

BULK_STATES = ("queued", "running", "done", "stopped", "failed")
BULK_ITEM_STATES = ("waiting", "running", "done", "failed")

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


class TokenHealth(Base):
    """One person's line on the health page, or that of an imported token whose owner has not come yet.

    Triggers on `users` and `gmail_tokens` keep it, each its own columns, so that two writers at once lose
    nothing; what follows from both is generated. `status` is what holds at any moment: who `works` is
    `expiring_soon`, `refresh_due` or `healthy` by `dies_at` and `expiry` when somebody looks.
    """

    __tablename__ = "token_health"
    __table_args__ = (
        Index("ix_token_health_by_end", "status", "active", "dies_at", "expiry", "user_id"),
        Index(
            "ix_token_health_by_name",
            *("status", "active", "name", "user_id"),
            postgresql_include=["dies_at", "expiry"],
        ),
        Index("ix_token_health_works", "expiry", postgresql_where=text("status = 'works' AND active")),
        Index("ix_token_health_everybody_by_name", "active", "name", "user_id"),
        Index("ix_token_health_everybody_by_end", "active", "dies_at", "user_id"),
        Index("ix_token_health_robing_id", "robing_id"),
    )

    user_id: Mapped[str] = mapped_column(primary_key=True)
    known: Mapped[bool] = mapped_column(server_default=text("false"))
    user_active: Mapped[bool | None]
    user_name: Mapped[str | None]
    user_email: Mapped[str | None]
    username: Mapped[str | None]
    user_slack: Mapped[str | None]
    token_status: Mapped[str | None]
    lacks_scope: Mapped[bool] = mapped_column(server_default=text("false"))
    reads: Mapped[bool] = mapped_column(server_default=text("false"))
    sends: Mapped[bool] = mapped_column(server_default=text("false"))
    token_name: Mapped[str | None]
    mailbox: Mapped[str | None]
    token_slack: Mapped[str | None]
    robing_id: Mapped[str | None]
    # Compared in the database only: Python knows no infinity.
    dies_at: Mapped[datetime] = mapped_column(server_default=text("'infinity'"), deferred=True)
    expiry: Mapped[datetime] = mapped_column(server_default=text("'infinity'"), deferred=True)
    status: Mapped[str] = mapped_column(Text, Computed(STATUS, persisted=True))
    active: Mapped[bool] = mapped_column(Boolean, Computed("coalesce(user_active, true)", persisted=True))
    name: Mapped[str] = mapped_column(Text, Computed(NAME, persisted=True))
    searched: Mapped[str] = mapped_column(Text, Computed(SEARCHED, persisted=True))
    can_read: Mapped[bool] = mapped_column(Boolean, Computed(f"reads AND {USABLE}", persisted=True))
    can_send: Mapped[bool] = mapped_column(Boolean, Computed(f"sends AND {USABLE}", persisted=True))
    on_slack: Mapped[bool] = mapped_column(
        Boolean, Computed("coalesce(user_slack, token_slack) IS NOT NULL", persisted=True)
    )


class RequiredScopes(Base):
    """The one row that says which scopes `token_health.lacks_scope` was worked out with."""

    __tablename__ = "required_scopes"

    id: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    scopes: Mapped[JsonList]


class TokenStatusDay(Base):
    """How many active people stood in a status on a day, as last counted on it."""

    __tablename__ = "token_status_days"
    __table_args__ = (PrimaryKeyConstraint("day", "status"),)

    day: Mapped[date]
    status: Mapped[str]
    count: Mapped[int]
    counted_at: Mapped[CreatedAt]


class BulkAction(Base):
    """An admin's action for several people, worked off by jobs: `queued → running → done | stopped | failed`.

    `params` are the action's own, until it is over; `lease` names the worker that is at it. `error` says why
    nobody may go on.
    """

    __tablename__ = "bulk_actions"
    __table_args__ = (
        one_of("status", BULK_STATES),
        Index("ix_bulk_actions_created_at", "created_at"),
        Index("ix_bulk_actions_open", "created_at", postgresql_where=text("status IN ('queued', 'running')")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    requested_by: Mapped[str]
    action: Mapped[str]
    params: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    total: Mapped[int] = mapped_column(server_default=text("0"))
    done: Mapped[int] = mapped_column(server_default=text("0"))
    failed: Mapped[int] = mapped_column(server_default=text("0"))
    status: Mapped[str] = mapped_column(server_default="queued")
    error: Mapped[str | None]
    lease: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    finished_at: Mapped[datetime | None]


class BulkActionItem(Base):
    """One person of a bulk action: `waiting → running → done | failed`; `error` is a machine name."""

    __tablename__ = "bulk_action_items"
    __table_args__ = (
        PrimaryKeyConstraint("bulk_id", "user_id"),
        one_of("status", BULK_ITEM_STATES),
        Index(
            "ix_bulk_action_items_open",
            "bulk_id",
            "user_id",
            postgresql_where=text("status IN ('waiting', 'running')"),
        ),
        Index("ix_bulk_action_items_failed", "bulk_id", postgresql_where=text("status = 'failed'")),
    )

    bulk_id: Mapped[str] = mapped_column(ForeignKey("bulk_actions.id", ondelete="CASCADE"))
    user_id: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="waiting")
    error: Mapped[str | None]
    finished_at: Mapped[datetime | None]
