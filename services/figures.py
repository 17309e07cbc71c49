"""What the rows tell Prometheus: the same from any portal, whichever process did the work.

No label names a person, and nothing of what was sent or read is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, Interval, cast, func, select, text
from sqlalchemy.orm import Session

from services import heartbeat
from services.db.models import Alert, Briefing, OutboundMessage, RateLimit
from services.db.models.alerts import ALERT_KINDS
from services.overdue import read_overdue
from services.settings import Settings
from services.tokens.overview import active_counts

DAY = timedelta(days=1)
QUANTILES = (0.5, 0.95, 1.0)
JOBS = text(
    "SELECT queue_name, CASE WHEN status = 'doing' THEN 'doing' WHEN scheduled_at > now() THEN 'later'"
    " ELSE 'ready' END AS state, count(*) FROM procrastinate_jobs"
    " WHERE status IN ('todo', 'doing') GROUP BY 1, 2"
)
Values = Iterable[tuple[Iterable[str], float]]


class _Families(Collector):
    """What has been read, as prometheus_client wants to be given it."""

    def __init__(self, families: Iterable[GaugeMetricFamily]) -> None:
        self._families = list(families)

    def collect(self) -> list[GaugeMetricFamily]:
        return self._families


def tell(session: Session, settings: Settings) -> bytes:
    """All figures as Prometheus reads them."""
    return generate_latest(_Families(_all(session, settings)))


def _all(session: Session, settings: Settings) -> Iterator[GaugeMetricFamily]:
    yield from _briefings(session)
    yield from _overdue(session)
    yield from _queues(session)
    yield from _limits(session, settings)
    yield from _health(session)


def _briefings(session: Session) -> Iterator[GaugeMetricFamily]:
    """Those that were due within a day."""
    of_the_day = (Briefing.due_at > func.now() - DAY) & (Briefing.due_at <= func.now())
    outcomes = session.execute(
        select(Briefing.kind, Briefing.outcome, func.count())
        .where(of_the_day)
        .group_by(Briefing.kind, Briefing.outcome)
    )
    yield _gauge(
        "briefing_briefings",
        "Briefings due within the last 24 hours, by what became of them",
        ("kind", "outcome"),
        (((kind, outcome), count) for kind, outcome, count in outcomes),
    )
    lag = func.extract("epoch", func.greatest(Briefing.sent_at - Briefing.due_at, cast("0", Interval)))
    quantiles = session.scalar(
        select(func.percentile_cont(list(QUANTILES)).within_group(lag)).where(
            of_the_day, Briefing.kind == "daily", Briefing.status == "sent"
        )
    )
    yield _gauge(
        "briefing_lag_seconds",
        "How long after their time the daily briefings of the last 24 hours were sent",
        ("quantile",),
        (((str(name),), value) for name, value in zip(QUANTILES, quantiles or (), strict=False)),
    )


def _overdue(session: Session) -> Iterator[GaugeMetricFamily]:
    late = read_overdue(session)
    now = session.execute(select(func.now())).scalar_one()
    age = (now - late.oldest).total_seconds() if late.oldest is not None else 0
    yield _gauge(
        "briefing_overdue",
        "Briefings more than 15 minutes past their time and neither sent nor ended, by the last error",
        ("reason",),
        [((reason or "unknown",), count) for reason, count in late.reasons.items()],
    )
    yield _gauge("briefing_overdue_oldest_seconds", "How long the first of them waits", (), [((), age)])


def _queues(session: Session) -> Iterator[GaugeMetricFamily]:
    yield _gauge(
        "briefing_jobs",
        "Jobs in the queue",
        ("queue", "state"),
        (((queue, state), count) for queue, state, count in session.execute(JOBS)),
    )
    waiting = session.execute(
        select(OutboundMessage.kind, OutboundMessage.status, func.count())
        .where(OutboundMessage.status.in_(("queued", "sending")))
        .group_by(OutboundMessage.kind, OutboundMessage.status)
    )
    yield _gauge(
        "briefing_messages",
        "Slack messages that are not sent yet",
        ("kind", "status"),
        (((kind, status), count) for kind, status, count in waiting),
    )


def _limits(session: Session, settings: Settings) -> Iterator[GaugeMetricFamily]:
    """Those that everybody shares; a person's or a channel's own would name them."""
    shared = select(
        RateLimit.key, _seconds_until(RateLimit.full_at), _seconds_until(RateLimit.blocked_until)
    ).where(func.split_part(RateLimit.key, ":", 3) == "")
    rows = session.execute(shared).all()
    yield _gauge(
        "briefing_limit_full_in_seconds",
        "How long a shared limit needs until all of it is there again: 0 where nothing was taken",
        ("limit",),
        (((key,), full) for key, full, _ in rows),
    )
    yield _gauge(
        "briefing_limit_blocked_seconds",
        "How long a Retry-After still holds everybody back",
        ("limit",),
        (((key,), blocked) for key, _, blocked in rows),
    )
    allowed = {
        "slack:workspace": settings.slack_messages_per_minute,
        "gmail:project": settings.gmail_units_per_minute,
    }
    yield _gauge(
        "briefing_limit_per_minute",
        "What the settings allow of it",
        ("limit",),
        (((name,), value) for name, value in allowed.items()),
    )


def _health(session: Session) -> Iterator[GaugeMetricFamily]:
    tokens = active_counts(session)
    yield _gauge(
        "briefing_tokens",
        "Active people by how their Gmail connection is",
        ("status",),
        (((status,), count) for status, count in tokens.items()),
    )
    wrong = select(Alert.kind, func.count()).where(Alert.resolved_at.is_(None)).group_by(Alert.kind)
    open_alerts = dict.fromkeys(ALERT_KINDS, 0)
    open_alerts.update({str(kind): int(count) for kind, count in session.execute(wrong)})
    yield _gauge(
        "briefing_alerts",
        "What is wrong at the moment",
        ("kind",),
        (((kind,), count) for kind, count in open_alerts.items()),
    )
    yield _gauge(
        "briefing_processes",
        "Processes heard of lately, by their role",
        ("role",),
        (((role,), count) for role, count in heartbeat.count_alive(session).items()),
    )


def _seconds_until(moment: Any) -> ColumnElement[float]:
    return func.coalesce(func.greatest(func.extract("epoch", moment - func.now()), 0), 0)


def _gauge(name: str, told: str, labels: tuple[str, ...], values: Values) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, told, labels=labels)
    for names, value in values:
        family.add_metric(list(names), float(value))
    return family
