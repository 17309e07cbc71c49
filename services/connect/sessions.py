"""Auth sessions: one attempt to connect Google, as a state machine with a timeline.

`started → consent_requested → authorized → fetching → completed`, or `denied`, `failed`, `expired`. Every
change is one UPDATE that names the states it may leave, with the timeline's line in the same transaction:
writers at the same time lose nothing and no illegal state can come about.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from services.db.models import AuthSession, AuthSessionEvent, Json

NEXT: dict[str, tuple[str, ...]] = {
    "consent_requested": ("started",),
    "authorized": ("consent_requested",),
    "fetching": ("authorized",),
    "completed": ("authorized", "fetching"),
    "denied": ("started", "consent_requested"),
    "failed": ("started", "consent_requested"),
    "expired": ("started", "consent_requested"),
}

# Longer than exchanging a code and one real call can take.
EXCHANGE = timedelta(minutes=2)


def advance(
    session: Session, session_id: str, to: str, message: str, *, detail: Json | None = None, **values: Any
) -> AuthSession | None:
    """Move an auth session on; None when it is in no state that leads there. `values` are set with it."""
    moved: AuthSession | None = session.scalar(
        update(AuthSession)
        .where(AuthSession.id == session_id, AuthSession.status.in_(NEXT[to]))
        .values(status=to, progress=_with_flag(to), **values)
        .returning(AuthSession)
    )
    if moved is not None:
        level = "error" if to in {"denied", "failed", "expired"} else "info"
        note(session, session_id, message, level=level, detail=detail)
    return moved


def expire_overdue(session: Session) -> None:
    """End the auth sessions that nobody came back to, or that a crash left in the middle of the exchange."""
    overdue = or_(
        and_(AuthSession.expires_at < func.now(), AuthSession.code_hash.is_(None)),
        AuthSession.expires_at < func.now() - EXCHANGE,
    )
    for session_id in session.scalars(
        select(AuthSession.id).where(AuthSession.status.in_(NEXT["expired"]), overdue).limit(1_000)
    ).all():
        advance(session, session_id, "expired", "expired", error_code="expired", code_verifier=None)


def note(
    session: Session, session_id: str, message: str, *, level: str = "info", detail: Json | None = None
) -> None:
    """Add a line to the timeline; `message` is a code that is put into words when shown."""
    session.add(
        AuthSessionEvent(auth_session_id=session_id, message=message, level=level, detail=detail or {})
    )


def digest(secret: str) -> str:
    """How a secret that only the browser knows is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _with_flag(step: str) -> Any:
    return AuthSession.progress.op("||")(func.jsonb_build_object(step, True, type_=JSONB))
