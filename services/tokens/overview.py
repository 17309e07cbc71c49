"""Everybody's token at a glance, for admins: worst first, with the reason. Decrypts nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, text, true
from sqlalchemy.orm import Session

from services.access import Actor, admins_only
from services.db.models import Briefing, BriefingSettings, GmailToken, TokenHealth
from services.paging import PAGE_SIZE, Page
from services.settings import Settings
from services.tokens import lifespan
from services.tokens.refresh import refresh_now as refresh_now
from services.tokens.standing import (
    ALL_GOOD,
    SORTS,
    WORST_FIRST,
    Filter,
    follow_settings,
    matches,
    narrowed,
    order_within,
    soon,
    standing,
    stands,
    wanted_statuses,
)

__all__ = [
    "ALL_GOOD",
    "SORTS",
    "WORST_FIRST",
    "Filter",
    "TokenRow",
    "each_row",
    "read_row",
    "reconnect_link",
    "refresh_now",
    "status_counts",
    "token_health",
]

EACH_TIME = 1_000


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One person's token. `user_id` is of an imported token's owner where nobody is known by it yet.

    `expiry` is the access token's end, `dies_at` the refresh token's where Google has named it. `can_read`
    and `can_send` are what Google will accept, by the scopes granted and the last real calls. `testing`: the
    grant had seven days only, as while Google's app is in testing. `known`: this person has come already.
    """

    user_id: str
    name: str
    active: bool
    known: bool
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
    testing: bool


def token_health(
    session: Session,
    settings: Settings,
    actor: Actor,
    asked: Filter | None = None,
    page: int = 1,
    counted: dict[str, int] | None = None,
) -> Page[TokenRow]:
    """Tokens worst first, 50 a page, people without one among them. Raises Forbidden.

    `counted` is what `status_counts` has just said, so that it is not asked again.
    """
    admins_only(actor)
    follow_settings(session, settings)
    asked, number = asked or Filter(), max(1, page)
    parts = _parts(asked, _counts(session, asked, counted))
    ids = _ids(session, parts, offset=(number - 1) * PAGE_SIZE)
    return Page(_rows(session, ids), total=sum(part.count for part in parts), number=number)


def status_counts(session: Session, settings: Settings, actor: Actor) -> dict[str, int]:
    """How many active people stand in each status, worst first. Raises Forbidden."""
    admins_only(actor)
    follow_settings(session, settings)
    return active_counts(session)


def active_counts(session: Session, statuses: Collection[str] = WORST_FIRST) -> dict[str, int]:
    """How many active people stand in each of these statuses; read from the indexes alone."""
    lines = select(TokenHealth.status, func.count()).where(TokenHealth.active)
    broken = session.execute(lines.where(TokenHealth.status.in_(statuses)).group_by(TokenHealth.status))
    counts = {str(status): int(count) for status, count in broken}
    due = func.count().filter(TokenHealth.expiry < func.now())
    works = select(func.count(), due).where(text("status = 'works' AND active"))
    ending, ending_due = session.execute(works.where(TokenHealth.dies_at < soon())).one()
    counts["expiring_soon"] = ending
    if not set(ALL_GOOD).isdisjoint(statuses):
        all_that_works, all_due = session.execute(works).one()
        counts["refresh_due"] = all_due - ending_due
        counts["healthy"] = all_that_works - ending - counts["refresh_due"]
    return {status: counts.get(status, 0) for status in statuses}


def read_row(session: Session, settings: Settings, actor: Actor, user_id: str) -> TokenRow | None:
    """One person's line; None where nobody is known by that id. Raises Forbidden."""
    admins_only(actor)
    follow_settings(session, settings)
    return next(iter(_rows(session, [user_id])), None)


def each_row(session: Session, settings: Settings, actor: Actor, asked: Filter) -> Iterator[TokenRow]:
    """Every line that a filter lets through, by id, a thousand at a time. Raises Forbidden."""
    admins_only(actor)
    follow_settings(session, settings)
    found = select(TokenHealth.user_id).where(matches(asked)).order_by(TokenHealth.user_id).limit(EACH_TIME)
    last = ""
    while ids := list(session.scalars(found.where(TokenHealth.user_id > last))):
        yield from _rows(session, ids)
        last = ids[-1]


def reconnect_link(settings: Settings, user_id: str) -> str:
    """What to send to somebody who must connect again: it signs them in first, so it is nobody else's use.

    It starts nothing by being fetched, and is the same for everybody, whoever `user_id` is.
    """
    return f"{settings.portal_url}/connect"


