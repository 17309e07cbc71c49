"""Deliveries, left open, shows what begins elsewhere."""

from __future__ import annotations

from playwright.sync_api import expect

from sandbox.cast.people import JIWOO, SUJIN
from tests.browser.conftest import Arrive, Product
from tests.browser.pictures import WAIT


def test_a_run_that_an_external_cron_starts_shows_up_by_itself(arrive: Arrive, product: Product) -> None:
    arrive(JIWOO).sign_in("/home")
    someone = arrive(SUJIN)
    someone.sign_in("/deliveries")
    someone.is_at("Deliveries")
    of_the_day = someone.main.locator("canvas table tbody tr").filter(has_text=JIWOO.name)
    of_the_day = of_the_day.filter(has_text=someone.words("Daily"))
    expect(of_the_day).to_have_count(0, timeout=WAIT)
    product.start_briefing(JIWOO)
    expect(of_the_day).to_have_count(1, timeout=WAIT)
