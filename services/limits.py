"""Rate limits shared by all workers on all machines: a token bucket a key, taken from in one statement.

A row says when its bucket will be full again, so nothing has to be filled up: taking moves that moment on.
The database's clock decides, and a Retry-After holds everybody back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Interval, and_, case, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services import metrics
from services.db.models import RateLimit

NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many units a minute, of which `burst` (units) may be taken at once after a quiet while."""

    key: str
    per_minute: float
    burst: float = 1

    @property
    def unit(self) -> timedelta:
        """How long one unit takes to come back."""
        return timedelta(minutes=1) / self.per_minute


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether units were taken, and how long to wait: before using them, or before asking again."""

    taken: bool
    wait: timedelta


def take(session: Session, limit: Limit, cost: float = 1, *, patience: timedelta) -> Turn:
    """Take units for a moment that is at most `patience` away, or nothing.

    Whoever was given a turn waits for it without holding the transaction.
    """
    return take_together(session, {limit: cost}, patience=patience)


def take_together(session: Session, costs: Mapping[Limit, float], *, patience: timedelta) -> Turn:
    """Take units of several limits, of all or of none, in one statement where they are to be had."""
    clock: Any = func.clock_timestamp()
    held_back = func.coalesce(RateLimit.blocked_until, clock)
    taking = _by_key({limit.key: limit.unit * cost for limit, cost in costs.items()})
    # The last of the units has to be there, the bucket need not be full.
    room = _by_key({limit.key: limit.unit * max(limit.burst - cost, 0) for limit, cost in costs.items()})
    allowed = func.greatest(RateLimit.full_at - room, held_back, clock)
    new = [{"key": limit.key, "full_at": clock + limit.unit * cost} for limit, cost in costs.items()]
    # In one order, so that no two wait for each other.
    statement = insert(RateLimit).values(sorted(new, key=lambda row: str(row["key"])))
    wait = func.greatest(RateLimit.full_at - taking - room, held_back, clock) - clock
    taken = session.execute(
        statement.on_conflict_do_update(
            index_elements=["key"],
            set_={"full_at": func.greatest(RateLimit.full_at, held_back, clock) + taking},
            where=allowed <= clock + patience,
        ).returning(RateLimit.key, wait)
    ).all()
    if len(taken) == len(costs):
        for limit, cost in costs.items():
            metrics.count_units(limit.key, cost)
        return Turn(True, max(NONE, *(wait for _, wait in taken)))
    had = [key for key, _ in taken]
    session.execute(
        update(RateLimit).where(RateLimit.key.in_(had)).values(full_at=RateLimit.full_at - taking)
    )
    lacking = RateLimit.key.in_([limit.key for limit in costs if limit.key not in had])
    return Turn(False, session.scalar(select(func.max(allowed - clock)).where(lacking)) or NONE)


def _by_key(values: Mapping[str, timedelta]) -> ColumnElement[timedelta]:
    whens = {key: literal(value, Interval) for key, value in values.items()}
    return case(whens, value=RateLimit.key)


def hold_back(session: Session, key: str, seconds: float) -> None:
    """Nothing of this key for so long: what a Retry-After asks for. A longer one that holds already stays."""
    until: Any = func.clock_timestamp() + timedelta(seconds=seconds)
    statement = insert(RateLimit).values(key=key, blocked_until=until)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["key"], set_={"blocked_until": func.greatest(RateLimit.blocked_until, until)}
        )
    )


def is_idle() -> ColumnElement[bool]:
    """Rows that say no more than none would: full for an hour, and not held back."""
    an_hour_ago = func.now() - timedelta(hours=1)
    return and_(
        RateLimit.full_at < an_hour_ago, func.coalesce(RateLimit.blocked_until, an_hour_ago) < func.now()
    )


def held_back_for(session: Session, key: str) -> timedelta:
    """How long a Retry-After still holds; zero where none does."""
    clock: Any = func.clock_timestamp()
    left = case((RateLimit.blocked_until > clock, RateLimit.blocked_until - clock), else_=NONE)
    return session.scalar(select(left).where(RateLimit.key == key)) or NONE
