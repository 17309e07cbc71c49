"""Tokens are tried before they are needed: each one a day, and shortly before its owner's briefing.

What is found broken then is known, and told, while there is time to mend it; and no grant ends for want of
use.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from services.db.models import BriefingSettings, GmailToken, User
from services.deferral import defer
from services.errors import PortalError, SourceRefused
from services.runtime import Runtime
from services.sources.gmail.client import get_profile
from services.sources.gmail.quota import meter_of
from services.tokens import health
from services.tokens.refresh import prove

UNUSED = timedelta(days=1)
# Ten minutes sooner than the warning, so that it tells of what is found here.
AHEAD = timedelta(minutes=70)
# Who looked at a preview just now has had the token tried; and once before a briefing is enough.
LATELY = timedelta(hours=2)
BATCH = 500
PATIENT = -10  # behind whatever somebody waits for
log = structlog.get_logger(__name__)


def start_due(session: Session, *, now: datetime) -> int:
    """Have tokens tried whose time has come, those of the next briefings first; how many that are.

    At most 500 a call, so that many at once are spread over the minutes. Two schedulers share them.
    """
    soon = and_(
        BriefingSettings.enabled,
        BriefingSettings.next_due_at > now,
        BriefingSettings.next_due_at <= now + AHEAD,
        _tried_before(LATELY),
    )
    # The first condition is what the index answers.
    long_ago = or_(GmailToken.last_used_at.is_(None), GmailToken.last_used_at < func.now() - UNUSED)
    taken = _take(session, _owned(soon).order_by(BriefingSettings.next_due_at), BATCH)
    taken += _take(session, _owned(and_(long_ago, _tried_before(UNUSED))), BATCH - len(taken))
    for user_id in taken:
        defer(session, "keep_alive", user_id, priority=PATIENT)
    return len(taken)


def _tried_before(age: timedelta) -> ColumnElement[bool]:
    """Whether nothing has been asked of Google with the token for so long."""
    tried = func.greatest(GmailToken.kept_alive_at, GmailToken.last_used_at, GmailToken.connected_at)
    return func.coalesce(tried, GmailToken.created_at) < func.now() - age


def _owned(condition: ColumnElement[bool]) -> Select[int]:
    """Tokens that may work, of people who are here, as far as they fit the condition."""
    may_work = GmailToken.status.not_in(("reconnect_required", "not_connected"))
    return (
        select(GmailToken.id)
        .join(User, User.id == GmailToken.user_id)
        .join(BriefingSettings, BriefingSettings.user_id == User.id)
        .where(User.active, may_work, condition)
    )


def _take(session: Session, due: Select[int], limit: int) -> list[str]:
    """The owners of some of these tokens, which are not taken again for a while."""
    some = due.limit(limit).with_for_update(skip_locked=True, of=GmailToken)
    statement = update(GmailToken).where(GmailToken.id.in_(some)).values(kept_alive_at=func.now())
    return list(session.scalars(statement.returning(GmailToken.user_id)))


def touch(runtime: Runtime, user_id: str) -> None:
    """Refresh a token and make one cheap call with it; what comes of it is written down as its health."""
    try:
        credentials = prove(runtime, user_id)
        get_profile(credentials, root=runtime.settings.gmail_api_url, meter=meter_of(runtime, user_id))
    except SourceRefused as exc:
        if exc.code == "unauthorized":
            health.failing(runtime.sessions, user_id, "Google refuses a token it has just given")
        health.refused(runtime.sessions, user_id, exc)
        log.warning("token_not_kept_alive", user=user_id, error=exc.code)
    except PortalError as exc:  # written down where it was raised, or passing
        log.warning("token_not_kept_alive", user=user_id, error=exc.code)
    else:
        health.mark_used(runtime.sessions, user_id, purpose="keep_alive")
