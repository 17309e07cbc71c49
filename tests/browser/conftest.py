"""A real browser, for whole journeys."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

from sandbox.cast.people import PRIYA, SUJIN
from sandbox.world import Person
from tests.browser.chromium import NoChromium, launch
from tests.browser.pictures import WIDE, Pictures
from tests.browser.visitor import Scheme, Visitor
from tests.dev_process import Running, dev_environ

# One who writes Korean, one who writes English.
ADMINS = (SUJIN, PRIYA)
CRON_SECRET = "the secret of an external cron"


class Arrive(Protocol):
    """Brings somebody before the portal."""

    def __call__(self, person: Person, scheme: Scheme = "light") -> Visitor: ...


@dataclass(frozen=True, slots=True)
class Product:
    """Where the whole product is, as `make dev` starts it; `output` is what it has printed so far."""

    portal: str
    sandbox: str
    running: Running

    @property
    def output(self) -> str:
        return self.running.output

    @contextmanager
    def sidecar_paused(self) -> Iterator[None]:
        """The sidecar takes nothing up while this is open; what is asked for waits."""
        found = [part for part in self.running.descendants() if part.cmdline()[1:] == ["scheduler.py"]]
        assert found
        for part in found:
            part.suspend()
        try:
            yield
        finally:
            for part in found:
                part.resume()

    def start_briefing(self, person: Person) -> None:
        """As an external cron does, for one person."""
        machine = {"Authorization": f"Bearer {CRON_SECRET}"}
        with httpx.Client(base_url=self.portal, headers=machine) as api:
            people = api.get("/api/tokens/health").raise_for_status().json()["tokens"]
            (user_id,) = [one["user_id"] for one in people if one["name"] == person.name]
            api.post("/api/cron/daily-summary", json={"user_id": user_id}).raise_for_status()

    def control(self, path: str) -> None:
        """Change the sandbox: `/people/jiwoo/revoke`."""
        httpx.post(f"{self.sandbox}/_control{path}", json={}).raise_for_status()


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
    admins = ",".join(admin.google_email for admin in ADMINS)
    with (
        dev_environ() as environ,
        Running(environ | {"ADMIN_EMAILS": admins, "CRON_SECRET": CRON_SECRET}) as running,
    ):
        running.wait_for("(Ready in)")
        sandbox = f"http://127.0.0.1:{environ['SANDBOX_PORT']}"
        yield Product(environ["PORTAL_URL"], sandbox, running)
        running.end(signal.SIGTERM)


@contextmanager
def arriving(browser: Browser, product: Product) -> Iterator[Arrive]:
    """`arrive(EMMA, "dark")`: a browser of that person's own, which has not been anywhere yet."""
    pictures = Pictures.asked_for()
    contexts = []

    def arrive(person: Person, scheme: Scheme = "light") -> Visitor:
        context = browser.new_context(
            locale={"ko": "ko-KR", "en": "en-US"}[person.locale],
            timezone_id=person.timezone,
            color_scheme=scheme,
            viewport=WIDE,
        )
        contexts.append(context)
        return Visitor(person, context.new_page(), product.portal, product.sandbox, scheme, pictures)

    yield arrive
    for context in contexts:
        context.close()


@pytest.fixture
def arrive(browser: Browser, product: Product) -> Iterator[Arrive]:
    with arriving(browser, product) as arrive:
        yield arrive
