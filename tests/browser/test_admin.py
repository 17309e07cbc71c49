"""An admin sees whose connection is broken and why, and what people may do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from sandbox.cast.people import JIWOO, PRIYA, SUJIN
from sandbox.world import Person
from services.tokens.reasons import REASONS
from tests.browser.conftest import Arrive, Product, arriving
from tests.browser.pictures import WAIT
from tests.browser.visitor import Scheme, Visitor

EACH_ADMIN = pytest.mark.parametrize(
    ("admin", "scheme"),
    [(PRIYA, "light"), (PRIYA, "dark"), (SUJIN, "light"), (SUJIN, "dark")],
    ids=["English, light", "English, dark", "Korean, light", "Korean, dark"],
)
ROW = 35  # pixels: the tables are drawn on a canvas


@pytest.fixture(scope="module")
def broken(browser: Browser, product: Product) -> Iterator[Visitor]:
    """Somebody who connected Gmail and took the access back at Google; their next preview found out."""
    with arriving(browser, product) as arrive:
        jiwoo = arrive(JIWOO)
        jiwoo.sign_in("/connect")
        jiwoo.connect()
        product.control(f"/people/{JIWOO.key}/revoke")
        jiwoo.press("Go to Briefing")
        jiwoo.press("Preview")
        jiwoo.reads("Gmail must be connected again")
        jiwoo.picture("broken")
        yield jiwoo


@EACH_ADMIN
def test_an_admin_sees_whose_connection_is_broken_first(
    arrive: Arrive, broken: Visitor, admin: Person, scheme: Scheme
) -> None:
    someone = arrive(admin, scheme)
    someone.sign_in("/tokens")
    someone.is_at("Token health")
    first = rows(someone).first
    expect(first).to_contain_text(JIWOO.name, timeout=WAIT)
    expect(first).to_contain_text(someone.words("Reconnect needed"))
    expect(first).to_contain_text(someone.words("Access removed or expired"))
    someone.picture("tokens")
    choose_first(someone)
    someone.reads(REASONS["revoked_or_expired"].happened)
    someone.reads("The reconnect link, to copy and send to this person:")
    someone.picture("token")


@pytest.mark.parametrize(("admin", "scheme"), [(PRIYA, "dark"), (SUJIN, "light")], ids=["English", "Korean"])
def test_an_admin_shuts_somebody_out_and_lets_them_in_again(
    arrive: Arrive, broken: Visitor, admin: Person, scheme: Scheme
) -> None:
    someone = arrive(admin, scheme)
    someone.sign_in("/people")
    someone.is_at("People")
    someone.search(JIWOO.key)
    expect(rows(someone)).to_have_count(1, timeout=WAIT)
    expect(rows(someone).first).to_contain_text(JIWOO.name)
    choose_first(someone)
    someone.press("Switch off access")
    someone.is_told("{name} is shut out at once, and gets no briefings.", name=JIWOO.name)
    someone.picture("people")
    broken.page.reload()
    broken.reads("Your access was switched off. Ask the team's admin.")
    someone.press("Let in again")
    someone.is_told("{name} can sign in again.", name=JIWOO.name)
    broken.page.reload()
    broken.is_at("Briefing")


def test_the_reconnect_link_mends_it(arrive: Arrive, broken: Visitor) -> None:
    someone = arrive(SUJIN)
    someone.sign_in("/tokens")
    expect(rows(someone).first).to_contain_text(JIWOO.name, timeout=WAIT)
    choose_first(someone)
    broken.page.goto(someone.main.get_by_test_id("stCode").inner_text(timeout=WAIT).strip())
    broken.follow("Reconnect Gmail")
    broken.consent()
    broken.reads("Gmail is connected")
    someone.search(JIWOO.key)
    someone.reads("Nobody matches. Change the search or choose “Everybody”.")
    someone.page.get_by_role("radio", name=someone.words("Everybody")).click()
    expect(rows(someone)).to_have_count(1, timeout=WAIT)
    expect(rows(someone).first).to_contain_text(someone.words("Healthy"))
    choose_first(someone)
    someone.press("Refresh now")
    someone.is_told("{name}: refreshed. Google accepts it.", name=JIWOO.name)


def test_members_are_shown_nothing_of_it(broken: Visitor) -> None:
    broken.page.goto(f"{broken.portal}/tokens")
    broken.reads("This page is for the team's admins. Ask one of them if you need something here.")
    navigation = broken.page.get_by_test_id("stSidebarNav")
    expect(navigation).not_to_contain_text(broken.words("Token health"))


def rows(someone: Visitor) -> Locator:
    """The rows of a table, as the canvas tells them to screen readers."""
    return someone.main.locator("canvas table tbody tr")


def choose_first(someone: Visitor) -> None:
    someone.main.get_by_test_id("stDataFrame").click(position={"x": 15, "y": ROW * 1.5}, timeout=WAIT)
