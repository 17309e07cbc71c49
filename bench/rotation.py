"""`python -m bench rotation`: 10,000 people's tokens brought under a new key while they are being read.

On an embedded server of its own, with real durability. Exits with 1 when the target is missed, or when a
token could not be read meanwhile.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from dataclasses import dataclass, field

import psutil
from sqlalchemy import insert

from bench.database import migrated, running_database
from services.crypto import SecretBox
from services.crypto.rotation import Rotated, rotate
from services.db.engine import Sessions, make_sessions, transaction
from services.db.models import GmailToken
from services.errors import EncryptionError
from services.settings import Settings
from services.tokens import store

TOKENS = 10_000
SECRETS_EACH = 3  # access token, refresh token, client secret
TARGET_SECONDS = 10.0
PAUSE_SECONDS = 0.005  # between one reading and the next
OLD, NEW = os.urandom(32), os.urandom(32)


@dataclass
class Reader:
    """Somebody who reads one token after the other meanwhile."""

    sessions: Sessions
    times: list[float] = field(default_factory=list)
    unreadable: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until told to stop."""
        box, settings = SecretBox([NEW, OLD]), Settings()
        while not self.stop.wait(PAUSE_SECONDS):
            began = time.perf_counter()
            try:
                with transaction(self.sessions) as session:
                    store.load(session, box, settings, f"p{random.randrange(TOKENS)}")
            except EncryptionError:
                self.unreadable += 1
            self.times.append(time.perf_counter() - began)


def main() -> int:
    """Run, print, and say whether the target is met."""
    with running_database() as server, migrated(server.url) as engine:
        sessions = make_sessions(engine)
        _fill(sessions)
        return _measure(sessions)


def _measure(sessions: Sessions) -> int:
    reader = Reader(sessions)
    thread = threading.Thread(target=reader.run)
    thread.start()
    try:
        psutil.cpu_percent()
        began = time.perf_counter()
        rotated = rotate(sessions, SecretBox([NEW, OLD]))
        seconds = time.perf_counter() - began
        busy = psutil.cpu_percent()
    finally:
        reader.stop.set()
        thread.join()
    return _print(rotated, reader, seconds, busy)


def _print(rotated: Rotated, reader: Reader, seconds: float, busy: float) -> int:
    whole = rotated.changed == TOKENS * SECRETS_EACH and not rotated.after.left
    met = whole and seconds <= TARGET_SECONDS and not reader.unreadable
    slowest = max(reader.times, default=0.0) * 1000
    print(f"{TOKENS:,} tokens, {rotated.changed:,} secrets under a new key in {seconds:.1f} s", end=" ")
    print(f"(target: at most {TARGET_SECONDS:.0f} s, all of them): {'met' if met else 'MISSED'}")
    print(f"  meanwhile {len(reader.times):,} readings, {reader.unreadable} without success,", end=" ")
    print(f"the slowest took {slowest:.0f} ms; the machine was {busy:.0f}% busy")
    return 0 if met else 1


def _fill(sessions: Sessions) -> None:
    box = SecretBox([OLD])
    with transaction(sessions) as session:
        session.execute(insert(GmailToken), [_row(box, f"p{number}") for number in range(TOKENS)])


def _row(box: SecretBox, user_id: str) -> dict[str, object]:
    """A row as long as a real one."""
    grant = store.Grant("ya29." + "a" * 200, "1//" + "r" * 100, 3600, ())
    secret = box.encrypt("GOCSPX-" + "s" * 28, belongs_to=store.belongs(user_id, "client_secret"))
    return {
        "user_id": user_id,
        "token_data": store.sealed(box, user_id, grant),
        "oauth_config": {"client_id": "bench", "client_secret": secret},
        "scopes": ["https://www.googleapis.com/auth/gmail.readonly"],
        "details": {"email": f"{user_id}@example.com"},
        "status": "healthy",
    }


if __name__ == "__main__":
    sys.exit(main())
