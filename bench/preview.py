"""A preview as its owner waits for it: from asking until its row is done, by the worker's job.

Rounds are the waits for an upstream that nothing could have spared: the longest chain of requests each of
which began when the one before it had been answered. Requests beside each other count once, a batch is one.
Each preview is the costliest kind: its access token is due and no feed is cached.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, update

from bench.sandbox_process import SandboxProcess
from services import previews
from services.db.engine import transaction
from services.db.models import GmailToken, NewsFeed
from services.previews import PreviewState
from services.runtime import Runtime

LOOK_SECONDS = 0.005
PATIENCE = 30.0


@dataclass(frozen=True)
class Made:
    """One preview: seconds it took, rounds, and requests sent upstream."""

    seconds: float
    rounds: int
    requests: int


def make_preview(runtime: Runtime, sandbox: SandboxProcess, user_id: str, latency: timedelta) -> Made:
    """Have a preview made, all sections of it, and look at its row until it is done."""
    _forget(runtime, user_id)
    sandbox.control("DELETE", "requests")
    began = time.perf_counter()
    with transaction(runtime.sessions) as session:
        preview_id = previews.request(session, user_id)
    state = _finished(runtime, user_id, preview_id)
    seconds = time.perf_counter() - began
    if state.status != "done" or state.missing:
        raise RuntimeError(f"the preview is not whole: {state.error} {state.missing}")
    seen = _upstream(sandbox)
    return Made(seconds, rounds(seen, latency), len(seen))


def rounds(begun: Iterable[datetime], latency: timedelta) -> int:
    """The longest chain of requests, each begun no earlier than `latency` after the one before it."""
    count, answered = 0, None
    for at in sorted(begun):
        if answered is None or at >= answered:
            count, answered = count + 1, at + latency
    return count


def _forget(runtime: Runtime, user_id: str) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(update(GmailToken).where(GmailToken.user_id == user_id).values(expiry=func.now()))
        session.execute(delete(NewsFeed))


def _finished(runtime: Runtime, user_id: str, preview_id: str) -> PreviewState:
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        with transaction(runtime.sessions) as session:
            state = previews.read(session, user_id, preview_id)
        if state is not None and state.finished:
            return state
        time.sleep(LOOK_SECONDS)
    raise RuntimeError("the preview was not made in time")


def _upstream(sandbox: SandboxProcess) -> list[datetime]:
    """When each request to Google and the feeds began."""
    requests: list[dict[str, Any]] = sandbox.control("GET", "requests").json()["requests"]
    return [datetime.fromisoformat(each["at"]) for each in requests if not each["inner"]]
