"""Auth sessions: one attempt to connect Google, as a state machine with a timeline.

`started → consent_requested → authorized → fetching → completed`, or `denied`, `failed`, `expired`. Every
change is one UPDATE that names the states it may leave, with the timeline's line in the same transaction:
writers at the same time lose nothing and no illegal state can come about. `progress` has a flag a state
that was reached, and how far the first look into the mailbox is: `mails_read` of `mails_found`, in `looks`
looks. Flags stay and numbers grow, whoever comes late.
"""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, and_, func, or_, select, update
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

# The way that leads to a connection.
STEPS = ("started", "consent_requested", "authorized", "fetching", "completed")
ENDS = frozenset({"completed", "denied", "failed", "expired"})
# Nobody has come back from Google yet.
OPEN = ("started", "consent_requested")
FIRST = {"started": True}

# Longer than exchanging a code and one real call can take.
EXCHANGE = timedelta(minutes=2)

log = structlog.get_logger(__name__)


def in_logs(session_id: str) -> AbstractContextManager[Any]:
    """Every line logged in here says which auth session it belongs to: `auth_session=<id>`."""
    return structlog.contextvars.bound_contextvars(auth_session=session_id)


def advance(
    session: Session, session_id: str, to: str, message: str, *, detail: Json | None = None, **values: Any
) -> AuthSession | None:
    """Move an auth session on; None when it is in no state that leads there. `values` are set with it."""
    moved: AuthSession | None = session.scalar(
        update(AuthSession)
        .where(AuthSession.id == session_id, AuthSession.status.in_(NEXT[to]))
        .values(status=to, progress=_with({to: True}), **values)
        .returning(AuthSession)
    )
    if moved is not None:
        level = "error" if to in {"denied", "failed", "expired"} else "info"
        note(session, session_id, message, level=level, detail=detail)
        log.info("auth_session_moved", auth_session=session_id, to=to, message=message)
    return moved


def read_on(session: Session, session_id: str, read: int, found: int) -> None:
    """How far the first look is; a late writer of a smaller number changes nothing."""
    numbers = {"mails_read": _at_least("mails_read", read), "mails_found": _at_least("mails_found", found)}
    session.execute(
        update(AuthSession)
        .where(AuthSession.id == session_id, AuthSession.status == "fetching")
        .values(progress=_with(numbers))
    )


def take_up(session: Session, session_id: str, left: ColumnElement[bool]) -> AuthSession | None:
    """Look once more where a look was left in the middle; None where it is not."""
    taken: AuthSession | None = session.scalar(
        update(AuthSession)
        .where(AuthSession.id == session_id, AuthSession.status == "fetching", left)
        .values(progress=_with({"looks": func.coalesce(_number("looks"), 1) + 1}))
        .returning(AuthSession)
    )
    if taken is not None:
        note(session, session_id, "fetching_again", detail={"looks": taken.progress["looks"]})
    return taken


def granted_in(session: Session, user_id: str) -> str | None:
    """The auth session that a person's latest consent came in."""
    return session.scalar(
        select(AuthSession.id)
        .where(AuthSession.user_id == user_id, AuthSession.progress.has_key("authorized"))
        .order_by(AuthSession.created_at.desc())
        .limit(1)
    )


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
        AuthSessionEvent(
            auth_session_id=session_id,
            at=func.clock_timestamp(),  # who has waited for another writer comes after them
            message=message,
            level=level,
            detail=detail or {},
        )
    )


def digest(secret: str) -> str:
    """How a secret that only the browser knows is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _with(flags: Json) -> Any:
    """`progress` with these set, worked out by the database from what is there by then."""
    pairs = [part for name, value in flags.items() for part in (name, value)]
    return AuthSession.progress.op("||")(func.jsonb_build_object(*pairs, type_=JSONB))


def _at_least(name: str, number: int) -> Any:
    return func.greatest(func.coalesce(_number(name), 0), number)


def _number(name: str) -> Any:
    return AuthSession.progress[name].as_integer()
