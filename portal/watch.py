"""The portal looks whether briefings still go out: whoever sends them could not say that they do not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from portal import runtime
from services.alerts import standstill
from services.errors import PortalError
from services.heartbeat import LATE_BEATS

# At the end a look that waits for Slack is not waited for.
LEAVE_SECONDS = 2
log = structlog.get_logger("portal")


@contextmanager
def watching(every: float) -> Iterator[None]:
    """Look each `every` seconds while this is open.

    The first look comes when a sidecar that was started together with the portal must have been heard of.
    """
    stop = threading.Event()
    thread = threading.Thread(target=_watch, args=(stop, every), name="watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(LEAVE_SECONDS)


def _watch(stop: threading.Event, every: float) -> None:
    pause = every * LATE_BEATS
    while not stop.wait(pause):
        pause = every
        try:
            standstill.look(runtime.current())
        except PortalError as exc:
            log.warning("not_looked", error=exc.code, reason=str(exc))
        except Exception:
            log.exception("not_looked")
