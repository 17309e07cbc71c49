"""How fast Slack is written to: all workers on all machines together keep to its limits.

One message a second in a DM, and the configured number a minute in the workspace. Every other method has the
number a minute of its tier. A 429 holds everybody back, for as long as Slack says, from what it was about.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import partial

from services import limits
from services.db.engine import transaction
from services.errors import SlackUnavailable
from services.limits import Limit
from services.runtime import Runtime

WORKSPACE = "slack:workspace"
CHANNEL_PER_MINUTE = 55
# Room for a machine that hesitates: posts whose turns were a while ago arrive together.
SHARE = 0.95
NO_WAIT = timedelta(0)

OPEN, HISTORY, REPLIES = "conversations.open", "conversations.history", "conversations.replies"
INFO, LIST, BY_EMAIL = "users.info", "users.list", "users.lookupByEmail"
# Slack's tiers: calls a minute of each method.
PER_MINUTE = {LIST: 20, OPEN: 50, HISTORY: 50, REPLIES: 50, BY_EMAIL: 50, INFO: 100}
# Nine tenths of them evenly and one tenth at once after a quiet while: no minute has more than the whole.
EVENLY = 0.9
# What somebody is waiting for takes its turn within so long, or is told to come again.
PATIENCE = timedelta(seconds=10)
LONGEST_LINE = timedelta(days=1)


class NotYet(SlackUnavailable):
    """Others are to call this method first: nothing was asked of Slack, and `retry_after` is set."""

    code = "rate_limited"


def await_turn(runtime: Runtime, channel: str) -> timedelta:
    """Wait for this message's turn. Zero: post now. More: the turn is too far away, ask again after that."""
    own = Limit(f"slack:channel:{channel}", CHANNEL_PER_MINUTE)
    everybody = Limit(WORKSPACE, SHARE * runtime.settings.slack_messages_per_minute)
    # For one who gets many messages at once no sender stands still.
    waits = {own: own.unit, everybody: timedelta(seconds=runtime.settings.lease_seconds / 4)}
    for limit, patience in waits.items():
        with transaction(runtime.sessions) as session:
            turn = limits.take(session, limit, patience=patience)
        if not turn.taken:
            return turn.wait
        time.sleep(turn.wait.total_seconds())
    with transaction(runtime.sessions) as session:
        return limits.held_back_for(session, WORKSPACE)  # somebody may have been told to slow down meanwhile


def hold_back(runtime: Runtime, seconds: float) -> None:
    """Slack has asked to be left alone for so long: nobody posts until then."""
    with transaction(runtime.sessions) as session:
        limits.hold_back(session, WORKSPACE, seconds)


@contextmanager
def turn(runtime: Runtime, method: str, *, patience: timedelta = NO_WAIT) -> Iterator[None]:
    """One call of a method in its turn; a 429 to it holds everybody back from this method.

    Raises NotYet, and calls nothing, where the turn is more than `patience` away.
    """
    wait = _wait_for(runtime, method, patience)
    if wait:
        raise NotYet(f"others are to call {method} first", retry_after=wait.total_seconds())
    try:
        yield
    except SlackUnavailable as exc:
        if exc.retry_after:
            with transaction(runtime.sessions) as session:
                limits.hold_back(session, key_of(method), exc.retry_after)
        raise


def turns(
    runtime: Runtime, method: str, *, patience: timedelta = NO_WAIT
) -> Callable[[], AbstractContextManager[None]]:
    """A turn for each of several calls, such as the pages of one answer."""
    return partial(turn, runtime, method, patience=patience)


def key_of(method: str) -> str:
    """A method's row in `rate_limits`."""
    return f"slack:{method}"


def _wait_for(runtime: Runtime, method: str, patience: timedelta) -> timedelta:
    """Zero: the turn is there, and taken. More: a moment to come again at, which nobody else was given."""
    per_minute = PER_MINUTE[method]
    limit = Limit(key_of(method), per_minute * EVENLY, burst=per_minute * (1 - EVENLY))
    with transaction(runtime.sessions) as session:
        mine = limits.take(session, limit, patience=patience)
        if not mine.taken:
            place = Limit(f"waiting:{method}", limit.per_minute)
            return mine.wait + limits.take(session, place, patience=LONGEST_LINE).wait
    if not mine.wait:
        return NO_WAIT
    time.sleep(mine.wait.total_seconds())
    with transaction(runtime.sessions) as session:
        return limits.held_back_for(session, limit.key)  # somebody may have been told to slow down meanwhile
