"""The sidecar as a process: it stops when told to, and outlives its database."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import select, text

import scheduler
from services import jobs
from services.db.engine import transaction
from services.db.models import Heartbeat
from services.deferral import defer
from services.errors import DatabaseUnavailable
from services.runtime import Runtime, open_runtime
from services.settings import load_settings
from tests.integration.journeys import Sandbox


@pytest.fixture
def data_dir() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="briefing-portal-sidecar-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def environment_of(sandbox: Sandbox, data_dir: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "DATA_DIR": str(data_dir), **sandbox.environment()}


def postmaster_of(data_dir: Path) -> psutil.Process:
    pid_file = next(data_dir.rglob("postmaster.pid"))
    return psutil.Process(int(pid_file.read_text().splitlines()[0]))


def heartbeats(runtime: Runtime) -> int:
    with transaction(runtime.sessions) as session:
        return len(session.scalars(select(Heartbeat).where(Heartbeat.name.startswith("scheduler:"))).all())


def revived(runtime: Runtime) -> bool:
    """Start the server again; False while processes of the killed one are still there."""
    try:
        runtime.revive()
    except DatabaseUnavailable:
        return False
    return True


def waiting_jobs(runtime: Runtime) -> int:
    with transaction(runtime.sessions) as session:
        query = text("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")
        return int(session.execute(query).scalar_one())


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_database_killed_under_the_sidecar_is_started_again(sandbox: Sandbox, data_dir: Path) -> None:
    settings = load_settings(environment_of(sandbox, data_dir), env_file=None)
    with open_runtime(settings) as runtime:
        scheduler.tick(runtime)
        killed = postmaster_of(data_dir)
        killed.kill()
        killed.wait(10)
        scheduler.tick_and_log(runtime)  # notices, and starts it again
        scheduler.tick_and_log(runtime)
        assert heartbeats(runtime) == 1
        assert postmaster_of(data_dir).pid != killed.pid


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_to_and_takes_the_database_along(
    sandbox: Sandbox, data_dir: Path, number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [sys.executable, "scheduler.py"],
        env=environment_of(sandbox, data_dir),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        wait_for(lambda: any(data_dir.rglob("postmaster.pid")))
        settings = load_settings(environment_of(sandbox, data_dir), env_file=None)
        with open_runtime(settings) as runtime:
            wait_for(lambda: heartbeats(runtime) == 1)
            postmaster = postmaster_of(data_dir)
        time.sleep(1)  # let it come to its worker
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    # Where nobody reaps orphans a stopped process stays as a zombie.
    assert not postmaster.is_running() or postmaster.status() == psutil.STATUS_ZOMBIE


def test_a_worker_that_loses_its_database_works_again_when_it_is_back(
    sandbox: Sandbox, data_dir: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "services.jobs", "worker"],
        env=environment_of(sandbox, data_dir),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        wait_for(lambda: any(data_dir.rglob("postmaster.pid")))
        settings = load_settings(environment_of(sandbox, data_dir), env_file=None)
        with open_runtime(settings) as runtime:
            time.sleep(2)
            killed = postmaster_of(data_dir)
            killed.kill()
            killed.wait(10)
            wait_for(lambda: revived(runtime))
            time.sleep(jobs.RESTART_SECONDS + 2)
            assert process.poll() is None
            with transaction(runtime.sessions) as session:
                defer(session, "send_briefing", "nobody")
            wait_for(lambda: waiting_jobs(runtime) == 0)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=40)
    finally:
        process.kill()
    assert process.returncode == 0, errors
