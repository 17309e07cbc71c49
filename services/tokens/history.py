"""What happened to one person's connection, newest first: consents, refreshes, failures, uses, looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Text, cast, func, literal, null, select, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from services import audit
from services.access import Actor, allow
from services.db.models import AccessLog, AuthSession, AuthSessionEvent, Json, TokenEvent, User
from services.paging import PAGE_SIZE, Page

# Whoever keeps a person's history open is one look in the access log.
ONE_LOOK = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Happening:
    """One line. `source` is token (refreshes, uses, …), session (an attempt to connect) or access.

    `what` is a machine name; `by` says who, where that is not the person or the sidecar; `failed` that it
    is the line of something that went wrong.
    """

    at: datetime
    source: str
    what: str
    by: str
    failed: bool
    detail: Json


def history(session: Session, actor: Actor, user_id: str, page: int = 1) -> Page[Happening]:
    """One page of a person's history, 50 lines; an admin's look is itself written down. Raises Forbidden."""
    allow(actor, user_id)
    if actor.user_id != user_id:
        audit.record_look(session, actor=actor.user_id, action="view_token", subject=user_id, within=ONE_LOOK)
        session.flush()
    lines, number = _lines(user_id).subquery(), max(1, page)
    total = session.execute(select(func.count()).select_from(lines)).scalar_one()
    rows = session.execute(
        select(lines, User.display_name)
        .outerjoin(User, User.id == lines.c.by)
        .order_by(lines.c.at.desc(), lines.c.source, lines.c.id.desc())
        .offset((number - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    )
    return Page(tuple(_happening(row) for row in rows), total=total, number=number)


def _lines(user_id: str) -> Any:
    """The three logs as one, alike in their columns."""
    no_one = cast(null(), Text).label("by")
    events = select(
        *(TokenEvent.at, TokenEvent.id, literal("token").label("source"), TokenEvent.kind.label("what")),
        *(no_one, literal("info").label("level"), cast(TokenEvent.detail, JSONB).label("detail")),
    ).where(TokenEvent.user_id == user_id)
    attempts = (
        select(
            *(AuthSessionEvent.at, AuthSessionEvent.id, literal("session"), AuthSessionEvent.message),
            *(no_one, AuthSessionEvent.level, AuthSessionEvent.detail),
        )
        .join(AuthSession, AuthSession.id == AuthSessionEvent.auth_session_id)
        .where(AuthSession.user_id == user_id)
    )
    looks = select(
        *(AccessLog.at, AccessLog.id, literal("access"), AccessLog.action),
        *(AccessLog.actor, literal("info"), AccessLog.detail),
    ).where(AccessLog.subject_user_id == user_id)
    return union_all(events, attempts, looks)


def _happening(row: Any) -> Happening:
    bad = row.level == "error" or row.what in {"refresh_failed", "reconnect_required", "wrong_mailbox"}
    return Happening(row.at, row.source, row.what, row.display_name or row.by or "", bad, row.detail)
