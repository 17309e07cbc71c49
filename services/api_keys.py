"""Keys with which somebody's own programs read their mail: made by them, stored hashed, revocable."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from services.db.models import ApiKey, User
from services.errors import PreferenceRefused

PREFIX = 8
NAME_LIMIT = 80
KEYS_EACH = 20


@dataclass(frozen=True, slots=True)
class Key:
    """A key as its owner sees it: `prefix` is its beginning, the rest is known to nobody here."""

    id: str
    name: str
    prefix: str
    scope: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made; `secret` is shown once and never again."""

    key: Key
    secret: str

    def __repr__(self) -> str:
        return f"NewKey(key={self.key!r})"


def create(session: Session, user_id: str, name: str) -> NewKey:
    """Make a key for one's own mail. Raises PreferenceRefused: no_name, name_too_long, too_many."""
    name = "".join(filter(str.isprintable, name)).strip()
    if not name or len(name) > NAME_LIMIT:
        raise PreferenceRefused(
            "a key needs a name", code="name_too_long" if name else "no_name", field="name"
        )
    session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))
    usable = select(func.count()).where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
    if session.execute(usable).scalar_one() >= KEYS_EACH:
        raise PreferenceRefused(f"at most {KEYS_EACH} keys", code="too_many", field="name")
    secret = secrets.token_urlsafe(32)
    row = ApiKey(
        id=str(uuid.uuid4()), user_id=user_id, name=name, key_hash=_digest(secret), prefix=secret[:PREFIX]
    )
    session.add(row)
    session.flush()
    session.refresh(row)
    return NewKey(_shown(row), secret)


def own_keys(session: Session, user_id: str) -> list[Key]:
    """A person's keys, the newest first, revoked ones too."""
    rows = session.scalars(
        select(ApiKey).where(ApiKey.user_id == user_id).order_by(ApiKey.created_at.desc(), ApiKey.id)
    )
    return [_shown(row) for row in rows]


def revoke(session: Session, user_id: str, key_id: str) -> bool:
    """End one's own key; False where there is no usable one of that id."""
    ended = session.scalar(
        update(ApiKey)
        .where(ApiKey.id == key_id, ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .returning(ApiKey.id)
    )
    return ended is not None


def owner_of(session: Session, secret: str) -> str | None:
    """Whose key this is, noting its use; None where it is none, revoked, or its owner is deactivated."""
    owner: str | None = session.scalar(
        update(ApiKey)
        .where(
            ApiKey.key_hash == _digest(secret),
            ApiKey.revoked_at.is_(None),
            ApiKey.user_id == User.id,
            User.active,
        )
        .values(last_used_at=func.now())
        .returning(ApiKey.user_id)
    )
    return owner


def _digest(secret: str) -> str:
    """256 random bits need no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _shown(row: ApiKey) -> Key:
    return Key(row.id, row.name, row.prefix, row.scope, row.created_at, row.last_used_at, row.revoked_at)
