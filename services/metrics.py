"""Figures of this very process for Prometheus: how long steps take, how many units were taken of limits.

A worker tells them with its signs of life too, so that any portal knows them of all.
What rows tell is in `services/figures.py`, so that any portal tells the same. No label says whose it was.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, start_http_server

from services.db.models import Json

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
STEPS = ("token", "mail", "calendar", "news", "compose", "deliver")
BUCKETS = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_STEPS = Histogram(
    "briefing_step_seconds",
    f"How long a step of a briefing took: {', '.join(STEPS)}",
    ("step", "outcome"),
    buckets=BUCKETS,
    registry=REGISTRY,
)
_UNITS = Counter("briefing_limit_units", "Units taken of what others allow us", ("limit",), registry=REGISTRY)
log = structlog.get_logger(__name__)


@contextmanager
def timed(step: str) -> Iterator[None]:
    """Measure a step, around a block or as a decorator; `outcome` is error where it raised."""
    start, outcome = time.perf_counter(), "error"
    try:
        yield
        outcome = "ok"
    finally:
        _STEPS.labels(step, outcome).observe(time.perf_counter() - start)


def count_units(key: str, units: float) -> None:
    """Count what was taken of a limit, by its key; of `slack:channel:D012` only `slack:channel` is told."""
    _UNITS.labels(kind_of_limit(key)).inc(units)


def read() -> Json:
    """All so far: {steps: [{step, outcome, counts: one a bucket, sum: seconds}], units: {limit: number}}.

    As Prometheus counts, a bucket has what the ones before it have.
    """
    steps: dict[tuple[str, str], Json] = {}
    for sample in next(iter(_STEPS.collect())).samples:
        name = (sample.labels["step"], sample.labels["outcome"])
        one = steps.setdefault(name, {"step": name[0], "outcome": name[1], "counts": [], "sum": 0.0})
        if sample.name.endswith("_bucket"):
            one["counts"].append(sample.value)
        elif sample.name.endswith("_sum"):
            one["sum"] = sample.value
    units = next(iter(_UNITS.collect())).samples
    return {
        "steps": list(steps.values()),
        "units": {sample.labels["limit"]: sample.value for sample in units if sample.name.endswith("_total")},
    }


def kind_of_limit(key: str) -> str:
    """A limit's key without whose it is."""
    return ":".join(key.split(":")[:2])


@contextmanager
def served(address: str) -> Iterator[None]:
    """Answer Prometheus at `host:port` while this is open; nowhere where no address is set.

    A port that is taken costs a line in the log: briefings go out all the same.
    """
    host, _, port = address.rpartition(":")
    if not address:
        yield
        return
    try:
        server, thread = start_http_server(int(port), host.strip("[]"), registry=REGISTRY)
    except OSError as exc:
        log.error("metrics_not_served", address=address, reason=exc.strerror)
        yield
        return
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
