"""What is known of a token's health, written down from real calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import case, func, or_, true, update

from services.db.engine import Sessions, transaction
from services.db.models import GmailToken
from services.tokens import store

COOLDOWN = timedelta(seconds=30)
DEAD_GRANT = frozenset({"revoked_or_expired", "invalid_rapt"})


def needs_reconnect(sessions: Sessions, user_id: str, reason: str, detail: str, *, seal: str | None) -> None:
    """Write down a permanent failure of this very grant; a dead grant's tokens are dropped."""
    values: dict[str, Any] = {
        "status": "reconnect_required",
        "status_reason": reason,
        "status_detail": detail,
        "refreshing_until": None,
        "last_failure_at": func.now(),
    }
    if reason in DEAD_GRANT:
        values["token_data"] = GmailToken.token_data.op("-")("access_token").op("-")("refresh_token")
    same = GmailToken.token_data["refresh_token"].astext == seal if seal is not None else true()
    changed = or_(
        GmailToken.status != "reconnect_required", GmailToken.status_reason.is_distinct_from(reason)
    )
    with transaction(sessions) as session:
        written = session.scalar(
            update(GmailToken)
            .where(GmailToken.user_id == user_id, same, changed)
            .values(values)
            .returning(GmailToken.id)
        )
        if written is not None:
            store.record(session, user_id, "reconnect_required", {"reason": reason, "detail": detail})


def failing(sessions: Sessions, user_id: str, detail: str) -> None:
    """Write down a passing failure, counted once a day, and start the cooldown."""
    first_today = or_(
        GmailToken.last_failure_at.is_(None),
        func.date_trunc("day", GmailToken.last_failure_at) < func.date_trunc("day", func.now()),
    )
    with transaction(sessions) as session:
        written = session.scalar(
            update(GmailToken)
            .where(GmailToken.user_id == user_id)
            .values(
                status="failing",
                status_detail=detail,
                failure_count=GmailToken.failure_count + case((first_today, 1), else_=0),
                last_failure_at=func.now(),
                retry_refresh_at=func.now() + COOLDOWN,
                refreshing_until=None,
            )
            .returning(GmailToken.id)
        )
        if written is not None:
            store.record(session, user_id, "refresh_failed", {"detail": detail})


def mark_used(sessions: Sessions, user_id: str) -> None:
    """Remember that Google has just accepted this person's token in a real call.

    A refusal for good that came in between stays; a key that was missing is evidently there again.
    """
    works = or_(GmailToken.status != "reconnect_required", GmailToken.status_reason == "undecryptable")
    with transaction(sessions) as session:
        session.execute(
            update(GmailToken)
            .where(GmailToken.user_id == user_id, works)
            .values(last_used_at=func.now(), status="healthy", status_reason=None, status_detail=None)
        )
