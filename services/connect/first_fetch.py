"""The first look into a mailbox just connected: `authorized → fetching → completed`.

It shows that tomorrow's briefing will find mail. A failure does not undo the connection: the auth session
is completed all the same, with the error in its timeline. A look that was left in the middle is taken up
again, and after three of them none is tried any more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import ColumnElement, and_, func, select

from services.connect import sessions
from services.db.engine import transaction
from services.db.models import AuthSession, Json
from services.errors import PortalError
from services.runtime import Runtime
from services.sources.gmail.fetch import fetch_mail
from services.sources.gmail.quota import meter_of
from services.tokens.refresh import credentials_for

LOOK_BACK = timedelta(hours=24)
# Each step of a look holds it for as long again; the longest (a batch four times over) may take longer, and
# then two look at once, which harms nothing: the first to come through completes.
LEASE = timedelta(seconds=60)
LOOKS = 3

log = structlog.get_logger(__name__)


def run(runtime: Runtime, session_id: str, *, now: datetime) -> None:
    """Look and complete; nothing where somebody else does, or where it is done."""
    with sessions.in_logs(session_id):
        attempt = _claim(runtime, session_id)
        if attempt is None:
            return
        if attempt.progress.get("looks", 1) > LOOKS:
            _failed(runtime, session_id, "interrupted")
            return
        try:
            found = _look(runtime, attempt, now)
        except PortalError as exc:
            log.warning("first_fetch_failed", error=exc.code, reason=str(exc))
            _failed(runtime, session_id, exc.code)
        except Exception:  # whatever it is, the connection stands and somebody waits
            log.exception("first_fetch_failed")
            _failed(runtime, session_id, "internal")
        else:
            log.info("first_fetch_done", **found)
            _complete(runtime, session_id, "first_fetch_done", found)


def is_left() -> ColumnElement[bool]:
    """Auth sessions whose first look nobody has taken or finished in good time."""
    return and_(
        AuthSession.status.in_(("authorized", "fetching")), AuthSession.updated_at < func.now() - LEASE
    )


def _claim(runtime: Runtime, session_id: str) -> AuthSession | None:
    with transaction(runtime.sessions) as session:
        fresh = sessions.advance(session, session_id, "fetching", "fetching")
        return fresh or sessions.take_up(session, session_id, is_left())


def _look(runtime: Runtime, attempt: AuthSession, now: datetime) -> Json:
    """How many mails came in a day, and how many of them look as if they matter."""
    batch = fetch_mail(
        credentials_for(runtime, attempt.user_id),
        root=runtime.settings.gmail_api_url,
        owner=attempt.google_email or "",
        since=now - LOOK_BACK,
        now=now,
        meter=meter_of(runtime, attempt.user_id),
        watch=partial(_watch, runtime, attempt.id),
    )
    return {"mails": len(batch.new_ids), "candidates": len(batch.candidate_ids)}


def _watch(runtime: Runtime, session_id: str, read: int, found: int) -> None:
    with transaction(runtime.sessions) as session:
        sessions.read_on(session, session_id, read, found)


def _failed(runtime: Runtime, session_id: str, reason: str) -> None:
    _complete(runtime, session_id, "first_fetch_failed", {"reason": reason}, level="error")


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
