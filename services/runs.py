"""Runs: rounds of starting briefings, by the schedule or by hand."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from services.db.models import Briefing, BriefingSettings, Run, User
from services.deferral import defer
from services.delivery.briefings import Order, open_briefing, reopen
from services.delivery.completion import daily_of
from services.due import due_instant, is_wanted_on, next_due, zone_of
from services.errors import PortalError
from services.people.registry import by_any_id
from services.settings import Settings

BATCH = 500
log = structlog.get_logger(__name__)


class UnknownRun(PortalError):
    """There is no run of that id."""

    permanent = True
    code = "unknown_run"


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run and how many of its briefings stand where; `already` and the like are as at its start."""

    id: str
    kind: str
    requested_by: str
    started_at: datetime
    counts: dict[str, int]


def start_due(
    session: Session, settings: Settings, *, now: datetime, ahead: timedelta = timedelta(0)
) -> Counter[str]:
    """Open the briefing of everybody whose time has come, defer its job, and set when the next one is due.

    `ahead`: how long before its time a briefing is composed; it is sent at its time all the same. At most
    500 people a call; two schedulers at once share them and neither sees the other's. Returns how many
    briefings are now `due`, were `missed` for good, or were there `already`.
    """
    people = session.execute(due_until(now + ahead)).all()
    counts: Counter[str] = Counter()
    if not people:
        return counts
    run = Run(id=str(uuid.uuid4()), kind="schedule", requested_by="scheduler")
    session.add(run)
    session.flush()
    for record, user in people:
        counts += _start_one(session, settings, record, user, run.id, now, now + ahead)
    run.counts = dict(counts)
    log.info("run_started", run=run.id, **counts)
    return counts


def due_until(moment: datetime) -> Select[BriefingSettings, User]:
    """Whose time has come by then, the longest due first: a batch of them, locked, none that others have."""
    return (
        select(BriefingSettings, User)
        .join(User, User.id == BriefingSettings.user_id)
        .where(BriefingSettings.enabled, User.active, BriefingSettings.next_due_at <= moment)
        .order_by(BriefingSettings.next_due_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=BriefingSettings)
    )


def _start_one(
    session: Session,
    settings: Settings,
    record: BriefingSettings,
    user: User,
    run_id: str,
    now: datetime,
    until: datetime,
) -> Counter[str]:
    """Everything that has come due for one person since: the last one is sent, older ones are missed."""
    counts: Counter[str] = Counter()
    patience = timedelta(hours=settings.briefing_deadline_hours)
    due = record.next_due_at
    while due is not None and due <= until:
        following = next_due(record, user.timezone, after=due)
        superseded = following is not None and following <= until
        too_late = due + patience <= now
        order = Order(
            user_id=user.id,
            kind="daily",
            local_date=due.astimezone(zone_of(user.timezone)).date(),
            due_at=due,
            patience=due + patience - now,
            run_id=run_id,
            status="missed" if superseded or too_late else "due",
            error="superseded" if superseded else "too_late" if too_late else None,
        )
        briefing_id = open_briefing(session, order)
        counts["already" if briefing_id is None else order.status] += 1
        if briefing_id is not None and order.status == "due":
            defer(session, "send_briefing", briefing_id)
            log.info("briefing_opened", run=run_id, briefing=briefing_id)
        due = following
    record.next_due_at = due
    return counts


