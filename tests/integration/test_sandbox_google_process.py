"""The sandbox as a process of its own, and as a thread in a test."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sandbox.app import listen, serve
from sandbox.world import World

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_process_says_where_it_is_and_ends_quietly(ending: signal.Signals) -> None:
    command = [sys.executable, "-m", "sandbox", "--port", "0"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            address = process.stdout.readline().split()[1].removesuffix("/slack")
            configuration = httpx.get(f"{address}/.well-known/openid-configuration", timeout=10).json()
            assert configuration["issuer"] == address
            process.send_signal(ending)
            _, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert errors == ""
    assert process.returncode in (0, -ending)


def test_a_served_sandbox_is_gone_after_its_block() -> None:
    world = World("")
    with serve(world) as base:
        assert world.base_url == base
        assert httpx.get(f"{base}/_control/people", timeout=10).status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{base}/_control/people", timeout=10)


def test_answers_are_not_held_back_by_nagles_algorithm() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


@pytest.mark.parametrize("path", ["/slack", "/feeds/", "/feeds/korea.xml", "/api/auth.test", "/_control/"])
def test_slack_and_the_news_live_in_the_same_process(path: str) -> None:
    with serve(World("")) as base:
        assert httpx.get(f"{base}{path}", timeout=10, follow_redirects=True).status_code == 200
