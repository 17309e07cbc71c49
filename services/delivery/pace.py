"""How fast Slack is written to: all workers on all machines together keep to its limits.

One message a second in a DM, and the configured number a minute in the workspace. A 429 holds everybody back
for as long as Slack says.
"""

from __future__ import annotations

import time
from datetime import timedelta

from services import limits
from services.db.engine import transaction
from services.limits import Limit
from services.runtime import Runtime

WORKSPACE = "slack:workspace"
CHANNEL_PER_MINUTE = 55
# Room for a machine that hesitates: posts whose turns were a while ago arrive together.
SHARE = 0.95
NO_WAIT = timedelta(0)


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
