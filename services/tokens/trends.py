"""How tokens stood on the days before, and how many grants end on the days to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Date, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.access import Actor, admins_only
from services.db.models import TokenHealth, TokenStatusDay
from services.settings import Settings
from services.tokens import overview
from services.tokens.standing import follow_settings

AHEAD_DAYS = 14
# The day's line is that of its last count.
COUNT_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class StatusDay:
    """How many active people stood where on one day; by status, worst first."""

    day: date
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Deaths:
    """How many grants end on one day unless somebody does something."""

    day: date
    count: int


def count_today(session: Session, settings: Settings) -> bool:
    """Write down how tokens stand, once an hour over the day's line; whether that was done now."""
    day = cast(func.timezone(settings.briefing_timezone, func.now()), Date)
    lately = select(TokenStatusDay.day).where(
        TokenStatusDay.day == day, TokenStatusDay.counted_at > func.now() - COUNT_AGAIN
    )
    if session.scalar(lately.limit(1)) is not None:
        return False
    follow_settings(session, settings)
    counts = overview.active_counts(session)
    lines = insert(TokenStatusDay).values(
        [{"day": day, "status": status, "count": count} for status, count in counts.items()]
    )
    session.execute(
        lines.on_conflict_do_update(
            index_elements=["day", "status"],
            set_={"count": lines.excluded.count, "counted_at": func.now()},
        )
    )
    return True


def status_over_time(
    session: Session, settings: Settings, actor: Actor, *, days: int = 30
) -> list[StatusDay]:
    """The last days on which tokens were counted, the oldest first; today as it is now. Raises Forbidden."""
    admins_only(actor)
    follow_settings(session, settings)
    first = func.current_date() - days
    rows = session.execute(
        select(TokenStatusDay.day, TokenStatusDay.status, TokenStatusDay.count)
        .where(TokenStatusDay.day > first)
        .order_by(TokenStatusDay.day)
    )
    found: dict[date, dict[str, int]] = {}
    for day, status, count in rows:
        found.setdefault(day, dict.fromkeys(overview.WORST_FIRST, 0))[status] = count
    found[_today(session, settings)] = overview.active_counts(session)
    return [StatusDay(day, counts) for day, counts in found.items()]


def deaths_ahead(session: Session, settings: Settings, actor: Actor) -> list[Deaths]:
    """How many grants of active people end on each of the next 14 days, today first. Raises Forbidden."""
    admins_only(actor)
    follow_settings(session, settings)
    zone = settings.briefing_timezone
    day = cast(func.timezone(zone, TokenHealth.dies_at), Date)
    today = _today(session, settings)
    rows = session.execute(
        select(day, func.count())
        .where(
            TokenHealth.status == "works",
            TokenHealth.active,
            TokenHealth.dies_at >= func.now(),
            TokenHealth.dies_at < func.now() + timedelta(days=AHEAD_DAYS),
        )
        .group_by(day)
    )
    counts = {found: int(count) for found, count in rows}
    ahead = [today + timedelta(days=n) for n in range(AHEAD_DAYS)]
    return [Deaths(one, counts.get(one, 0)) for one in ahead]


def _today(session: Session, settings: Settings) -> date:
    """The team's own date."""
    return session.execute(
        select(cast(func.timezone(settings.briefing_timezone, func.now()), Date))
    ).scalar_one()
