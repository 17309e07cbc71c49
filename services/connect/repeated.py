"""A browser that comes back twice with the same code: a reload, a double click, a prefetch."""

from __future__ import annotations

import time

from sqlalchemy import select

from services.connect import sessions
from services.db.engine import transaction
from services.db.models import AuthSession
from services.errors import ConnectError
from services.runtime import Runtime

WAIT_SECONDS = 20
POLL_SECONDS = 0.1


def outcome(runtime: Runtime, state: str, code: str, used: ConnectError) -> AuthSession:
    """What the same callback came to that arrived first; waited for while its code is being exchanged.

    Raises ConnectError: as the first time ended, or `used` where this code is not the one that was taken.
    """
    give_up = time.monotonic() + WAIT_SECONDS
    same = select(AuthSession).where(
        AuthSession.state_hash == sessions.digest(state), AuthSession.code_hash == sessions.digest(code)
    )
    while time.monotonic() < give_up:
        with transaction(runtime.sessions) as session:
            first = session.scalar(same)
        if first is None:
            break
        if first.status in {"authorized", "fetching", "completed"}:
            return first
        if first.error_code:
            raise ConnectError(f"connecting ended: {first.error_code}", code=first.error_code)
        time.sleep(POLL_SECONDS)
    raise used
