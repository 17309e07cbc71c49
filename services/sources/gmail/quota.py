"""Gmail's quota: all workers on all machines together keep to the project's and to each person's.

Nine tenths of it come evenly and one tenth at once after a quiet while, so that no minute, wherever it
begins, has more than the whole.
"""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial

from services import limits
from services.db.engine import transaction
from services.errors import SourceUnavailable
from services.limits import Limit
from services.runtime import Runtime
from services.sources.google_batch import LONGEST_WAIT
from services.sources.meter import Meter

PROJECT = "gmail:project"
EVENLY = 0.9
PATIENCE = timedelta(seconds=LONGEST_WAIT)


def meter_of(runtime: Runtime, user_id: str) -> Meter:
    """What meters the calls made for one person."""
    return Meter(take=partial(_take, runtime, user_id), note=partial(_note, runtime, user_id))


def _take(runtime: Runtime, user_id: str, units: int) -> None:
    project = _limit(PROJECT, runtime.settings.gmail_units_per_minute)
    own = _limit(_own(user_id), runtime.settings.gmail_units_per_person)
    with transaction(runtime.sessions) as session:
        turn = limits.take_together(session, {project: units, own: units}, patience=PATIENCE)
    wait = turn.wait.total_seconds()
    if not turn.taken:
        raise SourceUnavailable("Gmail's quota is used up for now", code="rate_limited", retry_after=wait)
    time.sleep(wait)


def _note(runtime: Runtime, user_id: str, exc: SourceUnavailable) -> None:
    """Google has asked to be left alone for so long: by this person, or by everybody."""
    if exc.code == "rate_limited" and exc.retry_after:
        key = PROJECT if exc.for_everybody else _own(user_id)
        with transaction(runtime.sessions) as session:
            limits.hold_back(session, key, exc.retry_after)


def _limit(key: str, per_minute: int) -> Limit:
    return Limit(key, per_minute * EVENLY, burst=per_minute * (1 - EVENLY))


def _own(user_id: str) -> str:
    return f"gmail:person:{user_id}"
