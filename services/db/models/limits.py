"""What all workers on all machines together may ask of others."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from services.db.models.base import Base, CreatedAt


class RateLimit(Base):
    """A token bucket, by key.

    `full_at` is when the bucket will be full again; nothing is taken from it before `blocked_until`, which a
    Retry-After has set.
    """

    __tablename__ = "rate_limits"

    key: Mapped[str] = mapped_column(primary_key=True)
    full_at: Mapped[CreatedAt]
    blocked_until: Mapped[datetime | None]
