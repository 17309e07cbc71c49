"""Writers on one auth session, as many at once as wanted, in threads or as a process of their own.

    python -m tests.integration.auth_session_writers SESSION_ID FIRST COUNT

The database's address comes in DATABASE_URL.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import NullPool, create_engine, func, select, true

from services.connect import sessions
from services.db.engine import Sessions, make_sessions, transaction
from services.db.models import AuthSession, AuthSessionEvent, Json, User

Writer = Callable[[Sessions, str, int], None]


@dataclass(frozen=True, slots=True)
class Stored:
    """An auth session as it is in the database, with the messages of its timeline in their order."""

    status: str
    progress: Json
    messages: list[str]
    errors: list[str]

    @property
    def path(self) -> list[str]:
        """The states it has gone through, as its timeline has them."""
        return [message for message in self.messages if message in {"started", *sessions.NEXT}]


def connections(url: str) -> Sessions:
    """Each transaction on a connection of its own."""
    return make_sessions(create_engine(url, poolclass=NullPool))


def begun(opened: Sessions, *, upto: str = "started") -> str:
    """A new person's auth session, in `upto` of the way to a connection."""
    user_id, session_id = str(uuid.uuid4()), str(uuid.uuid4())
    with transaction(opened) as session:
        session.add(User(id=user_id))
        session.flush()
        session.add(
            AuthSession(
                id=session_id,
                user_id=user_id,
                progress=sessions.FIRST,
                browser_hash="",
                scopes=[],
                redirect_uri="",
                expires_at=func.now() + sessions.EXCHANGE,
            )
        )
        session.flush()
        sessions.note(session, session_id, "started")
        for step in sessions.STEPS[1 : sessions.STEPS.index(upto) + 1]:
            assert sessions.advance(session, session_id, step, step)
    return session_id


def stored(opened: Sessions, session_id: str) -> Stored:
    """What has become of an auth session by now."""
    with transaction(opened) as session:
        row = session.get_one(AuthSession, session_id)
        lines = session.scalars(
            select(AuthSessionEvent)
            .where(AuthSessionEvent.auth_session_id == session_id)
            .order_by(AuthSessionEvent.id)
        ).all()
    errors = [line.message for line in lines if line.level == "error" and line.message not in sessions.NEXT]
    return Stored(row.status, row.progress, [line.message for line in lines], errors)


def assert_legal(found: Stored) -> None:
    """Each state follows from one that leads to it, and status, flags and timeline say the same."""
    for before, after in zip(found.path, found.path[1:], strict=False):
        assert before in sessions.NEXT[after], found.path
    assert found.status == found.path[-1]
    assert {flag for flag, value in found.progress.items() if value is True} == set(found.path)


def write_everything(opened: Sessions, session_id: str, number: int) -> None:
    """A message, an error, and a try at each transition in an order of its own, each in a transaction."""
    order = list(sessions.NEXT)
    random.Random(number).shuffle(order)
    with transaction(opened) as session:
        sessions.note(session, session_id, f"message {number}")
    for to in order:
        with transaction(opened) as session:
            sessions.advance(session, session_id, to, to)
    with transaction(opened) as session:
        sessions.note(session, session_id, f"error {number}", level="error")


def write_progress(opened: Sessions, session_id: str, number: int) -> None:
    """How far the first look is, in no order, and one more look."""
    with transaction(opened) as session:
        sessions.read_on(session, session_id, number, number + 1)
    with transaction(opened) as session:
        assert sessions.take_up(session, session_id, true())


def all_at_once(opened: Sessions, session_id: str, numbers: range, write: Writer) -> None:
    """A thread a number, let go at the same moment."""
    together = threading.Barrier(len(numbers))

    def one(number: int) -> None:
        together.wait(60)
        write(opened, session_id, number)

    with ThreadPoolExecutor(len(numbers)) as pool:
        list(pool.map(one, numbers))


if __name__ == "__main__":
    first, count = int(sys.argv[2]), int(sys.argv[3])
    all_at_once(
        connections(os.environ["DATABASE_URL"]), sys.argv[1], range(first, first + count), write_everything
    )
