"""What became of the daily briefings day by day, and of today's while it goes on: numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, cast, func, select
from sqlalchemy.orm import Session

from services.access import Actor, admins_only
from services.db.models import Briefing, BriefingSettings, User
from services.db.models.briefings import OUTCOMES
from services.settings import Settings


@dataclass(frozen=True, slots=True)
class Day:
    """How many daily briefings of one date came to what; every outcome is in it."""

    day: date
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Today:
    """The team's day as it goes on: `to_come` are people whose briefing is not opened yet, `next_at` the
    first of those, or of those that wait for their time."""

    day: Day
    to_come: int
    next_at: datetime | None

    @property
    def under_way(self) -> int:
        return self.day.counts["open"]

    @property
    def ended(self) -> int:
        return self.day.total - self.under_way


def calendar(session: Session, actor: Actor, *, first: date, until: date) -> list[Day]:
    """Each date from `first` to `until` that had daily briefings, in order. Raises Forbidden."""
    admins_only(actor)
    return _days(session, Briefing.local_date.between(first, until))


def today(session: Session, settings: Settings, actor: Actor) -> Today:
    """The team's own date, at this moment. Raises Forbidden."""
    admins_only(actor)
    date_now = _team_date(session, settings)
    (day,) = _days(session, Briefing.local_date == date_now) or [Day(date_now, dict.fromkeys(OUTCOMES, 0))]
    midnight = datetime.combine(date_now, time.max, ZoneInfo(settings.briefing_timezone))
    to_come, next_at = session.execute(
        select(func.count(), func.min(BriefingSettings.next_due_at))
        .join(User, User.id == BriefingSettings.user_id)
        .where(BriefingSettings.enabled, User.active, BriefingSettings.next_due_at <= midnight)
    ).one()
    waiting = select(func.min(Briefing.due_at)).where(
        Briefing.local_date == date_now,
        Briefing.kind == "daily",
        Briefing.outcome == "open",
        Briefing.due_at > func.now(),
    )
    ahead = session.execute(waiting).scalar_one()
    return Today(day, int(to_come), min(filter(None, (next_at, ahead)), default=None))


def _team_date(session: Session, settings: Settings) -> date:
    moment = func.timezone(settings.briefing_timezone, func.now())
    return session.execute(select(cast(moment, Date))).scalar_one()


def _days(session: Session, which: ColumnElement[bool]) -> list[Day]:
    rows = session.execute(
        select(Briefing.local_date, Briefing.outcome, func.count())
        .where(which, Briefing.kind == "daily")
        .group_by(Briefing.local_date, Briefing.outcome)
        .order_by(Briefing.local_date)
    )
    found: dict[date, dict[str, int]] = {}
    for day, outcome, count in rows:
        found.setdefault(day, dict.fromkeys(OUTCOMES, 0))[outcome] = int(count)
    return [Day(day, counts) for day, counts in found.items()]
