"""The portal as a process of its own, for tests of what goes over HTTP."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from portal.cookies import USER_COOKIE
from tests.integration.journeys import Sandbox

ROOT = Path(__file__).parents[2]
COOKIE_SECRET = "cookie-secret-of-a-test"
CRON_SECRET = "cron-secret-of-a-test"


@dataclass(frozen=True, slots=True)
class Portal:
    """A running portal at `url`."""

    url: str
    log: Path
    database_url: str

    def client(self, claims: dict[str, Any] | None = None) -> httpx.Client:
        """A browser without JavaScript; with `claims`, one that has signed in."""
        cookies = {USER_COOKIE: self.cookie(claims)} if claims is not None else {}
        return httpx.Client(base_url=self.url, cookies=cookies, timeout=20)

    def cookie(self, claims: dict[str, Any], *, secret: str = COOKIE_SECRET) -> str:
        """The sign-in cookie as Streamlit signs it."""
        content = json.dumps({"origin": self.url, "is_logged_in": True, **claims})
        return create_signed_value(secret, USER_COOKIE, content).decode()


@contextmanager
def running_portal(
    sandbox: Sandbox, database_url: str, key: str, folder: Path, **settings: str
) -> Iterator[Portal]:
    """Start the portal on a free port, let the sandbox know its address, stop it afterwards."""
    port = _free_port()
    url = f"http://localhost:{port}"
    redirects = [f"{url}/oauth/gmail/callback", f"{url}/oauth2callback"]
    sandbox.control("/clients", {"redirect_uris": redirects})
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url,
        "COOKIE_SECRET": COOKIE_SECRET,
        "CRON_SECRET": CRON_SECRET,
        "TOKEN_ENCRYPTION_KEYS": key,
        "PORTAL_URL": url,
        **sandbox.environment(),
        **settings,
    }
    command = [sys.executable, "-m", "streamlit", "run", "portal/app.py", "--server.port", str(port)]
    log = folder / "portal.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--server.headless", "true", "--server.address", "127.0.0.1"],
            cwd=ROOT,
            env=environ,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_up(url, process, log)
            yield Portal(url, log, database_url)
        finally:
            process.terminate()
            process.wait(20)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/healthz", timeout=2).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"the portal did not come up: {log.read_text()}")
