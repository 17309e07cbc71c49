"""What the rows tell Prometheus: the same from any portal, whichever process did the work.

No label names a person, and nothing of what was sent or read is in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import product
from typing import Any

from prometheus_client import generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, Interval, cast, func, select, text
from sqlalchemy.orm import Session

from services import heartbeat, metrics
from services.db.models import Alert, Briefing, OutboundMessage, RateLimit
from services.db.models.alerts import ALERT_KINDS
from services.db.models.briefings import BRIEFING_KINDS, OUTCOMES
from services.deferral import QUEUES as OWN_QUEUES
from services.overdue import NOT_OPENED, read_overdue
from services.settings import Settings
from services.sources.gmail import quota
from services.tokens.overview import active_counts

DAY = timedelta(days=1)
QUANTILES = (0.5, 0.95, 1.0)
# What Prometheus is told of quantiles of nothing.
UNKNOWN = (math.nan,) * len(QUANTILES)
SHARED = ("slack:workspace", quota.PROJECT)
JOBS = text(
    "SELECT queue_name, CASE WHEN status = 'doing' THEN 'doing' WHEN scheduled_at > now() THEN 'later'"
    " ELSE 'ready' END AS state, count(*) FROM procrastinate_jobs"
    " WHERE status IN ('todo', 'doing') GROUP BY 1, 2"
)
QUEUES = ("default", *OWN_QUEUES.values())
JOB_STATES = ("ready", "later", "doing")
STAGES = ("wait", "compose", "turn", "post")
# However many people there are, so many steps are looked at.
NEWEST_STEPS = 30_000
STAGE_SECONDS = text("""
    WITH steps AS (
        SELECT briefing_id, step, at,
            lag(step) OVER one AS step_before, lag(at) OVER one AS since
        FROM briefing_events
        WHERE id > (SELECT max(id) FROM briefing_events) - :newest AND at > now() - interval '1 day'
        WINDOW one AS (PARTITION BY briefing_id ORDER BY id)
    ), stages AS (
        SELECT briefing_id, at, since, CASE
            WHEN step_before = 'due' AND step = 'claimed' THEN 'wait'
            WHEN step_before = 'claimed' AND step IN ('composed', 'retry_wait', 'failed', 'skipped')
                THEN 'compose'
            WHEN step_before = 'sending' AND step = 'posted' THEN 'turn'
            WHEN step_before = 'posted' AND step IN ('sent', 'put_off', 'unclear', 'failed') THEN 'post'
        END AS stage FROM steps
    ), measured AS (
        SELECT stage, greatest(0, extract(epoch FROM at
            - CASE stage WHEN 'turn' THEN greatest(since, due_at) ELSE since END)) AS seconds
        FROM stages JOIN briefings ON briefings.id = briefing_id WHERE stage IS NOT NULL
    )
    SELECT stage, count(*), percentile_cont(CAST(:quantiles AS float[])) WITHIN GROUP (ORDER BY seconds)
    FROM measured GROUP BY stage
""")
Values = Iterable[tuple[Iterable[str], float]]


class _Families(Collector):
    """What has been read, as prometheus_client wants to be given it."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> list[Metric]:
        return self._families


def tell(session: Session, settings: Settings) -> bytes:
    """All figures as Prometheus reads them."""
    return generate_latest(_Families(_all(session, settings)))


def _all(session: Session, settings: Settings) -> Iterator[Metric]:
    yield from _briefings(session)
    yield from _stages(session)
    yield from _workers(session)
    yield from _overdue(session)
    yield from _queues(session)
    yield from _limits(session, settings)
    yield from _health(session)


def _briefings(session: Session) -> Iterator[Metric]:
    """Those that were due within a day."""
    of_the_day = (Briefing.due_at > func.now() - DAY) & (Briefing.due_at <= func.now())
    outcomes = session.execute(
        select(Briefing.kind, Briefing.outcome, func.count())
        .where(of_the_day)
        .group_by(Briefing.kind, Briefing.outcome)
    )
    came_to = dict.fromkeys(product(BRIEFING_KINDS, OUTCOMES), 0)
    came_to.update({(kind, outcome): count for kind, outcome, count in outcomes})
    yield _gauge(
        "briefing_briefings",
        "Briefings due within the last 24 hours, by what became of them",
        ("kind", "outcome"),
        came_to.items(),
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
        (((str(name),), value) for name, value in zip(QUANTILES, quantiles or UNKNOWN, strict=True)),
    )


def _stages(session: Session) -> Iterator[Metric]:
    """How long the newest briefings stayed in each stage of their way, whoever did the work."""
    rows = session.execute(STAGE_SECONDS, {"newest": NEWEST_STEPS, "quantiles": list(QUANTILES)})
    found = {stage: (int(count), quantiles) for stage, count, quantiles in rows}
    yield _gauge(
        "briefing_stage_seconds",
        "How long briefings of the last 24 hours, the newest of them, waited for a worker, were composed,"
        " waited from their time on for their turn, and were posted",
        ("stage", "quantile"),
        (
            ((stage, str(name)), value)
            for stage in STAGES
            for name, value in zip(QUANTILES, found.get(stage, (0, UNKNOWN))[1], strict=True)
        ),
    )
    yield _gauge(
        "briefing_stage_count",
        "How many that was measured of",
        ("stage",),
        (((stage,), found.get(stage, (0, UNKNOWN))[0]) for stage in STAGES),
    )


