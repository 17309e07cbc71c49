"""That what people wrote to the assistant could not be stored, or had to be fetched from Slack's history.

Where storing fails nothing may be written at that moment: it is remembered in the process, and the portal's
next look writes it down, into another table than the one that failed.
"""

from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services import heartbeat
from services.db.models import Heartbeat

ROLE = "slack_not_stored"
# So long without another one, it is over.
QUIET = timedelta(minutes=10)
_noted = threading.Event()


def note() -> None:
    """It has just happened in this process."""
    _noted.set()


def write_down(session: Session) -> None:
    """Note in the caller's transaction that it has happened just now."""
    heartbeat.beat(session, ROLE)


def is_lately(session: Session) -> bool:
    """Whether it has happened anywhere in the last ten minutes; writes down what this process remembers."""
    if _noted.is_set():
        write_down(session)
        _noted.clear()
    last = select(func.max(Heartbeat.at) > func.now() - QUIET).where(Heartbeat.name.startswith(f"{ROLE}:"))
    return bool(session.scalar(last))
