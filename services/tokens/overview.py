"""Everybody's token at a glance, for admins: worst first, with the reason. Decrypts nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, join

from services.access import Actor, admins_only
from services.db.models import Briefing, BriefingSettings, GmailToken, User
from services.paging import PAGE_SIZE, Page, contains
from services.settings import Settings
from services.tokens.refresh import refresh_now as refresh_now

GOOGLE = "https://www.googleapis.com/auth/"
READING = frozenset({f"{GOOGLE}gmail.readonly", f"{GOOGLE}gmail.modify", "https://mail.google.com/"})
SENDING = frozenset(
    {f"{GOOGLE}gmail.send", f"{GOOGLE}gmail.compose", f"{GOOGLE}gmail.modify", "https://mail.google.com/"}
)
WORST_FIRST = ("reconnect_required", "failing", "expiring_soon", "not_connected", "refresh_due", "healthy")
ALL_GOOD = ("refresh_due", "healthy")
SOON = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for; empty: anything. `text` is found in names, addresses and ids.

    `only_trouble` leaves out what works or mends itself, and people who are deactivated.
    """

    text: str = ""
    status: str = ""
    robing_id: str = ""
    only_trouble: bool = False


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One person's token. `user_id` is of an imported token's owner where nobody is known by it yet.

    `expiry` is the access token's end, `dies_at` the refresh token's where Google has named it. `can_read`
    and `can_send` are what Google will accept, by the scopes granted and the last real calls.
    """

    user_id: str
    name: str
    active: bool
    status: str
    reason: str | None
    detail: str | None
    mailbox: str
    scopes: tuple[str, ...]
    can_read: bool
    can_send: bool
    slack_user_id: str | None
    robing_id: str | None
    last_briefing_at: datetime | None
    next_briefing_at: datetime | None
    expiry: datetime | None
    dies_at: datetime | None
    last_refresh_at: datetime | None


def token_health(
    session: Session, settings: Settings, actor: Actor, asked: Filter | None = None, page: int = 1
) -> Page[TokenRow]:
    """Tokens worst first, 50 a page, people without one among them. Raises Forbidden."""
    admins_only(actor)
    status, number = _status(settings), max(1, page)
    wanted = _wanted(asked or Filter(), status)
    total = session.execute(select(func.count()).select_from(_everybody()).where(wanted)).scalar_one()
    rank = case({name: place for place, name in enumerate(WORST_FIRST)}, value=status, else_=len(WORST_FIRST))
    rows = session.execute(
        select(GmailToken, User, status, _last_briefing(), BriefingSettings.next_due_at)
        .select_from(_everybody())
        .outerjoin(BriefingSettings, and_(BriefingSettings.user_id == User.id, BriefingSettings.enabled))
        .where(wanted)
        .order_by(func.coalesce(User.active, True).desc(), rank, func.lower(_name()), _owner(), GmailToken.id)
        .offset((number - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    )
    return Page(tuple(_row(row) for row in rows), total=total, number=number)


def status_counts(session: Session, settings: Settings, actor: Actor) -> dict[str, int]:
    """How many active people stand in each status, worst first. Raises Forbidden."""
    admins_only(actor)
    status = _status(settings).label("status")
    rows = session.execute(
        select(status, func.count())
        .select_from(_everybody())
        .where(func.coalesce(User.active, True))
        .group_by(status)
    )
    counts = {str(name): int(count) for name, count in rows}
    return {name: counts.get(name, 0) for name in WORST_FIRST}


def reconnect_link(settings: Settings, user_id: str) -> str:
    """What to send to somebody who must connect again: it signs them in first, so it is nobody else's use.

    It starts nothing by being fetched, and is the same for everybody, whoever `user_id` is.
    """
    return f"{settings.portal_url}/connect"


def _everybody() -> Any:
    return join(User, GmailToken, User.id == GmailToken.user_id, full=True)


def _owner() -> ColumnElement[str]:
    return func.coalesce(User.id, GmailToken.user_id)


def _name() -> ColumnElement[str]:
    imported = GmailToken.details["display_name"].astext
    return func.coalesce(func.nullif(User.display_name, ""), User.email, imported, "")


def _slack() -> ColumnElement[str]:
    return func.coalesce(User.slack_user_id, GmailToken.details["slack_user_id"].astext)


def _lacks_scope(settings: Settings) -> ColumnElement[bool]:
    required = cast(list(settings.required_scopes), JSONB)
    granted = func.coalesce(GmailToken.scopes, cast([], JSONB), type_=JSONB)
    return ~granted.contains(required)


def _status(settings: Settings) -> ColumnElement[str]:
    """What real calls have shown, and what of it an admin should see coming."""
    return case(
        (GmailToken.id.is_(None), "not_connected"),
        (GmailToken.status.in_(("reconnect_required", "not_connected")), GmailToken.status),
        (_lacks_scope(settings), "reconnect_required"),
        (GmailToken.status == "failing", "failing"),
        (GmailToken.refresh_token_expires_at < func.now() + SOON, "expiring_soon"),
        (GmailToken.expiry < func.now(), "refresh_due"),
        else_=GmailToken.status,
    )


def _wanted(asked: Filter, status: ColumnElement[str]) -> ColumnElement[bool]:
    mailbox = GmailToken.details["email"].astext
    conditions: list[ColumnElement[bool]] = [_owner().is_not(None)]
    if asked.text.strip():
        columns = (_name(), _owner(), _slack(), mailbox, User.email, User.username)
        conditions.append(or_(*(contains(column, asked.text) for column in columns)))
    if asked.status:
        conditions.append(status == asked.status)
    if asked.only_trouble:
        conditions += [status.not_in(ALL_GOOD), func.coalesce(User.active, True)]
    if asked.robing_id.strip():
        conditions.append(GmailToken.robing_id == asked.robing_id.strip())
    return and_(*conditions)


def _last_briefing() -> ColumnElement[datetime | None]:
    return (
        select(func.max(Briefing.sent_at))
        .where(Briefing.user_id == User.id)
        .correlate(User)
        .scalar_subquery()
    )


def _row(row: Any) -> TokenRow:
    token: GmailToken | None
    user: User | None
    token, user, status, last_briefing, next_briefing = row
    details = (token.details or {}) if token else {}
    scopes = tuple(token.scopes or ()) if token else ()
    works = token is not None and token.status not in {"reconnect_required", "not_connected"}
    lacks_scope = works and status == "reconnect_required"
    return TokenRow(
        user_id=user.id if user else token.user_id if token else "",
        name=(user.display_name or user.email or "") if user else str(details.get("display_name") or ""),
        active=user.active if user else True,
        status=status,
        reason="missing_scope" if lacks_scope else token.status_reason if token else None,
        detail=token.status_detail if token else None,
        mailbox=str(details.get("email") or ""),
        scopes=scopes,
        can_read=works and not READING.isdisjoint(scopes),
        can_send=works and not SENDING.isdisjoint(scopes),
        slack_user_id=(user.slack_user_id if user else None) or details.get("slack_user_id"),
        robing_id=token.robing_id if token else None,
        last_briefing_at=last_briefing,
        next_briefing_at=next_briefing if user and user.active else None,
        expiry=token.expiry if token else None,
        dies_at=token.refresh_token_expires_at if token else None,
        last_refresh_at=token.last_refresh_at if token else None,
    )
