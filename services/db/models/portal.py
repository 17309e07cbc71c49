"""What only the portal needs: sign-ins, previews, and the keys that people make for their own mail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.db.models.base import Base, CreatedAt, Json, JsonList, one_of

PREVIEW_STATES = ("queued", "running", "done", "failed")
PREVIEW_STEPS = ("token", "mail", "calendar", "news", "compose", "done")


class SignIn(Base):
    """One sign-in in one browser; `digest` is SHA-256 of what is particular to it.

    `first_seen_at` is by the database's clock: what the identity provider says of its own has whole seconds
    and is another machine's. Void when revoked or first seen before the person's `signed_out_at`. When the
    person is deleted the revoked digest stays without an owner, so that a cookie in another tab does not
    bring them back.
    """

    __tablename__ = "sign_ins"

    digest: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    first_seen_at: Mapped[CreatedAt]
    revoked_at: Mapped[datetime | None]


class Preview(Base):
    """A briefing as it would be sent at this moment, made by a job while somebody watches.

    `content` is the Slack message {text, blocks}, `missing` lists {source, reason}. `lease` names the worker
    that is at it; who comes back from the dead finds another one there.
    """

    __tablename__ = "previews"
    __table_args__ = (
        one_of("status", PREVIEW_STATES),
        one_of("step", PREVIEW_STEPS),
        Index("ix_previews_user_id_created_at", "user_id", "created_at"),
        Index("ix_previews_created_at", "created_at"),
        Index("ix_previews_open", "updated_at", postgresql_where=text("status IN ('queued', 'running')")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(server_default="queued")
    step: Mapped[str] = mapped_column(server_default="token")
    lease: Mapped[str | None]
    content: Mapped[Json | None]
    missing: Mapped[JsonList] = mapped_column(server_default=text("'[]'::jsonb"))
    error: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class ApiKey(Base):
    """A key with which its owner's programs read the owner's mail; only a hash of it is stored."""

    __tablename__ = "api_keys"
    __table_args__ = (one_of("scope", ("mail:read",)),)

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    key_hash: Mapped[str] = mapped_column(unique=True)
    prefix: Mapped[str]
    scope: Mapped[str] = mapped_column(server_default="mail:read")
    created_at: Mapped[CreatedAt]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
