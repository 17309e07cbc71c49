"""The portal, `streamlit hello` and a worker, each a process of its own with production settings."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests
from streamlit.hello import streamlit_app

# Whence Streamlit reads .streamlit/config.toml, the production settings, for both servers.
ROOT = Path(__file__).parents[1]
HELLO = str(Path(streamlit_app.__file__))
PORTAL = "portal/app.py"
START_SECONDS = 60.0


@dataclass(frozen=True)
class Server:
    """A Streamlit server at `url` (no trailing slash)."""

    url: str
    process: psutil.Process


def free_url() -> str:
    """An address on loopback where nobody listens at the moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def running_server(script: str, url: str, environ: Mapping[str, str], folder: Path) -> Iterator[Server]:
    """Streamlit serving a script at `url`, ended with the block."""
    port = url.rpartition(":")[2]
    command = ["-m", "streamlit", "run", script, "--server.port", port, "--server.address", "127.0.0.1"]
    with running(command, environ, folder) as process:
        _wait_until_up(url, process)
        yield Server(url, process)


@contextmanager
def running(command: list[str], environ: Mapping[str, str], folder: Path) -> Iterator[psutil.Process]:
    """Python with these arguments and nothing of our environment but the path; its output goes to a file."""
    surroundings = {"PATH": os.environ["PATH"], "HOME": str(folder), **environ}
    with (folder / "output.log").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=surroundings, stdout=output, stderr=output
        )
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(40)


def _wait_until_up(url: str, process: psutil.Process) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.status() != psutil.STATUS_ZOMBIE:
        try:
            if requests.get(f"{url}/_stcore/health", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise SystemExit(f"nothing answers at {url}: {' '.join(process.cmdline())}")
