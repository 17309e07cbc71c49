"""What a browser loads for the portal's pages comes from the portal; and Home has two addresses."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import expect

from sandbox.cast.people import SUJIN
from tests.browser.conftest import Arrive, Product
from tests.browser.pictures import WAIT

OWN = ("Connect", "Briefing", "Conversations", "Settings")
ADMIN = ("Token health", "People", "Access log", "Import")


def test_no_page_loads_anything_from_another_host(arrive: Arrive, product: Product) -> None:
    someone = arrive(SUJIN)
    asked: set[str] = set()
    someone.page.context.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    someone.sign_in()
    for title in OWN + ADMIN:
        someone.go_to(title)
    someone.page.goto(f"{product.portal}/api/docs")
    expect(someone.page.get_by_text("/cron/daily-summary")).to_be_visible(timeout=WAIT)
    ours = {urlsplit(product.portal).netloc, urlsplit(product.sandbox).netloc, ""}
    assert asked <= ours


def test_home_is_found_by_its_name(arrive: Arrive, product: Product) -> None:
    someone = arrive(SUJIN)
    someone.sign_in("/home")
    someone.is_at("Home")
    someone.page.goto(f"{product.portal}/home")
    someone.is_at("Home")
    expect(someone.page.get_by_role("dialog")).to_have_count(0, timeout=WAIT)
