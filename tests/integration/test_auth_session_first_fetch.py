"""The first look into a mailbox: how far it is, and that nothing strands it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from services import jobs
from services.connect import first_fetch, timeline
from services.connect.timeline import Attempt, Line
from services.db.engine import transaction
from services.db.models import GmailToken
from services.runtime import Runtime
from tests.integration.auth_session_processes import WORKER, running, wait_for
from tests.integration.auth_session_writers import assert_legal, stored
from tests.integration.journeys import Sandbox, arrive, connect

HANGS = 600_000


@pytest.fixture
def emma(runtime: Runtime, sandbox: Sandbox) -> str:
    return arrive(runtime, sandbox.person("emma"))


def work(runtime: Runtime) -> None:
    asyncio.run(jobs.run_worker(runtime, wait=False))


def look(runtime: Runtime, user_id: str) -> tuple[Attempt, tuple[Line, ...]]:
    with transaction(runtime.sessions) as session:
        attempt = timeline.latest(session, user_id)
        assert attempt is not None
        return attempt, timeline.timeline(session, attempt.id, user_id)


def hang_after(sandbox: Sandbox, batches: int) -> None:
    """Gmail answers so many batches, the search being the first, and then nothing for ten minutes."""
    sandbox.fault(path="/batch*", times=batches, latency_ms=1)
    sandbox.fault(path="/batch*", latency_ms=HANGS)


def leave_behind(runtime: Runtime, session_id: str) -> None:
    """Let the lease of whoever was at it have passed, and the sweep come by."""
    with transaction(runtime.sessions) as session:
        session.execute(text("ALTER TABLE auth_sessions DISABLE TRIGGER USER"))  # which would say now
        session.execute(
            text("UPDATE auth_sessions SET updated_at = now() - :lease WHERE id = :id"),
            {"lease": first_fetch.LEASE * 2, "id": session_id},
        )
        session.execute(text("ALTER TABLE auth_sessions ENABLE TRIGGER USER"))
    with transaction(runtime.sessions) as session:
        jobs.sweep(session)


def test_how_far_it_is_can_be_seen_and_in_the_end_it_is_through(
    runtime: Runtime, sandbox: Sandbox, emma: str
) -> None:
    connect(runtime, sandbox, emma, "emma")
    assert (look(runtime, emma)[0].mails_read, look(runtime, emma)[0].mails_found) == (None, None)
    work(runtime)
    attempt, lines = look(runtime, emma)
    assert attempt.status == "completed"
    assert attempt.mails_read == attempt.mails_found
    assert attempt.mails_found
    assert [line.message for line in lines[-2:]] == ["first_fetch_done", "completed"]


def test_a_worker_killed_in_the_middle_is_followed_by_another(
    runtime: Runtime, sandbox: Sandbox, emma: str, tmp_path: Path
) -> None:
    session_id = connect(runtime, sandbox, emma, "emma").id
    hang_after(sandbox, 2)
    with running(runtime.settings, sandbox, tmp_path / "worker.log", *WORKER) as process:
        wait_for(lambda: look(runtime, emma)[0].mails_read == 3)
        process.kill()
        process.wait(20)
    sandbox.control("/faults", method="DELETE")
    work(runtime)  # nothing is queued: the killed one is still thought to be at it
    attempt, _ = look(runtime, emma)
    assert (attempt.status, attempt.mails_read) == ("fetching", 3)
    leave_behind(runtime, session_id)
    work(runtime)
    attempt, lines = look(runtime, emma)
    assert (attempt.status, attempt.mails_read) == ("completed", attempt.mails_found)
    assert [line.message for line in lines[-4:]] == [
        "fetching",
        "fetching_again",
        "first_fetch_done",
        "completed",
    ]


def test_a_look_that_is_always_interrupted_is_given_up_and_the_connection_stands(
    runtime: Runtime, sandbox: Sandbox, emma: str
) -> None:
    session_id = connect(runtime, sandbox, emma, "emma").id
    for _ in range(first_fetch.LOOKS):
        first_fetch._claim(runtime, session_id)  # and dies
        leave_behind(runtime, session_id)
    work(runtime)
    attempt, lines = look(runtime, emma)
    assert attempt.status == "completed"
    assert [(line.message, line.detail.get("reason")) for line in lines[-2:]] == [
        ("first_fetch_failed", "interrupted"),
        ("completed", None),
    ]
    assert_legal(stored(runtime.sessions, session_id))


def test_what_is_taken_by_one_is_left_alone_by_another(runtime: Runtime, sandbox: Sandbox, emma: str) -> None:
    session_id = connect(runtime, sandbox, emma, "emma").id
    assert first_fetch._claim(runtime, session_id) is not None
    work(runtime)
    assert look(runtime, emma)[0].status == "fetching"
    assert sandbox.calls("gmail.users.messages.list") == 0


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ({"path": "/batch*", "status": 503}, "unavailable"),
        ({"path": "/batch*", "drop": "after"}, "unavailable"),
        ({"path": "/batch*", "body": "<html>sign in</html>", "status": 200}, "unavailable"),
        ({"path": "/batch*", "status": 403, "reason": "domainPolicy"}, "domainPolicy"),
    ],
)
def test_whatever_google_does_it_ends_completed_and_says_why(
    runtime: Runtime, sandbox: Sandbox, emma: str, trouble: dict[str, object], reason: str
) -> None:
    connect(runtime, sandbox, emma, "emma")
    sandbox.fault(**trouble)
    work(runtime)
    attempt, lines = look(runtime, emma)
    assert attempt.status == "completed"
    assert [(line.message, line.level) for line in lines[-2:]] == [
        ("first_fetch_failed", "error"),
        ("completed", "info"),
    ]
    assert lines[-2].detail["reason"] == reason


def test_our_own_fault_strands_nobody_either(runtime: Runtime, sandbox: Sandbox, emma: str) -> None:
    connect(runtime, sandbox, emma, "emma")
    with transaction(runtime.sessions) as session:
        # A token that no version of this product has ever written.
        session.execute(text("""UPDATE gmail_tokens SET token_data = '{"access_token": 7}'::jsonb"""))
    work(runtime)
    attempt, lines = look(runtime, emma)
    assert attempt.status == "completed"
    assert lines[-2].message == "first_fetch_failed"
    with transaction(runtime.sessions) as session:
        assert session.scalar(select(func.count()).select_from(GmailToken)) == 1


def test_who_disconnects_meanwhile_is_not_waited_for(runtime: Runtime, sandbox: Sandbox, emma: str) -> None:
    connect(runtime, sandbox, emma, "emma")
    with transaction(runtime.sessions) as session:
        session.execute(text("DELETE FROM gmail_tokens"))
    work(runtime)
    attempt, lines = look(runtime, emma)
    assert (attempt.status, lines[-2].detail["reason"]) == ("completed", "not_connected")
