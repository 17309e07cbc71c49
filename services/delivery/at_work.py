"""A claim that lasts for as long as somebody is at work on it, and not much longer.

Composing may take longer than one lease where Google is slow; a worker that has died renews nothing, so
another takes its briefing over after one lease at most.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from threading import Event, Thread

from services.db.models import Briefing
from services.delivery import briefings
from services.errors import DatabaseUnavailable
from services.runtime import Runtime

# Of a lease: twice in each, so that one that fails is made good.
RENEW = 1 / 3
# Whoever hangs, and does not die, is followed by another all the same.
MOST_LEASES = 10


@contextlib.contextmanager
def on(runtime: Runtime, claimed: Briefing) -> Iterator[None]:
    """Keep a claimed briefing's lease from running out while this is open."""
    done = Event()
    thread = Thread(target=_renew, args=(runtime, claimed, done), name="at-work", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _renew(runtime: Runtime, claimed: Briefing, done: Event) -> None:
    every = briefings.lease(runtime).total_seconds() * RENEW
    for _ in range(round(MOST_LEASES / RENEW)):
        if done.wait(every):
            return
        with contextlib.suppress(DatabaseUnavailable):
            if not briefings.renew(runtime, claimed):
                return
