"""Jobs that are over, or that nobody works at any longer, go; what they were for is done all the same."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from sqlalchemy import select, text

from services import jobs, retention, runs
from services.db.engine import transaction
from services.db.models import Briefing
from services.runtime import Runtime
from tests.integration.journeys import Sandbox, arrive

OVER = ("failed", "cancelled", "aborted", "succeeded")
PUT = text(
    "WITH made AS (INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id)"
    " VALUES ('default', :name, CAST(:status AS procrastinate_job_status), :worker) RETURNING id)"
    " INSERT INTO procrastinate_events (job_id, type, at)"
    " SELECT id, 'started', now() - make_interval(days => :age) FROM made"
)


def put(runtime: Runtime, name: str, status: str, *, age: int = 0, worker: int | None = None) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(PUT, {"name": name, "status": status, "worker": worker, "age": age})
        # Putting it there is an event itself.
        session.execute(text("DELETE FROM procrastinate_events WHERE type <> 'started'"))


def worker(runtime: Runtime, *, silent_for: int) -> int:
    made = text(
        "INSERT INTO procrastinate_workers (last_heartbeat)"
        " VALUES (now() - make_interval(secs => :silent)) RETURNING id"
    )
    with transaction(runtime.sessions) as session:
        return int(session.execute(made, {"silent": silent_for}).scalar_one())


def forget(runtime: Runtime) -> None:
    """As the sidecar does each hour, and a worker then."""
    retention.forget_old(runtime.sessions, runtime.settings)
    asyncio.run(jobs.run_worker(runtime, wait=False))


def names(runtime: Runtime) -> set[str]:
    with transaction(runtime.sessions) as session:
        return set(session.scalars(text("SELECT task_name FROM procrastinate_jobs")))


def test_what_is_over_goes_after_a_week(runtime: Runtime) -> None:
    for status in OVER:
        put(runtime, f"old {status}", status, age=8)
        put(runtime, f"young {status}", status, age=6)
    forget(runtime)
    assert names(runtime) == {f"young {status}" for status in OVER}


def test_what_a_worker_held_that_is_gone_for_ever_goes(runtime: Runtime) -> None:
    put(runtime, "of one that is gone", "doing")
    put(runtime, "of one that is silent", "doing", worker=worker(runtime, silent_for=3_600))
    living = worker(runtime, silent_for=5)
    put(runtime, "of one that lives", "doing", worker=living)
    forget(runtime)
    assert names(runtime) == {"of one that lives"}


def test_a_briefing_does_not_wait_for_a_job_that_is_stuck(runtime: Runtime, sandbox: Sandbox) -> None:
    """The job of its own row, held for ever by nobody: the row is taken up all the same, and sent once."""
    emma = arrive(runtime, sandbox.person("emma"))
    now = datetime.now(UTC)
    with transaction(runtime.sessions) as session:
        runs.start_run(session, runtime.settings, requested_by="test", user_id=emma, now=now)
        session.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
        jobs.sweep(session)
    asyncio.run(jobs.run_worker(runtime, wait=False))
    assert len(sandbox.dms("emma")) == 1
    assert names(runtime) == {"send_briefing"}
    forget(runtime)
    assert names(runtime) == set()
    assert len(sandbox.dms("emma")) == 1
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(Briefing.status)).one() == "sent"
