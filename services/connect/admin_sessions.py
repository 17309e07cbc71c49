"""Auth sessions as admins see them: who is connecting, how far it is, ending one. No secret is read here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy.orm import Session

from services import audit
from services.access import Actor, admins_only, still_admin
from services.connect import sessions
from services.connect.timeline import Attempt, UnknownAuthSession, attempt_of
from services.db.models import AuthSession, GmailToken, User
from services.errors import PortalError
from services.paging import PAGE_SIZE, Page, contains, within_days
from services.settings import Settings

COUNTED = 10_000


class AuthSessionRefused(PortalError):
    """This cannot be done to this auth session.

    `code`: not_open (it has ended, or Google has answered), not_in_development, not_granted (there is no
    connection that it could have come to).
    """

    permanent = True
    code = "auth_session_refused"


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for; empty: anything. `text` is found in names, addresses and ids, a session's too.

    `since` and `until` are whole days in `zone`.
    """

    text: str = ""
    status: str = ""
    since: date | None = None
    until: date | None = None
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Connecting:
    """Somebody's attempt to connect; `name` is what they are called now."""

    attempt: Attempt
    name: str


def auth_sessions(session: Session, actor: Actor, asked: Filter, page: int = 1) -> Page[Connecting]:
    """Attempts to connect, the newest first, 50 a page; counted up to 10,000. Raises Forbidden."""
    admins_only(actor)
    wanted, number = _wanted(asked), max(1, page)
    some = select(literal(1)).select_from(AuthSession).where(wanted).limit(COUNTED).subquery()
    rows = session.execute(
        select(AuthSession, User.display_name, User.email)
        .join(User, User.id == AuthSession.user_id)
        .where(wanted)
        .order_by(AuthSession.created_at.desc(), AuthSession.id)
        .offset((number - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    )
    found = tuple(Connecting(attempt_of(row), name or email or row.user_id) for row, name, email in rows)
    return Page(found, session.execute(select(func.count()).select_from(some)).scalar_one(), number)


def expire(session: Session, actor: Actor, session_id: str) -> None:
    """End an attempt that Google has not answered yet: its link is void from now on.

    Raises Forbidden, UnknownAuthSession, AuthSessionRefused.
    """
    still_admin(session, actor)
    owner = _owner(session, session_id)
    code = "expired_by_admin"
    if sessions.advance(session, session_id, "expired", code, error_code=code, code_verifier=None) is None:
        raise AuthSessionRefused("only one that waits for Google can be ended", code="not_open")
    _record(session, actor, "expire_auth_session", owner, session_id)


def complete_by_hand(session: Session, settings: Settings, actor: Actor, session_id: str) -> None:
    """Complete an attempt as if its browser had come back and its mailbox been read; in development only.

    What has not been authorised needs a connection that works without it, such as an imported token: by hand
    no session comes to what is not there. Raises Forbidden, UnknownAuthSession, AuthSessionRefused.
    """
    still_admin(session, actor)
    owner = _owner(session, session_id)
    if not settings.development:
        raise AuthSessionRefused("by hand only with a stand-in for Google", code="not_in_development")
    works = GmailToken.status.not_in(("reconnect_required", "not_connected"))
    if session.scalar(select(GmailToken.id).where(GmailToken.user_id == owner, works)) is None:
        raise AuthSessionRefused("there is no connection that works", code="not_granted")
    sessions.advance(session, session_id, "authorized", "authorized_by_hand", code_verifier=None)
    if sessions.advance(session, session_id, "completed", "completed_by_hand") is None:
        raise AuthSessionRefused("it has ended", code="not_open")
    _record(session, actor, "complete_auth_session", owner, session_id)


def _owner(session: Session, session_id: str) -> str:
    owner = session.scalar(select(AuthSession.user_id).where(AuthSession.id == session_id))
    if owner is None:
        raise UnknownAuthSession(f"there is no auth session {session_id!r}")
    return owner


def _record(session: Session, actor: Actor, action: str, owner: str, session_id: str) -> None:
    detail = {"auth_session": session_id}
    audit.record(session, actor=actor.user_id, action=action, subject=owner, detail=detail)


def _wanted(asked: Filter) -> ColumnElement[bool]:
    conditions: list[Any] = [within_days(AuthSession.created_at, asked.since, asked.until, asked.zone)]
    if asked.text.strip("\0 \t"):
        text = asked.text.replace("\0", "")
        conditions.append(or_(audit.is_somebody(AuthSession.user_id, text), contains(AuthSession.id, text)))
    if asked.status:
        conditions.append(AuthSession.status == asked.status.replace("\0", ""))
    return and_(*conditions)
