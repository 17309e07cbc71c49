"""What one's own attempts to connect came to, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from services import audit
from services.access import Actor, allow
from services.connect.sessions import ENDS, NEXT, STEPS
from services.db.models import AuthSession, AuthSessionEvent, Json
from services.errors import PortalError

# Whoever follows an attempt of somebody else's is one look in the access log.
ONE_LOOK = timedelta(minutes=10)
STATES = tuple(dict.fromkeys((*STEPS, *NEXT)))


class UnknownAuthSession(PortalError):
    """There is no auth session of that id."""

    permanent = True
    code = "unknown_auth_session"


@dataclass(frozen=True, slots=True)
class Attempt:
    """An auth session without its secrets; `progress` has the states reached.

    The first look has read `mails_read` of `mails_found` messages; None before it knows how many there are.
    """

    id: str
    user_id: str
    status: str
    progress: frozenset[str]
    google_email: str
    error_code: str | None
    error_description: str | None
    mails_read: int | None
    mails_found: int | None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime

    @property
    def finished(self) -> bool:
        return self.status in ENDS


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a timeline; `message` is a code that the page puts into words, `level` info or error."""

    at: datetime
    level: str
    message: str
    detail: Json


def latest(session: Session, user_id: str) -> Attempt | None:
    """The newest attempt of a person, or None."""
    return _attempt(
        session.scalar(
            select(AuthSession)
            .where(AuthSession.user_id == user_id)
            .order_by(AuthSession.created_at.desc())
            .limit(1)
        )
    )


def read(session: Session, session_id: str, user_id: str) -> Attempt | None:
    """One's own attempt; None where there is none of that id, which may be anything from an address."""
    if not session_id.isprintable():
        return None
    return _attempt(
        session.scalar(
            select(AuthSession).where(AuthSession.id == session_id, AuthSession.user_id == user_id)
        )
    )


def timeline(session: Session, session_id: str, user_id: str) -> tuple[Line, ...]:
    """The lines of one's own attempt, oldest first; none where it is somebody else's."""
    rows = session.scalars(
        select(AuthSessionEvent)
        .join(AuthSession, AuthSession.id == AuthSessionEvent.auth_session_id)
        .where(AuthSession.id == session_id, AuthSession.user_id == user_id)
        .order_by(AuthSessionEvent.id)
    )
    return tuple(Line(row.at, row.level, row.message, row.detail) for row in rows)


def read_for(session: Session, session_id: str, actor: Actor) -> tuple[Attempt, tuple[Line, ...]]:
    """An attempt with its lines, for its owner or an admin, whose look is itself written down.

    Raises UnknownAuthSession, Forbidden.
    """
    owner = session.scalar(select(AuthSession.user_id).where(AuthSession.id == session_id))
    if owner is None:
        raise UnknownAuthSession(f"there is no auth session {session_id!r}")
    allow(actor, owner)
    if actor.user_id != owner:
        audit.record_look(
            session, actor=actor.user_id, action="view_auth_session", subject=owner, within=ONE_LOOK
        )
    attempt = read(session, session_id, owner)
    assert attempt is not None  # noqa: S101 - it has just been there
    return attempt, timeline(session, session_id, owner)


def _attempt(row: AuthSession | None) -> Attempt | None:
    return attempt_of(row) if row is not None else None


def attempt_of(row: AuthSession) -> Attempt:
    """What may be shown of a row: nothing that opens anything."""
    return Attempt(
        id=row.id,
        user_id=row.user_id,
        status=row.status,
        progress=frozenset(state for state in STATES if row.progress.get(state)),
        google_email=row.google_email or "",
        error_code=row.error_code,
        error_description=row.error_description,
        mails_read=row.progress.get("mails_read"),
        mails_found=row.progress.get("mails_found"),
        created_at=row.created_at,
        updated_at=row.updated_at,
        expires_at=row.expires_at,
    )
