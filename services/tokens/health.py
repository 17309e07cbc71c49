"""What is known of a token's health, written down from real calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select, text, update
from sqlalchemy.orm import Session

from services.alerts import book
from services.db.engine import Sessions, transaction
from services.db.models import GmailToken, TokenEvent
from services.errors import SourceRefused
from services.tokens import lifespan, store

COOLDOWN = timedelta(seconds=30)
DEAD_GRANT = frozenset({"revoked_or_expired", "invalid_rapt"})
# What a real call's refusal says of the connection; any other is about that call.
REFUSALS = {"missing_scope": "missing_scope", "domainPolicy": "admin_policy"}
# Of what happens every day only so much is kept; consents and ends stay.
DAILY_EVENTS = text("kind IN ('refreshed', 'used', 'refresh_failed')")  # as the index says it
EVENTS_KEPT = timedelta(days=90)
BATCH = 1_000


def needs_reconnect(
    sessions: Sessions, user_id: str, reason: str, detail: str, *, grant_id: str | None = None
) -> None:
    """Write down a permanent failure, of this very grant where one is named; a dead one's tokens go."""
    values: dict[str, Any] = {
        "status": "reconnect_required",
        "status_reason": reason,
        "status_detail": detail,
        "last_failure_at": func.now(),
    }
    if reason in DEAD_GRANT:
        values["token_data"] = GmailToken.token_data.op("-")("access_token").op("-")("refresh_token")
    changed = or_(
        GmailToken.status != "reconnect_required", GmailToken.status_reason.is_distinct_from(reason)
    )
    with transaction(sessions) as session:
        written = session.scalar(
            update(GmailToken)
            .where(_grant(user_id, grant_id), changed)
            .values(values)
            .returning(GmailToken.id)
        )
        if written is not None:
            store.record(session, user_id, "reconnect_required", {"reason": reason, "detail": detail})
            book.resolve(session, user_id, "token_ending")
            book.open_alert(session, "token_broken", user_id, reason)


def refused(sessions: Sessions, user_id: str, exc: SourceRefused) -> None:
    """Write down what a real call was refused for, where that is a matter of the connection."""
    reason = REFUSALS.get(exc.code)
    if reason is not None:
        needs_reconnect(sessions, user_id, reason, str(exc))


def failing(sessions: Sessions, user_id: str, detail: str, *, grant_id: str | None = None) -> None:
    """Write down a passing failure, counted once a day, and start the cooldown; an end for good stays."""
    first_today = or_(
        GmailToken.last_failure_at.is_(None),
        func.date_trunc("day", GmailToken.last_failure_at) < func.date_trunc("day", func.now()),
    )
    with transaction(sessions) as session:
        written = session.scalar(
            update(GmailToken)
            .where(_grant(user_id, grant_id), _not_ended())
            .values(
                status="failing",
                status_reason=None,
                status_detail=detail,
                failure_count=GmailToken.failure_count + case((first_today, 1), else_=0),
                last_failure_at=func.now(),
                retry_refresh_at=func.now() + COOLDOWN,
            )
            .returning(GmailToken.id)
        )
        if written is not None:
            store.record(session, user_id, "refresh_failed", {"detail": detail})


def mark_used(sessions: Sessions, user_id: str, *, purpose: str = "mail") -> None:
    """Remember that Google has just accepted this person's token in a real call.

    A refusal for good that came in between stays; a key that was missing is evidently there again.
    `purpose` is a word for the token's history: connect, mail, calendar, keep_alive.
    """
    with transaction(sessions) as session:
        used = session.scalar(
            update(GmailToken)
            .where(GmailToken.user_id == user_id, _not_ended())
            .values(
                last_used_at=func.now(),
                status=lifespan.working_status(),
                status_reason=None,
                status_detail=None,
            )
            .returning(GmailToken.id)
        )
        if used is not None:
            store.record(session, user_id, "used", {"for": purpose})


def note_ends(session: Session) -> int:
    """Mark tokens that work and whose grant ends soon; how many that were, at most 1,000 a call."""
    # The first two arms are what the indexes answer; what they find is then looked at as a whole.
    soon, idle = func.now() + lifespan.SOON, func.now() + lifespan.SOON - lifespan.UNUSED
    perhaps = or_(
        GmailToken.refresh_token_expires_at < soon,
        GmailToken.last_used_at < idle,
        GmailToken.last_used_at.is_(None),
    )
    found = (
        select(GmailToken.id)
        .where(GmailToken.status == "healthy", perhaps, lifespan.end_of_grant() < soon)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    marked = session.scalars(
        update(GmailToken)
        .where(GmailToken.id.in_(found))
        .values(status="expiring_soon")
        .returning(GmailToken.id)
    )
    return len(marked.all())


def prune_events(session: Session) -> None:
    """Forget what happened day by day three months ago, at most 1,000 lines a call."""
    old = (
        select(TokenEvent.id)
        .where(TokenEvent.at < func.now() - EVENTS_KEPT, DAILY_EVENTS)
        .order_by(TokenEvent.at)
        .limit(BATCH)
    )
    session.execute(delete(TokenEvent).where(TokenEvent.id.in_(old)))


def _grant(user_id: str, grant_id: str | None) -> ColumnElement[bool]:
    of_person = GmailToken.user_id == user_id
    return of_person if grant_id is None else and_(of_person, GmailToken.grant_id == grant_id)


def _not_ended() -> ColumnElement[bool]:
    return or_(GmailToken.status != "reconnect_required", GmailToken.status_reason == "undecryptable")
