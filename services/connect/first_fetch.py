"""The first look into a mailbox just connected: `authorized → fetching → completed`.

It shows that tomorrow's briefing will find mail. A failure does not undo the connection: the auth session
is completed all the same, with the error in its timeline.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select, update

from services.connect import sessions
from services.db.engine import transaction
from services.db.models import AuthSession, Json
from services.errors import PortalError
from services.runtime import Runtime
from services.sources.gmail.fetch import fetch_mail
from services.tokens.refresh import credentials_for

LOOK_BACK = timedelta(hours=24)
LEASE = timedelta(seconds=120)


def run(runtime: Runtime, session_id: str, *, now: datetime) -> None:
    """Look and complete; nothing where somebody else does, or where it is done."""
    attempt = _claim(runtime, session_id)
    if attempt is None:
        return
    try:
        found = _look(runtime, attempt, now)
    except PortalError as exc:
        _complete(runtime, session_id, "first_fetch_failed", {"reason": exc.code}, level="error")
    except Exception:
        _complete(runtime, session_id, "first_fetch_failed", {"reason": "internal"}, level="error")
        raise
    else:
        _complete(runtime, session_id, "first_fetch_done", found)


def is_left() -> ColumnElement[bool]:
    """Auth sessions whose first look nobody has taken or finished in good time."""
    return and_(
        AuthSession.status.in_(("authorized", "fetching")), AuthSession.updated_at < func.now() - LEASE
    )


def _claim(runtime: Runtime, session_id: str) -> AuthSession | None:
    with transaction(runtime.sessions) as session:
        fresh = sessions.advance(session, session_id, "fetching", "fetching")
        if fresh is not None:
            return fresh
        left: AuthSession | None = session.scalar(
            update(AuthSession)
            .where(AuthSession.id == session_id, is_left())
            .values(status="fetching")
            .returning(AuthSession)
        )
        return left


def _look(runtime: Runtime, attempt: AuthSession, now: datetime) -> Json:
    """How many mails came in a day, and how many of them look as if they matter."""
    batch = fetch_mail(
        credentials_for(runtime, attempt.user_id),
        root=runtime.settings.gmail_api_url,
        owner=attempt.google_email or "",
        since=now - LOOK_BACK,
        now=now,
    )
    return {"mails": len(batch.new_ids), "candidates": len(batch.candidate_ids)}


def _complete(runtime: Runtime, session_id: str, message: str, detail: Json, *, level: str = "info") -> None:
    with transaction(runtime.sessions) as session:
        still_open = session.scalar(
            select(AuthSession.id)
            .where(AuthSession.id == session_id, AuthSession.status == "fetching")
            .with_for_update()
        )
        if still_open is not None:
            sessions.note(session, session_id, message, level=level, detail=detail)
            sessions.advance(session, session_id, "completed", "completed")
