"""Processes that use the embedded server, and ways to look at it from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg

from services.db import embedded
from services.db.embedded_cluster import find_server

ROOT = os.geteuid() == 0
REPOSITORY = Path(__file__).resolve().parents[3]

USER = """
import os, signal, sys
from pathlib import Path
from services.db import embedded
from services.errors import DatabaseUnavailable
import {extra}

signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background has ignored
{prepare}
try:
    server = embedded.start(Path(sys.argv[1]), durable=False)
except DatabaseUnavailable as exc:
    sys.exit(f"refused: {{exc}}")
print(server.url, flush=True)
while True:
    try:
        sys.stdin.readline()
        break
    except KeyboardInterrupt:  # as a portal that is told to end, but has not yet
        print("interrupted", flush=True)
{finish}
"""


class User:
    """A process that uses the server until it is told to leave, or is killed."""

    def __init__(self, data_dir: Path, prepare: str = "", finish: str = "", extra: str = "sys") -> None:
        script = USER.format(prepare=prepare, finish=finish, extra=extra)
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", script, data_dir],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def url(self) -> str:
        """Where its server is, once it is there."""
        line = "-"
        while line and not line.startswith("postgresql"):
            line = self.line()
        return line

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leave(self) -> str:
        """Ask it to end; what it wrote to stderr."""
        return self.process.communicate("\n", timeout=90)[1]

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def living_servers(folder: Path) -> list[int]:
    return [
        process.pid
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] == "postgres"
        and any(str(folder) in word for word in process.info["cmdline"] or ())
    ]


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


def ask(url: str, query: str) -> str:
    with psycopg.connect(plain(url), connect_timeout=5) as connection:
        row = connection.execute(query.encode()).fetchone()
    return "" if row is None else str(row[0])


def answers(url: str) -> bool:
    try:
        return ask(url, "SELECT 1") == "1"
    except psycopg.OperationalError:
        return False


def remember(url: str) -> None:
    with psycopg.connect(plain(url)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT '한글' AS text")


def wait_until_gone(process: psutil.Process) -> None:
    """Until it has ended, though nobody may have collected it yet."""
    deadline = time.monotonic() + 20
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def server_of(server: embedded.EmbeddedServer) -> psutil.Process:
    process = find_server(server.home / "cluster")
    assert process is not None
    return process