def start_run(
    session: Session,
    settings: Settings,
    *,
    requested_by: str,
    user_id: str | None = None,
    local_date: date | None = None,
    now: datetime | None = None,
) -> Run:
    """Start the day's briefings by hand, of everybody or one person (by id or Slack user id).

    Nobody gets a second one for their day; one that failed or was missed is tried again. One whose time has
    passed is late by that, one whose time is still to come is due now, and neither is promised again.
    `counts` of the run: `due` now, there `already`, `missed` on the days before, `not_wanted` on that day
    (asked only where nobody is named), `inactive`, `other_day` where `local_date` is neither today nor
    yesterday for them, or yesterday and today's is there. `now`: the database's, unless it is given. Raises
    UnknownPerson.
    """
    moment = now or session.execute(select(func.now())).scalar_one()
    # Each held until the end: the schedule leaves them out meanwhile, another run comes after this one.
    everybody = select(User, BriefingSettings).join(BriefingSettings).order_by(User.id)
    people = everybody.with_for_update(of=BriefingSettings)
    if user_id is not None:
        people = people.where(User.id == by_any_id(session, user_id).id)
    run = Run(id=str(uuid.uuid4()), kind="manual", requested_by=requested_by)
    session.add(run)
    session.flush()
    counts: Counter[str] = Counter()
    for user, record in session.execute(people).all():
        day = local_date or moment.astimezone(zone_of(user.timezone)).date()
        reason = _why_not(session, user, record, day, now=moment, named=user_id is not None)
        if reason is not None:
            counts[reason] += 1
            continue
        counts["missed"] += _miss_before(session, record, user, day, run.id)
        counts[_start_now(session, settings, record, user, day, run.id, moment)] += 1
    run.counts = dict(+counts)
    log.info("run_started", run=run.id, requested_by=requested_by, **run.counts)
    session.flush()
    session.refresh(run)
    return run


def _why_not(
    session: Session, user: User, record: BriefingSettings, day: date, *, now: datetime, named: bool
) -> str | None:
    today = now.astimezone(zone_of(user.timezone)).date()
    if not user.active:
        return "inactive"
    if day not in (today, today - timedelta(days=1)):
        return "other_day"
    if day < today and session.scalar(daily_of(user.id, today)) is not None:
        return "other_day"
    return None if named or is_wanted_on(record, day) else "not_wanted"


def _miss_before(session: Session, record: BriefingSettings, user: User, day: date, run_id: str) -> int:
    """Write down as missed what has come due on the days before that one; how many."""
    zone, due, missed = zone_of(user.timezone), record.next_due_at, 0
    while due is not None and due.astimezone(zone).date() < day:
        order = Order(
            user_id=user.id,
            kind="daily",
            local_date=due.astimezone(zone).date(),
            due_at=due,
            patience=timedelta(0),
            run_id=run_id,
            status="missed",
            error="superseded",
        )
        missed += open_briefing(session, order) is not None
        due = next_due(record, user.timezone, after=due)
    record.next_due_at = due
    return missed


def _start_now(
    session: Session,
    settings: Settings,
    record: BriefingSettings,
    user: User,
    day: date,
    run_id: str,
    now: datetime,
) -> str:
    """Open that day's, or try it again; what was promised for the day is promised for the next one then."""
    zone, promised = zone_of(user.timezone), record.next_due_at
    of_that_day = promised is not None and promised.astimezone(zone).date() == day
    due_at = min(promised, now) if promised is not None and of_that_day else now
    if promised is not None and of_that_day:
        latest = max(promised, due_instant(day, record.send_at, zone))
        record.next_due_at = next_due(record, user.timezone, after=latest)
    patience = timedelta(hours=settings.briefing_deadline_hours)
    order = Order(
        user_id=user.id, kind="daily", local_date=day, due_at=due_at, patience=patience, run_id=run_id
    )
    briefing_id = open_briefing(session, order) or reopen(session, order)
    if briefing_id is None:
        return "already"
    defer(session, "send_briefing", briefing_id)
    log.info("briefing_opened", run=run_id, briefing=briefing_id)
    return "due"


def run_counts(session: Session, run_id: str) -> dict[str, int]:
    """How many briefings of a run stand in which state."""
    rows = session.execute(
        select(Briefing.status, func.count()).where(Briefing.run_id == run_id).group_by(Briefing.status)
    )
    return {str(status): int(count) for status, count in rows}


def read_run(session: Session, run_id: str) -> RunReport:
    """A run and what has become of its briefings by now. Raises UnknownRun."""
    run = session.get(Run, run_id)
    if run is None:
        raise UnknownRun(f"there is no run {run_id!r}")
    settled = {name: count for name, count in run.counts.items() if name not in {"due", "missed"}}
    return RunReport(
        run.id, run.kind, run.requested_by, run.started_at, settled | run_counts(session, run_id)
    )
