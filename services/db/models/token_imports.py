"""Tokens of the system before this one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.db.models.base import Base, CreatedAt, Json, JsonList, one_of


class TokenImport(Base):
    """One old token that was brought in: `waiting` for its owner, or `assigned` to them.

    `digest` is the SHA-256 of the refresh token (else of the access token): what has been here once is known
    again. `secrets` {access_token, refresh_token, client_secret, token_type} are encrypted, and gone once
    they are in `gmail_tokens`. `old_user_id` is what the old system called the owner, `details` what
    `gmail_tokens.metadata` will hold.
    """

    __tablename__ = "token_imports"
    __table_args__ = (
        one_of("status", ("waiting", "assigned")),
        Index("ix_token_imports_waiting", "created_at", postgresql_where=text("status = 'waiting'")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(server_default="waiting")
    source: Mapped[str]
    old_user_id: Mapped[str] = mapped_column(server_default="")
    robing_id: Mapped[str | None]
    secrets: Mapped[Json | None]
    client_id: Mapped[str | None]
    scopes: Mapped[JsonList]
    details: Mapped[Json]
    expiry: Mapped[datetime | None]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    imported_by: Mapped[str]
    created_at: Mapped[CreatedAt]
    assigned_at: Mapped[datetime | None]
