"""A worker or a sidecar as a process of its own, pointed at a test's database and sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from services.settings import Settings
from tests.integration.journeys import Sandbox
from tests.integration.portal_process import COOKIE_SECRET, CRON_SECRET, ROOT

WORKER = ("-m", "services.jobs", "worker")
SIDECAR_ONCE = ("scheduler.py", "--once")


@contextmanager
def running(
    settings: Settings, sandbox: Sandbox, log: Path, *command: str
) -> Iterator[subprocess.Popen[bytes]]:
    """The process; its log as JSON, a line each, goes to `log`. It is killed at the end if it still runs."""
    assert settings.database_url is not None
    environ = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "COOKIE_SECRET": COOKIE_SECRET,
        "CRON_SECRET": CRON_SECRET,
        "TOKEN_ENCRYPTION_KEYS": settings.token_encryption_keys.get_secret_value(),
        "LEASE_SECONDS": str(settings.lease_seconds),
        "LOG_FORMAT": "json",
        **sandbox.environment(),
    }
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=output
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(20)


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Look ten times a second until it is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
