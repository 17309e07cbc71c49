"""Many writers on one auth session: nothing is lost, and no state that may not be."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text, true, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from services.connect import sessions
from services.db.engine import Sessions, make_sessions, transaction
from services.db.models import AuthSession
from tests.integration.auth_session_writers import (
    all_at_once,
    assert_legal,
    begun,
    connections,
    stored,
    write_everything,
    write_progress,
)

WRITERS = 64
PROCESSES = 4


@pytest.fixture
def opened(database_url: str) -> Sessions:
    return connections(database_url)


def flags_of(opened: Sessions, session_id: str) -> set[str]:
    return {name for name, value in stored(opened, session_id).progress.items() if value is True}


def assert_nothing_lost(opened: Sessions, session_id: str) -> None:
    found = stored(opened, session_id)
    assert_legal(found)
    assert found.status in sessions.ENDS
    said = [message for message in found.messages if message.startswith("message")]
    assert sorted(said) == sorted(f"message {number}" for number in range(WRITERS))
    assert sorted(found.errors) == sorted(f"error {number}" for number in range(WRITERS))


def test_64_writers_of_status_message_and_error_lose_nothing(opened: Sessions) -> None:
    session_id, over, seen = begun(opened), Event(), [{"started"}]

    def watch() -> None:
        while not over.wait(0.02):
            seen.append(flags_of(opened, session_id))

    watching = Thread(target=watch)
    watching.start()
    try:
        all_at_once(opened, session_id, range(WRITERS), write_everything)
    finally:
        over.set()
        watching.join()
    assert_nothing_lost(opened, session_id)
    for before, after in zip(seen, [*seen[1:], flags_of(opened, session_id)], strict=True):
        assert before <= after


def test_64_writers_in_four_processes_lose_nothing(opened: Sessions, database_url: str) -> None:
    session_id, share = begun(opened), WRITERS // PROCESSES
    command = [sys.executable, "-m", "tests.integration.auth_session_writers", session_id]
    environ = {**os.environ, "DATABASE_URL": database_url}
    running = [
        subprocess.Popen([*command, str(number * share), str(share)], env=environ)
        for number in range(PROCESSES)
    ]
    assert [process.wait(120) for process in running] == [0] * PROCESSES
    assert_nothing_lost(opened, session_id)


def test_64_writers_of_progress_only_make_it_grow(opened: Sessions) -> None:
    session_id = begun(opened, upto="fetching")
    all_at_once(opened, session_id, range(WRITERS), write_progress)
    found = stored(opened, session_id)
    assert_legal(found)
    numbers = {name: value for name, value in found.progress.items() if value is not True}
    assert numbers == {"mails_read": WRITERS - 1, "mails_found": WRITERS, "looks": WRITERS + 1}
    assert found.messages.count("fetching_again") == WRITERS


def _store_the_copy(session: Session, session_id: str, copy: dict[str, Any]) -> None:
    """Read, change, write: the whole record goes back as it was read, with a message added to it."""
    said = [*copy["progress"].get("messages", ()), "Authorised. Mail can be read."]
    changed = copy | {"progress": copy["progress"] | {"messages": said}}
    session.execute(update(AuthSession).where(AuthSession.id == session_id).values(**changed))


def _add_a_line(session: Session, session_id: str, copy: dict[str, Any]) -> None:
    sessions.note(session, session_id, "Authorised. Mail can be read.", level="error")


@pytest.mark.parametrize(
    ("add_message", "status", "flag"),
    [(_store_the_copy, "consent_requested", False), (_add_a_line, "authorized", True)],
    ids=["whole records lose it", "single statements keep it"],
)
def test_the_lost_update_of_a_status_by_the_message_after_it(
    opened: Sessions,
    add_message: Callable[[Session, str, dict[str, Any]], None],
    status: str,
    flag: bool,
) -> None:
    """What had happened before: the status went on, then a message was added to an older copy of the record
    and the whole of it stored. The status was back where it had been, and the next step was refused."""
    session_id = begun(opened, upto="consent_requested")
    with transaction(opened) as session:
        columns = select(AuthSession.status, AuthSession.progress).where(AuthSession.id == session_id)
        copy = dict(session.execute(columns).one()._mapping)
    with transaction(opened) as session:
        assert sessions.advance(session, session_id, "authorized", "authorized")
    with transaction(opened) as session:
        add_message(session, session_id, copy)
    found = stored(opened, session_id)
    assert (found.status, found.progress.get("authorized", False)) == (status, flag)
    with transaction(opened) as session:
        next_step = sessions.advance(session, session_id, "fetching", "fetching")
    assert (next_step is not None) is flag


Step = tuple[int, str, Any]
steps = st.one_of(
    st.tuples(st.integers(0, 2), st.just("advance"), st.sampled_from(sorted(sessions.NEXT))),
    st.tuples(st.integers(0, 2), st.just("note"), st.just("a message")),
    st.tuples(st.integers(0, 2), st.just("read_on"), st.integers(0, 9)),
    st.tuples(st.integers(0, 2), st.just("take_up"), st.none()),
    st.tuples(st.integers(0, 2), st.sampled_from(["commit", "rollback"]), st.none()),
)


def _do(session: Session, session_id: str, what: str, value: Any) -> None:
    match what:
        case "advance":
            sessions.advance(session, session_id, value, value)
        case "note":
            sessions.note(session, session_id, value)
        case "read_on":
            sessions.read_on(session, session_id, value, 9)
        case "take_up":
            sessions.take_up(session, session_id, true())
        case "commit":
            session.commit()
        case "rollback":
            session.rollback()
    session.flush()


@given(start=st.sampled_from(sessions.STEPS), interleaving=st.lists(steps, max_size=25))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_three_writers_interleave_only_legal_paths_come_about(
    engine: Engine, start: str, interleaving: list[Step]
) -> None:
    """Three open transactions, a step of one or the other at a time; who finds the row held gives up."""
    opened = make_sessions(engine)
    session_id = begun(opened, upto=start)
    seen = flags_of(opened, session_id)
    read = 0
    with contextlib.ExitStack() as stack:
        writers = [stack.enter_context(opened()) for _ in range(3)]
        for number, what, value in interleaving:
            try:
                writers[number].execute(text("SET LOCAL lock_timeout = '5ms'"))
                _do(writers[number], session_id, what, value)
            except OperationalError:
                writers[number].rollback()
            found = stored(opened, session_id)
            assert_legal(found)
            now = {name for name, flag in found.progress.items() if flag is True}
            assert seen <= now
            assert read <= found.progress.get("mails_read", 0)
            seen, read = now, found.progress.get("mails_read", 0)
