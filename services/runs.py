"""Runs: rounds of starting briefings, by the schedule or by hand."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.db.models import BriefingSettings, Run, User
from services.deferral import defer
from services.delivery.briefings import Order, open_briefing
from services.due import next_due, zone_of
from services.settings import Settings

BATCH = 500


def start_due(session: Session, settings: Settings, *, now: datetime) -> Counter[str]:
    """Open the briefing of everybody whose time has come, defer its job, and set when the next one is due.

    At most 500 people a call; two schedulers at once share them and neither sees the other's. Returns how
    many briefings are now `due`, were `missed` for good, or were there `already`.
    """
    people = session.execute(
        select(BriefingSettings, User)
        .join(User, User.id == BriefingSettings.user_id)
        .where(BriefingSettings.enabled, User.active, BriefingSettings.next_due_at <= now)
        .order_by(BriefingSettings.next_due_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=BriefingSettings)
    ).all()
    counts: Counter[str] = Counter()
    if not people:
        return counts
    run = Run(id=str(uuid.uuid4()), kind="schedule", requested_by="scheduler")
    session.add(run)
    session.flush()
    for record, user in people:
        counts += _start_one(session, settings, record, user, run.id, now)
    run.counts = dict(counts)
    return counts


def _start_one(
    session: Session, settings: Settings, record: BriefingSettings, user: User, run_id: str, now: datetime
) -> Counter[str]:
    """Everything that has come due for one person since: the last one is sent, older ones are missed."""
    counts: Counter[str] = Counter()
    patience = timedelta(hours=settings.briefing_deadline_hours)
    due = record.next_due_at
    while due is not None and due <= now:
        following = next_due(record, user.timezone, after=due)
        superseded = following is not None and following <= now
        too_late = due + patience <= now
        order = Order(
            user_id=user.id,
            kind="daily",
            local_date=due.astimezone(zone_of(user.timezone)).date(),
            due_at=due,
            deadline_at=due + patience,
            run_id=run_id,
            status="missed" if superseded or too_late else "due",
            error="superseded" if superseded else "too_late" if too_late else None,
        )
        briefing_id = open_briefing(session, order)
        counts["already" if briefing_id is None else order.status] += 1
        if briefing_id is not None and order.status == "due":
            defer(session, "send_briefing", briefing_id)
        due = following
    record.next_due_at = due
    return counts
