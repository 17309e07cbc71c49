"""A real browser, for whole journeys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import NoChromium, launch


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
