"""The sandbox in a process of its own, so that its work is not counted as the product's."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
import requests

from bench.verdict import cpu_seconds


@dataclass(frozen=True)
class SandboxProcess:
    """A running sandbox at `root` (no trailing slash)."""

    root: str
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """What it has used so far."""
        return cpu_seconds(self.process)

    def set_latency(self, milliseconds: int) -> None:
        """Delay every answer."""
        self.control("POST", "latency", {"ms": milliseconds})

    def quiet_slack(self) -> None:
        """Have Slack take as many messages as come."""
        limits = {"limits": {"enabled": False}}
        requests.post(f"{self.root}/slack/_control", json=limits, timeout=10).raise_for_status()

    def environment(self) -> dict[str, str]:
        """The settings of a product that talks to this sandbox."""
        return dict(self.control("GET", "settings").json())

    def load_mail(self, person: str, mbox: bytes) -> None:
        """Put mail into a mailbox."""
        url = f"{self.root}/_control/people/{person}/mail"
        requests.post(
            url, data=mbox, headers={"content-type": "application/mbox"}, timeout=30
        ).raise_for_status()

    def control(self, method: str, path: str, body: object = None) -> requests.Response:
        """One call of the control API."""
        response = requests.request(method, f"{self.root}/_control/{path}", json=body, timeout=10)
        response.raise_for_status()
        return response


@contextmanager
def running_sandbox() -> Iterator[SandboxProcess]:
    """A sandbox with its cast, ended with the block."""
    command = [sys.executable, "-m", "sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            root = re.search(r"http://[\d.]+:\d+", said)
            if root is None:
                raise SystemExit(f"the sandbox did not start: {said!r}")
            yield SandboxProcess(root[0], psutil.Process(process.pid))
        finally:
            process.terminate()
