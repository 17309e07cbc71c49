"""Finds a Chromium, or gets one: `python -m tests.browser.chromium` (`make browser`).

One that is there is used: Playwright's own first, then the system's. Otherwise Playwright's is downloaded,
and where that cannot be done, Debian's is installed.
"""
# ruff: noqa: T201 - it speaks to whoever runs make

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

SYSTEM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DOWNLOAD_SECONDS = 300
INSTALL_SECONDS = 900
HINT = (
    "There is no Chromium for the browser tests. Either `.venv/bin/playwright install chromium` (needs the"
    " internet), or as root `apt-get install chromium fonts-noto-cjk`; then `make browser` again."
)
# No chatter of its own, and no way off this machine.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


class NoChromium(Exception):
    """There is no Chromium; the message says how to get one."""


def launch(playwright: Playwright) -> Browser:
    """A headless Chromium. Raises NoChromium."""
    found = find(playwright)
    if found is None:
        raise NoChromium(HINT)
    # Chromium's own sandbox refuses root.
    privileged = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=found, args=[*QUIET, *privileged])


def find(playwright: Playwright) -> str | None:
    """The program: Playwright's own, else the system's."""
    own = playwright.chromium.executable_path
    if Path(own).exists():
        return own
    return next(filter(None, map(shutil.which, SYSTEM)), None)


def prepare() -> str:
    """Make sure that there is one; how it came. Raises NoChromium."""
    with sync_playwright() as playwright:
        for get in (_nothing, _download, _install):
            get()
            if found := find(playwright):
                return found
    raise NoChromium(HINT)


def _nothing() -> None:
    """What is there already will do."""


def _download() -> None:
    print("Downloading Chromium for the browser tests …", flush=True)
    _try([sys.executable, "-m", "playwright", "install", "chromium"], DOWNLOAD_SECONDS)


def _install() -> None:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Debian's Chromium for the browser tests …", flush=True)
        _try(["apt-get", "-qq", "update"], INSTALL_SECONDS)
        _try(["apt-get", "-qq", "install", "-y", "chromium", "fonts-noto-cjk"], INSTALL_SECONDS)


def _try(command: list[str], seconds: int) -> None:
    """Run a command that may fail; what it did is seen by what is there afterwards."""
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(command, env=environ, timeout=seconds, check=False, capture_output=True)
    except (OSError, subprocess.TimeoutExpired) as exc:
        print(f"{command[0]}: {exc}", file=sys.stderr)


def main() -> int:
    try:
        prepare()
    except NoChromium as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
