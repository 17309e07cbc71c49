"""What became of the daily briefings day by day, and of today's while it goes on: numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Date, and_, cast, func, select
from sqlalchemy.orm import Session

from services.access import Actor, admins_only
from services.db.models import Briefing, BriefingSettings, User
from services.db.models.briefings import OUTCOMES
from services.due import zone_of
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
    """The team's day as it goes on, whatever date it is for those whose briefing it is.

    `to_come` are people whose briefing is not opened yet, `next_at` the time of the first of those, or of
    those that wait for it; it has passed where nobody opens them.
    """

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
    """Each date, people's own, from `first` to `until` that had any, in order. Raises Forbidden."""
    admins_only(actor)
    rows = session.execute(
        select(Briefing.local_date, Briefing.outcome, func.count())
        .where(Briefing.local_date.between(first, until), Briefing.kind == "daily")
        .group_by(Briefing.local_date, Briefing.outcome)
        .order_by(Briefing.local_date)
    )
    found: dict[date, dict[str, int]] = {}
    for day, outcome, count in rows:
        found.setdefault(day, dict.fromkeys(OUTCOMES, 0))[outcome] = int(count)
    return [Day(day, counts) for day, counts in found.items()]


def today(session: Session, settings: Settings, actor: Actor) -> Today:
    """What is due between the team's midnights, of everybody's, at this moment. Raises Forbidden."""
    admins_only(actor)
    day = _team_date(session, settings)
    begin, end = (
        datetime.combine(date_, time.min, zone_of(settings.briefing_timezone))
        for date_ in (day, day + timedelta(days=1))
    )
    due = and_(Briefing.kind == "daily", Briefing.due_at >= begin, Briefing.due_at < end)
    outcomes = select(Briefing.outcome, func.count()).where(due).group_by(Briefing.outcome)
    counts = dict.fromkeys(OUTCOMES, 0)
    counts.update({str(outcome): int(count) for outcome, count in session.execute(outcomes)})
    to_come, next_at = session.execute(
        select(func.count(), func.min(BriefingSettings.next_due_at))
        .join(User, User.id == BriefingSettings.user_id)
        .where(BriefingSettings.enabled, User.active, BriefingSettings.next_due_at < end)
    ).one()
    waiting = select(func.min(Briefing.due_at)).where(
        due, Briefing.outcome == "open", Briefing.due_at > func.now()
    )
    ahead = session.execute(waiting).scalar_one()
    return Today(Day(day, counts), int(to_come), min(filter(None, (next_at, ahead)), default=None))


def _team_date(session: Session, settings: Settings) -> date:
    moment = func.timezone(settings.briefing_timezone, func.now())
    return session.execute(select(cast(moment, Date))).scalar_one()