def _counts(session: Session, asked: Filter, counted: dict[str, int] | None) -> dict[tuple[bool, str], int]:
    """How many lines there are of each (active, status), besides the status asked for."""
    rest = narrowed(asked)
    lines = select(TokenHealth.active, standing().label("status"), func.count())
    if rest is None:
        counted = active_counts(session, wanted_statuses(asked)) if counted is None else counted
        active = {(True, status): count for status, count in counted.items()}
        if asked.only_trouble:
            return active
        lines = lines.where(~TokenHealth.active)
    else:
        active, lines = {}, lines.where(rest)
    rows = session.execute(lines.group_by(TokenHealth.active, lines.selected_columns.status))
    return active | {(alive, status): count for alive, status, count in rows}


@dataclass(frozen=True, slots=True)
class _Part:
    """Lines that follow each other in the list in an order that an index has, and how many they are."""

    condition: ColumnElement[bool]
    order: tuple[Any, ...]
    count: int


def _parts(asked: Filter, counts: dict[tuple[bool, str], int]) -> list[_Part]:
    """The list's parts in order: people who are deactivated come last, or not at all."""
    statuses, rest = wanted_statuses(asked), narrowed(asked)
    by = {"name": TokenHealth.name, "dies_at": TokenHealth.dies_at}.get(asked.sort)
    parts = []
    for active in (True,) if asked.only_trouble else (True, False):
        here = and_(TokenHealth.active.is_(active), true() if rest is None else rest)
        among = {status: counts.get((active, status), 0) for status in statuses}
        if by is not None:
            all_of_them = true() if statuses == WORST_FIRST else or_(false(), *map(stands, statuses))
            parts.append(_Part(and_(here, all_of_them), (by, TokenHealth.user_id), sum(among.values())))
        else:
            parts += [_Part(and_(here, stands(name)), order_within(name), n) for name, n in among.items()]
    return parts


def _ids(session: Session, parts: list[_Part], *, offset: int) -> list[str]:
    """Whose lines are on the page that begins at `offset`: only the parts that are on it are read."""
    ids: list[str] = []
    for part in parts:
        if len(ids) < PAGE_SIZE and offset < part.count:
            found = select(TokenHealth.user_id).where(part.condition).order_by(*part.order)
            ids += session.scalars(found.offset(offset).limit(PAGE_SIZE - len(ids)))
        offset = max(0, offset - part.count)
    return ids


def _rows(session: Session, ids: list[str]) -> tuple[TokenRow, ...]:
    """The lines of these people, in this order; whoever has left meanwhile is left out."""
    if not ids:
        return ()
    found = session.execute(
        select(
            TokenHealth,
            standing().label("standing"),
            *(GmailToken.status_reason, GmailToken.status_detail),
            *(GmailToken.scopes, GmailToken.expiry.label("ends"), GmailToken.refresh_token_expires_at),
            *(GmailToken.connected_at, GmailToken.last_refresh_at, BriefingSettings.next_due_at),
            _last_briefing().label("last_briefing_at"),
        )
        .outerjoin(GmailToken, GmailToken.user_id == TokenHealth.user_id)
        .outerjoin(
            BriefingSettings, and_(BriefingSettings.user_id == TokenHealth.user_id, BriefingSettings.enabled)
        )
        .where(TokenHealth.user_id.in_(ids))
    )
    rows = {row.TokenHealth.user_id: _row(row) for row in found}
    return tuple(rows[user_id] for user_id in ids if user_id in rows)


def _last_briefing() -> ColumnElement[datetime | None]:
    return (
        select(func.max(Briefing.sent_at))
        .where(Briefing.user_id == TokenHealth.user_id)
        .correlate(TokenHealth)
        .scalar_subquery()
    )


def _row(row: Any) -> TokenRow:
    line: TokenHealth = row.TokenHealth
    lacks_scope = line.lacks_scope and line.token_status not in {"reconnect_required", "not_connected"}
    return TokenRow(
        user_id=line.user_id,
        name=line.user_name or line.user_email or line.token_name or "",
        active=line.active,
        known=line.known,
        status=row.standing,
        reason="missing_scope" if lacks_scope else row.status_reason,
        detail=row.status_detail,
        mailbox=line.mailbox or "",
        scopes=tuple(row.scopes or ()),
        can_read=line.can_read,
        can_send=line.can_send,
        slack_user_id=line.user_slack or line.token_slack,
        robing_id=line.robing_id,
        last_briefing_at=row.last_briefing_at,
        next_briefing_at=row.next_due_at if line.active else None,
        expiry=row.ends,
        dies_at=row.refresh_token_expires_at,
        last_refresh_at=row.last_refresh_at,
        testing=lifespan.is_testing(row.connected_at, row.refresh_token_expires_at),
    )
