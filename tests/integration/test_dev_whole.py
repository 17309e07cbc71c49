"""`python -m dev` as a person runs it: ready, beside another one, restarted while one types, ended."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from dev.plan import ROOT
from services.db.embedded_cluster import find_server
from services.db.embedded_place import find_place, shipped_installation
from tests.dev_process import COMMAND, Running, dev_environ


@pytest.fixture
def environ() -> Iterator[dict[str, str]]:
    with dev_environ() as made:
        yield made


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
    return subprocess.run(COMMAND, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=20)


def assert_database_is_gone(environ: dict[str, str]) -> None:
    place = find_place(Path(environ["DATA_DIR"]) / "sandbox" / "postgres", shipped_installation())
    assert find_server(place.cluster) is None
