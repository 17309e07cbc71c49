"""`python -m dev` as a process, on ports and data of its own."""

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
from contextlib import contextmanager
from pathlib import Path

import psutil

from dev.plan import ROOT

COMMAND = (sys.executable, "-m", "dev")


@contextmanager
def dev_environ() -> Iterator[dict[str, str]]:
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


class Running:
    """One `python -m dev`, what it has printed, and the processes that it has started."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ
        self.output = ""
        self.process = subprocess.Popen(
            COMMAND,
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
