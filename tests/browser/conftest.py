"""A real browser, for whole journeys."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import NoChromium, launch
from tests.dev_process import Running, dev_environ


@dataclass(frozen=True, slots=True)
class Product:
    """Where the whole product is, as `make dev` starts it; `output` is what it has printed so far."""

    portal: str
    sandbox: str
    running: Running

    @property
    def output(self) -> str:
        return self.running.output


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, for as long as this folder's tests take.

    Playwright keeps an event loop running in this thread meanwhile: whatever calls asyncio.run in a browser
    test needs a thread or a process of its own.
    """
    with sync_playwright() as playwright:
        try:
            started = launch(playwright)
        except NoChromium as exc:
            pytest.fail(str(exc), pytrace=False)
        yield started
        started.close()


@pytest.fixture(scope="package")
def product() -> Iterator[Product]:
    """Portal, scheduler, database and sandbox, with nobody registered yet."""
    with dev_environ() as environ, Running(environ) as running:
        running.wait_for("(Ready in)")
        sandbox = f"http://127.0.0.1:{environ['SANDBOX_PORT']}"
        yield Product(environ["PORTAL_URL"], sandbox, running)
        running.end(signal.SIGTERM)
