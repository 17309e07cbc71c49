"""`python -m dev` as a person runs it: ready, beside another one, restarted while one types, ended."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from dev.plan import ROOT
from services.db.embedded_cluster import find_server
from services.db.embedded_place import find_place, shipped_installation


class Running:
    """One `python -m dev`, what it has printed, and the processes that it has started."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ
        self.output = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dev"],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(10)
        assert self.process.stdout
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.output += line

    def wait_for(self, pattern: str, within: float = 60) -> str:
        """The first group of `pattern` in the output."""
        deadline = time.monotonic() + within
        while not (found := re.search(pattern, self.output)):
            assert time.monotonic() < deadline, self.output
            assert self.process.poll() is None, self.output
            time.sleep(0.05)
        return found[1]

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: signal.Signals) -> int:
        """Signal the process and wait; its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(10)
        self._reader.join(5)
        return code


@pytest.fixture
def environ() -> Iterator[dict[str, str]]:
    """Ports and a data folder of its own."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = [server.getsockname()[1] for server in (one, other)]
    unset = ("GOOGLE_", "SLACK_", "DATABASE_URL", "STREAMLIT_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unset)}
    with tempfile.TemporaryDirectory(prefix="briefing-dev-tests-") as folder:
        Path(folder).chmod(0o711)  # who runs as root has the database run as another user
        yield kept | {
            "DATA_DIR": folder,
            "PORTAL_URL": f"http://localhost:{ports[0]}",
            "SANDBOX_PORT": str(ports[1]),
        }


def test_everything_is_there_and_gone_again(environ: dict[str, str]) -> None:
    with Running(environ) as running:
        running.wait_for(r"(Ready in [\d.]+ s)")
        addresses = re.findall(r"^  (?:Portal|Slack|API docs) +(http\S+)$", running.output, re.MULTILINE)
        assert len(addresses) == 3
        assert [httpx.get(address, timeout=10).status_code for address in addresses] == [200] * 3
        assert httpx.get(f"{environ['PORTAL_URL']}/readyz", timeout=10).json()["ready"]
        assert_second_one_names_the_port(environ)
        started = running.descendants()
        assert len(started) >= 6  # each part and its tether
        assert running.end(signal.SIGINT) == 0
    assert not [process for process in started if process.is_running()]
    assert_database_is_gone(environ)


def assert_second_one_names_the_port(environ: dict[str, str]) -> None:
    beside = run_dev(environ)
    port = environ["PORTAL_URL"].rpartition(":")[2]
    sentence = rf"make dev: Port {port} is taken by .+ \(pid \d+\)\. Choose another: .+\n"
    assert re.fullmatch(sentence, beside.stderr)
    assert beside.returncode == 1


def test_a_killed_make_dev_leaves_nothing_and_starts_again(environ: dict[str, str]) -> None:
    with Running(environ) as first:
        first.wait_for(r"(Ready in)")
        started = first.descendants()
        first.process.kill()
        psutil.wait_procs(started, timeout=10)
    assert not [process for process in started if process.is_running()]
    with Running(environ) as second:
        second.wait_for(r"(Ready in)")
        assert second.end(signal.SIGTERM) == 0
    assert_database_is_gone(environ)


def test_missing_credentials_are_named_before_anything_starts(environ: dict[str, str]) -> None:
    environ["SLACK_BOT_TOKEN"] = "xoxb-1"
    done = run_dev(environ)
    assert done.returncode == 1
    assert "GOOGLE_CLIENT_ID is missing" in done.stderr
    assert "GOOGLE_CLIENT_SECRET is missing" in done.stderr
    assert "Traceback" not in done.stderr


def run_dev(environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """One that ends by itself."""
    command = [sys.executable, "-m", "dev"]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=20)


def assert_database_is_gone(environ: dict[str, str]) -> None:
    place = find_place(Path(environ["DATA_DIR"]) / "sandbox" / "postgres", shipped_installation())
    assert find_server(place.cluster) is None
