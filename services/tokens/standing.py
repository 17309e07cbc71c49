"""Where tokens stand, as conditions on `token_health`: what is stored, and what the time makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select, true, update
from sqlalchemy.orm import Session

from services.db.models import GmailToken, RequiredScopes, TokenHealth
from services.settings import Settings
from services.tokens.lifespan import SOON
from services.tokens.scopes import lacks_scope

WORST_FIRST = ("reconnect_required", "failing", "expiring_soon", "not_connected", "refresh_due", "healthy")
ALL_GOOD = ("refresh_due", "healthy")
SORTS = ("worst", "name", "dies_at")


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for; empty: anything. `text` is found in names, addresses and ids.

    `only_trouble` leaves out what works or mends itself, and people who are deactivated. `can_read`,
    `can_send` and `on_slack` are asked for only where they are True or False. `sort` is one of SORTS.
    """

    text: str = ""
    status: str = ""
    robing_id: str = ""
    only_trouble: bool = False
    can_read: bool | None = None
    can_send: bool | None = None
    on_slack: bool | None = None
    sort: str = "worst"


def soon() -> ColumnElement[Any]:
    """Until when an end of a grant is near."""
    return func.now() + SOON


def standing() -> ColumnElement[str]:
    """The status at this moment."""
    return case(
        (TokenHealth.status != "works", TokenHealth.status),
        (TokenHealth.dies_at < soon(), "expiring_soon"),
        (TokenHealth.expiry < func.now(), "refresh_due"),
        else_="healthy",
    )


def stands(status: str) -> ColumnElement[bool]:
    """Whether a line stands in a status, so that the indexes answer it."""
    works = TokenHealth.status == "works"
    if status == "expiring_soon":
        return and_(works, TokenHealth.dies_at < soon())
    if status in ALL_GOOD:
        due = TokenHealth.expiry < func.now()
        return and_(works, TokenHealth.dies_at >= soon(), due if status == "refresh_due" else ~due)
    return TokenHealth.status == status


def order_within(status: str) -> tuple[Any, ...]:
    """Whose grant ends first comes first; others by name."""
    first = TokenHealth.dies_at if status == "expiring_soon" else TokenHealth.name
    return (first, TokenHealth.user_id)


def wanted_statuses(asked: Filter) -> tuple[str, ...]:
    """The statuses that a filter lets through, worst first."""
    if asked.status:
        return (asked.status,) if asked.status in WORST_FIRST else ()
    return tuple(status for status in WORST_FIRST if not (asked.only_trouble and status in ALL_GOOD))


def narrowed(asked: Filter) -> ColumnElement[bool] | None:
    """What a filter asks for besides the status; None where that is nothing."""
    conditions: list[ColumnElement[bool]] = []
    text = asked.text.replace("\0", "").strip().lower()
    if text:
        conditions.append(TokenHealth.searched.contains(text, autoescape=True))
    if asked.robing_id.strip():
        conditions.append(TokenHealth.robing_id == asked.robing_id.strip())
    for column, value in (
        (TokenHealth.can_read, asked.can_read),
        (TokenHealth.can_send, asked.can_send),
        (TokenHealth.on_slack, asked.on_slack),
    ):
        if value is not None:
            conditions.append(column.is_(value))
    return and_(*conditions) if conditions else None


def matches(asked: Filter) -> ColumnElement[bool]:
    """Everything that a filter asks for, as one condition."""
    rest = narrowed(asked)
    active = TokenHealth.active if asked.only_trouble else true()
    return and_(standing().in_(wanted_statuses(asked)), active, true() if rest is None else rest)


def follow_settings(session: Session, settings: Settings) -> None:
    """Have the lines say who lacks a scope by the REQUIRED_SCOPES of now; nothing where they do."""
    required = sorted(settings.required_scopes)
    known = session.scalar(select(RequiredScopes.scopes))
    if known is not None and sorted(known) == required:
        return
    session.execute(update(RequiredScopes).values(scopes=required))
    lacks = lacks_scope(settings)
    session.execute(
        update(TokenHealth)
        .where(TokenHealth.user_id == GmailToken.user_id, TokenHealth.lacks_scope.is_distinct_from(lacks))
        .values(lacks_scope=lacks)
    )