def _workers(session: Session) -> Iterator[Metric]:
    """What each worker counts, as it said with its last sign of life. Without any, zeros of none."""
    steps = HistogramMetricFamily(
        "briefing_workers_step_seconds",
        "How long a step took, by worker: briefing_step_seconds of all, a minute old at most",
        labels=("process", "step", "outcome"),
    )
    units = CounterMetricFamily(
        "briefing_workers_limit_units",
        "Units taken of what others allow us, by worker: briefing_limit_units_total of all",
        labels=("process", "limit"),
    )
    bounds = [*map(str, metrics.BUCKETS), "+Inf"]
    nothing = {"counts": [0.0] * len(bounds), "sum": 0.0}
    none = {
        "steps": [{"step": step, "outcome": "ok", **nothing} for step in metrics.STEPS],
        "units": dict.fromkeys(SHARED, 0),
    }
    told = {
        name: detail["figures"]
        for name, detail in heartbeat.told_by(session, "worker").items()
        if "figures" in detail  # an older release's worker says nothing of itself
    }
    for process, one in {"": none, **told}.items():
        for step in one["steps"]:
            buckets = list(zip(bounds, step["counts"], strict=False))
            steps.add_metric([process, step["step"], step["outcome"]], buckets, step["sum"])
        for limit, taken in one["units"].items():
            units.add_metric([process, limit], taken)
    yield steps
    yield units


def _overdue(session: Session) -> Iterator[Metric]:
    late = read_overdue(session)
    now = session.execute(select(func.now())).scalar_one()
    age = (now - late.oldest).total_seconds() if late.oldest is not None else 0
    yield _gauge(
        "briefing_overdue",
        "Briefings more than 15 minutes past their time and neither sent nor ended, by the last error",
        ("reason",),
        [((reason or "unknown",), count) for reason, count in ({NOT_OPENED: 0} | late.reasons).items()],
    )
    yield _gauge("briefing_overdue_oldest_seconds", "How long the first of them waits", (), [((), age)])


def _queues(session: Session) -> Iterator[Metric]:
    jobs = dict.fromkeys(product(QUEUES, JOB_STATES), 0)
    jobs.update({(queue, state): count for queue, state, count in session.execute(JOBS)})
    yield _gauge("briefing_jobs", "Jobs in the queue", ("queue", "state"), jobs.items())
    waiting = session.execute(
        select(OutboundMessage.kind, OutboundMessage.status, func.count())
        .where(OutboundMessage.status.in_(("queued", "sending")))
        .group_by(OutboundMessage.kind, OutboundMessage.status)
    )
    messages = dict.fromkeys(product(("briefing",), ("queued", "sending")), 0)
    messages.update({(kind, status): count for kind, status, count in waiting})
    yield _gauge(
        "briefing_messages", "Slack messages that are not sent yet", ("kind", "status"), messages.items()
    )


def _limits(session: Session, settings: Settings) -> Iterator[Metric]:
    """Those that everybody shares; a person's or a channel's own would name them."""
    shared = select(
        RateLimit.key, _seconds_until(RateLimit.full_at), _seconds_until(RateLimit.blocked_until)
    ).where(func.split_part(RateLimit.key, ":", 3) == "")
    found = dict.fromkeys(SHARED, (0.0, 0.0))
    found.update({key: (float(full), float(blocked)) for key, full, blocked in session.execute(shared)})
    yield _gauge(
        "briefing_limit_full_in_seconds",
        "How long a shared limit needs until all of it is there again: 0 where nothing was taken",
        ("limit",),
        (((key,), full) for key, (full, _) in found.items()),
    )
    yield _gauge(
        "briefing_limit_blocked_seconds",
        "How long a Retry-After still holds everybody back",
        ("limit",),
        (((key,), blocked) for key, (_, blocked) in found.items()),
    )
    slack, gmail = SHARED
    # How many seconds at the even pace bring back what may be taken at once.
    at_once = {slack: 60 / settings.slack_messages_per_minute, gmail: 60 * (1 - quota.EVENLY) / quota.EVENLY}
    yield _gauge(
        "briefing_limit_used_ratio",
        "How much of what a shared limit gives at once is used: at 1 whoever comes next waits",
        ("limit",),
        (((key,), min(1.0, found[key][0] / seconds)) for key, seconds in at_once.items()),
    )
    allowed = {slack: settings.slack_messages_per_minute, gmail: settings.gmail_units_per_minute}
    yield _gauge(
        "briefing_limit_per_minute",
        "What the settings allow of it",
        ("limit",),
        (((name,), value) for name, value in allowed.items()),
    )


def _health(session: Session) -> Iterator[Metric]:
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
