"""Briefings whose time is well past and that have neither been sent nor ended, wherever they stand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, case, func, select, text
from sqlalchemy.orm import Session

from services.db.models import Briefing, BriefingSettings, OutboundMessage, Run, User
from services.delivery.outbox import is_of_briefing

GRACE = timedelta(minutes=15)
UNDER_WAY = ("due", "claimed", "composed", "sending", "retry_wait")
# The reason of one that nobody has even begun.
NOT_OPENED = "not_opened"


@dataclass(frozen=True, slots=True)
class Overdue:
    """How many by the reason of the last try (`""` where none is known), and since when the oldest is due."""

    reasons: Counter[str]
    oldest: datetime | None

    @property
    def count(self) -> int:
        return self.reasons.total()


def read_overdue(session: Session) -> Overdue:
    """What is a quarter of an hour late by the database's clock; `not_opened` while no sidecar looks."""
    reason = func.coalesce(OutboundMessage.error, Briefing.error, "")
    open_ones = session.execute(
        select(reason, func.count(), func.min(Briefing.due_at))
        .select_from(Briefing)
        .outerjoin(Run, Run.id == Briefing.run_id)
        .outerjoin(OutboundMessage, is_of_briefing())
        .where(_is_late(Briefing.due_at), Briefing.status.in_(UNDER_WAY), _is_late(_since()))
        .group_by(text("1"))
    ).all()
    not_opened, oldest = session.execute(
        select(func.count(), func.min(BriefingSettings.next_due_at))
        .join(User, User.id == BriefingSettings.user_id)
        .where(BriefingSettings.enabled, _is_late(BriefingSettings.next_due_at), User.active)
    ).one()
    reasons = Counter({str(code): int(count) for code, count, _ in open_ones})
    reasons[NOT_OPENED] += int(not_opened)
    since = [moment for moment in (oldest, *(first for _, _, first in open_ones)) if moment is not None]
    return Overdue(+reasons, min(since, default=None))


def _since() -> ColumnElement[datetime]:
    """One started anew by hand is late from then on, whatever its time was."""
    return case(
        (and_(Run.kind == "manual", Run.started_at > Briefing.due_at), Run.started_at), else_=Briefing.due_at
    )


def _is_late(
    due: SQLColumnExpression[datetime] | SQLColumnExpression[datetime | None],
) -> ColumnElement[bool]:
    return due < func.now() - GRACE
