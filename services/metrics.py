"""Figures of this very process for Prometheus: how long steps take, how many units were taken of limits.

What rows tell is in `services/figures.py`, so that any portal tells the same. No label says whose it was.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, start_http_server

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
_STEPS = Histogram(
    "briefing_step_seconds",
    "How long a step of a briefing took: token, mail, calendar, news, compose, deliver",
    ("step", "outcome"),
    buckets=(0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
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
