"""One briefing is followed by its ids through the logs of every process that had it in hand."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import select

import scheduler
from services.db.engine import transaction
from services.db.models import Briefing
from services.runtime import Runtime
from services.settings import Settings
from tests.integration.auth_session_processes import WORKER, running, wait_for
from tests.integration.journeys import Sandbox
from tests.integration.portal_process import COOKIE_SECRET, CRON_SECRET, ROOT
from tests.integration.test_daily import join
from tests.integration.webhook_receiver import execute

TICK = """
import scheduler
from services.logs import configure_logging
from services.runtime import open_runtime
from services.settings import load_settings
configure_logging()
with open_runtime(load_settings(env_file=None)) as runtime:
    scheduler.tick(runtime)
"""


def lines_of(log: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.splitlines() if line.startswith("{")]


def briefing_of(runtime: Runtime) -> Briefing:
    with transaction(runtime.sessions) as session:
        return session.scalars(select(Briefing)).one()


def tick_in_a_process(settings: Settings, sandbox: Sandbox) -> str:
    """The scheduler's tick alone, without its worker; its log."""
    assert settings.database_url is not None
    environ = {
        "PATH": "/usr/bin:/bin",
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "COOKIE_SECRET": COOKIE_SECRET,
        "CRON_SECRET": CRON_SECRET,
        "TOKEN_ENCRYPTION_KEYS": settings.token_encryption_keys.get_secret_value(),
        "LOG_FORMAT": "json",
        **sandbox.environment(),
    }
    done = subprocess.run(
        [sys.executable, "-c", TICK], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_scheduler_worker_and_sender_say_the_same_run_and_briefing(
    runtime: Runtime, settings: Settings, sandbox: Sandbox, tmp_path: Path
) -> None:
    join(runtime, sandbox, "seoyeon")
    sandbox.fault(op="chat.postMessage", status=429, times=1, headers={"Retry-After": "1"})
    scheduled = lines_of(tick_in_a_process(settings, sandbox))
    briefing = briefing_of(runtime)
    with running(settings, sandbox, tmp_path / "worker.log", *WORKER):
        wait_for(lambda: briefing_of(runtime).status == "sent")
    worked = lines_of((tmp_path / "worker.log").read_text())
    events: dict[str, set[str]] = defaultdict(set)
    for where, lines in (("scheduler", scheduled), ("worker", worked)):
        for line in lines:
            if line.get("briefing") == briefing.id:
                assert line["run"] == briefing.run_id, line
                events[where].add(line["event"])
    assert events["scheduler"] == {"briefing_opened"}
    assert events["worker"] >= {"briefing_composed", "message_sent"}
    assert any(line["event"] == "run_started" and line["run"] == briefing.run_id for line in scheduled)


@pytest.mark.parametrize(
    ("op", "status", "event"),
    [
        ("batch", 500, "briefing_put_off"),
        ("chat.postMessage", 429, "message_put_off"),
        ("chat.postMessage", 500, "message_unclear"),
    ],
)
def test_what_goes_wrong_on_the_way_says_whose_way_it_was(
    runtime: Runtime, sandbox: Sandbox, op: str, status: int, event: str
) -> None:
    join(runtime, sandbox, "seoyeon")
    execute(runtime, "UPDATE briefing_settings SET sections = '{mail}'")
    sandbox.fault(op=op, status=status)
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        scheduler.run_once(runtime, now=None)
    briefing = briefing_of(runtime)
    [line] = [line for line in lines if line["event"] == event]
    assert (line["run"], line["briefing"]) == (briefing.run_id, briefing.id)
