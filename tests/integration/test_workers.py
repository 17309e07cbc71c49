"""Many workers: each is seen, any of them may go for ever, and what it held does not stay held."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from services import jobs
from services.db.engine import make_engine, make_sessions, transaction
from services.db.models import Heartbeat, OutboundMessage
from services.delivery import outbox, sender
from services.errors import DatabaseUnavailable
from services.runtime import Runtime
from services.settings import Settings
from tests.integration.auth_session_processes import WORKER, running, wait_for
from tests.integration.journeys import Sandbox, arrive

PEOPLE = ("seoyeon", "minjun", "jiwoo", "emma", "daniel", "hayun")


def work(runtime: Runtime) -> None:
    asyncio.run(jobs.run_worker(runtime, wait=False))


def write(runtime: Runtime, user_id: str, key: str) -> str:
    with transaction(runtime.sessions) as session:
        return outbox.put(session, outbox.Draft(user_id, "reply", {"text": "hello", "blocks": []}, key))


def statuses(runtime: Runtime) -> set[str]:
    with transaction(runtime.sessions) as session:
        return set(session.scalars(select(OutboundMessage.status)))


def workers_seen(runtime: Runtime) -> int:
    with transaction(runtime.sessions) as session:
        return len(session.scalars(select(Heartbeat).where(Heartbeat.name.startswith("worker:"))).all())


def swept(runtime: Runtime) -> set[str]:
    with transaction(runtime.sessions) as session:
        jobs.sweep(session)
    return statuses(runtime)


def test_workers_come_and_go_and_what_one_of_them_held_is_done_by_another(
    runtime: Runtime, sandbox: Sandbox, settings: Settings, tmp_path: Path
) -> None:
    people = [arrive(runtime, sandbox.person(key)) for key in PEOPLE]
    sandbox.fault(op="chat.postMessage", answer_ms=1_000)
    hasty = settings.model_copy(update={"lease_seconds": 8.0})
    with running(hasty, sandbox, tmp_path / "one.log", *WORKER) as first:
        wait_for(lambda: workers_seen(runtime) == 1)
        for number, user_id in enumerate(people):
            write(runtime, user_id, str(number))
        wait_for(lambda: "sending" in statuses(runtime))
        first.kill()
        with running(hasty, sandbox, tmp_path / "two.log", *WORKER):
            wait_for(lambda: swept(runtime) == {"sent"})
        assert workers_seen(runtime) == 2
    assert [len(sandbox.dms(key)) for key in PEOPLE] == [1] * len(PEOPLE)


def test_a_job_that_a_vanished_worker_left_behind_holds_up_nothing(
    runtime: Runtime, sandbox: Sandbox
) -> None:
    write(runtime, arrive(runtime, sandbox.person("seoyeon")), "key")
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
        session.execute(
            update(OutboundMessage).values(status="sending", lease_until=func.now() - timedelta(seconds=1))
        )
    work(runtime)
    assert statuses(runtime) == {"sending"}
    assert swept(runtime) == {"sending"}
    work(runtime)
    assert statuses(runtime) == {"sent"}
    assert len(sandbox.dms("seoyeon")) == 1


def test_what_somebody_locked_who_is_frozen_is_free_again(runtime: Runtime, sandbox: Sandbox) -> None:
    message_id = write(runtime, arrive(runtime, sandbox.person("seoyeon")), "key")
    frozen = make_engine(runtime.database_url, idle_seconds=0.5)

    def come_back_late() -> None:
        with transaction(make_sessions(frozen)) as session:
            session.execute(update(OutboundMessage).values(error="mine"))
            assert sender.send(runtime, message_id) == "sent"  # waits, and gets it
            session.execute(select(OutboundMessage))

    with pytest.raises(DatabaseUnavailable):
        come_back_late()
    frozen.dispose()
    assert len(sandbox.dms("seoyeon")) == 1
