"""Pictures of pages, only where they are asked for: `make pictures` writes those of the README.

`SCREENSHOTS=folder` takes the chosen ones, `SCREENSHOTS_ALL=folder` every page, on a desk and on a phone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, expect

WIDE: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
# Those of the README: each language and each scheme is among them.
CHOSEN = (
    "home-en-light",
    "connect-ko-light",
    "connect-en-dark",
    "briefing-en-light",
    "briefing-en-dark",
    "tokens-ko-dark",
)
WAIT = 30_000


@dataclass(frozen=True, slots=True)
class Pictures:
    """Where they go; None where none are wanted."""

    chosen: Path | None
    everything: Path | None

    @classmethod
    def asked_for(cls) -> Pictures:
        """As the environment says."""
        folders = (os.environ.get(name) for name in ("SCREENSHOTS", "SCREENSHOTS_ALL"))
        return cls(*(Path(folder) if folder else None for folder in folders))

    def take(self, page: Page, name: str, suffix: str) -> None:
        """Take what the page shows now, once it is at rest."""
        if self.chosen and f"{name}-{suffix}" in CHOSEN:
            at_rest(page)
            page.screenshot(path=self.chosen / f"{name}-{suffix}.png")
        if self.everything:
            at_rest(page)
            page.screenshot(path=self.everything / f"{name}-{suffix}-1440.png")
            self._on_a_phone(page, self.everything / f"{name}-{suffix}-390.png")

    def _on_a_phone(self, page: Page, path: Path) -> None:
        """The same address on a small screen, from top to bottom."""
        phone = page.context.new_page()
        phone.set_viewport_size(PHONE)
        phone.goto(page.url)
        at_rest(phone)
        height = phone.evaluate("document.querySelector('[data-testid=stMain]')?.scrollHeight ?? 844")
        phone.set_viewport_size({"width": PHONE["width"], "height": max(PHONE["height"], height)})
        at_rest(phone)
        phone.screenshot(path=path)
        phone.close()


def at_rest(page: Page) -> None:
    """Wait until the script has run and nothing on the page is still to come."""
    if not page.url.startswith("http://localhost"):  # the sandbox's own pages are plain
        return
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=WAIT)
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=WAIT)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=WAIT)
    page.evaluate("document.fonts.ready")
