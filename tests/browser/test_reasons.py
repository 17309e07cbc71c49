"""Each way in which a connection ends is seen by its owner and by the admin, and mended as they read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from playwright.sync_api import Browser, Locator, expect
from sqlalchemy import text

from sandbox.cast.people import PRIYA, SUJIN
from services.alerts import digest, warnings
from services.db.engine import transaction
from services.i18n import translator
from services.tokens.reasons import Explained, explain
from tests.browser.conftest import Arrive, Product, arriving
from tests.browser.pictures import WAIT
from tests.browser.troubles import (
    FOUND_TOGETHER,
    ONE_BY_ONE,
    PREVIEW,
    TROUBLES,
    Backstage,
    Trouble,
    backstage,
)
from tests.browser.visitor import Visitor, shown

ROW = 35  # pixels: the tables are drawn on a canvas
TITLES = {
    "failing": "Google does not answer at the moment",
    "expiring_soon": "The connection to Gmail ends {when}",
}


@pytest.fixture(scope="module")
def stage(product: Product) -> Iterator[Backstage]:
    with backstage(product) as stage:
        yield stage


@pytest.fixture(scope="module")
def owners(stage: Backstage) -> dict[str, str]:
    """The ids of nine people whose connections worked once, by what has become of them."""
    ids = {trouble.code: stage.has_connected(trouble) for trouble in TROUBLES}
    for trouble in TROUBLES:
        if trouble in FOUND_TOGETHER:
            trouble.bring_about(stage, trouble.person, ids[trouble.code])
    return ids


@pytest.fixture(scope="module")
def admins(browser: Browser, product: Product, owners: dict[str, str]) -> Iterator[dict[str, Visitor]]:
    """Two of them at the health page, by language."""
    with arriving(browser, product) as arrive:
        there = {admin.locale: arrive(admin) for admin in (SUJIN, PRIYA)}
        for visitor in there.values():
            visitor.sign_in("/tokens")
            visitor.is_at("Token health")
        yield there


@pytest.fixture(scope="module")
def found(admins: dict[str, Visitor], product: Product) -> Visitor:
    """An admin had all connections tried at once, and closed the tab while that went on."""
    someone = admins["en"]
    someone.page.get_by_role("radio", name=someone.words("Everybody")).click(timeout=WAIT)
    with product.sidecar_paused():
        has_all_of_them_refreshed(someone)
        expect(someone.main.get_by_role("progressbar")).to_be_visible(timeout=WAIT)
        someone.picture("bulk-going")
        someone.page.goto("about:blank")
    someone.page.goto(f"{someone.portal}/tokens")
    someone.main.get_by_text(re.compile(r"actions? of the last day")).click(timeout=WAIT)
    return someone


def has_all_of_them_refreshed(someone: Visitor) -> None:
    everybody = someone.main.get_by_text(re.compile(r"^All \d+ that match$"))
    everybody.click(timeout=WAIT)
    someone.page.get_by_role("button", name=re.compile(r"Action for \d+")).click(timeout=WAIT)
    someone.page.get_by_text("Refresh tokens").click(timeout=WAIT)
    someone.picture("bulk-asked")
    someone.page.get_by_role("button", name=re.compile(r"Do it for \d+ people")).click(timeout=WAIT)


def test_an_action_for_all_goes_on_without_its_tab_and_says_for_whom_it_failed(found: Visitor) -> None:
    table = found.main.get_by_test_id("stExpander").filter(has_text="Refresh tokens")
    expect(table).to_contain_text("Done", timeout=WAIT)
    for trouble in FOUND_TOGETHER:
        expect(table).to_contain_text(trouble.person.name)
    found.picture("bulk-over")


def test_who_would_go_without_mail_is_written_to_and_the_admins_get_a_digest(
    found: Visitor, arrive: Arrive, admins: dict[str, Visitor], stage: Backstage, owners: dict[str, str]
) -> None:
    first = TROUBLES[0]
    with transaction(stage.runtime.sessions) as session:
        due = session.scalar(
            text("SELECT next_due_at FROM briefing_settings WHERE user_id = :user"),
            {"user": owners[first.code]},
        )
        assert due is not None
        settings = stage.runtime.settings
        warnings.warn(session, settings, now=due - timedelta(minutes=59))
        digest.send_due(session, settings, now=due - timedelta(minutes=20))
    someone = arrive(first.person)
    at_slack(someone)
    message = someone.page.get_by_role("article")
    expect(message).to_contain_text(someone.words("Gmail must be connected again"), timeout=WAIT)
    someone.picture("warning-dm")
    admin = admins["ko"].another_tab()  # whose morning it is
    at_slack(admin)
    expect(admin.page.get_by_role("article")).to_contain_text(admin.words("Open token health"), timeout=WAIT)
    expect(admin.page.get_by_role("article")).to_contain_text(first.person.name)
    admin.picture("digest-dm")


def at_slack(someone: Visitor) -> None:
    someone.page.goto(f"{someone.sandbox}/slack/dm/{someone.person.slack_user_id}")


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.code)
def test_it_is_seen_by_both_and_mended_by_what_they_read(
    found: Visitor,
    arrive: Arrive,
    admins: dict[str, Visitor],
    stage: Backstage,
    owners: dict[str, str],
    trouble: Trouble,
) -> None:
    user_id = owners[trouble.code]
    someone = arrive(trouble.person)
    someone.sign_in("/home")
    admin = admins[{"ko": "en", "en": "ko"}[someone.person.locale]]
    if trouble not in FOUND_TOGETHER:
        trouble.bring_about(stage, trouble.person, user_id)
    if trouble.found_by == ONE_BY_ONE:
        is_found_by_refreshing(admin, trouble)
    if trouble.found_by == PREVIEW:
        someone.go_to("Briefing")
        someone.press("Preview")
        someone.reads("Gmail must be connected again")
    someone.page.goto(f"{someone.portal}/home")
    reads_it(someone, trouble)
    someone.picture(f"{trouble.code}-home")
    someone.go_to("Connect")
    reads_it(someone, trouble)
    someone.picture(f"{trouble.code}-connect")
    searches(admin, trouble)
    expect(rows(admin).first).to_contain_text(in_words(admin, trouble).short)
    chooses(admin)
    said = in_words(admin, trouble)
    for sentence in (said.happened, said.cause, said.cure):
        admin.sees(sentence)
    admin.picture(f"{trouble.code}-admin")
    trouble.others(stage, trouble.person, user_id)
    if not trouble.mends_itself:
        someone.follow("Reconnect Gmail")
        someone.consent()
        someone.reads("Gmail is connected")
    is_all_well(someone, admin, trouble)
    assert stage.open_alerts(user_id) == []


def is_found_by_refreshing(admin: Visitor, trouble: Trouble) -> None:
    searches(admin, trouble)
    chooses(admin)
    admin.press("Refresh now")
    told = admin.page.get_by_test_id("stToast")
    expect(told).to_contain_text(shown(in_words(admin, trouble).happened), timeout=WAIT)


def reads_it(someone: Visitor, trouble: Trouble) -> None:
    """What happened, why, and what to do, in their own language."""
    someone.sees(title_of(someone, trouble))
    said = explain(
        trouble.code,
        translator(someone.person.locale),
        for_admin=False,
        testing=trouble.testing,
        missing=("gmail.readonly",),
    )
    for sentence in (said.happened, said.cause, said.cure):
        someone.sees(sentence)


def title_of(someone: Visitor, trouble: Trouble) -> str:
    """What the banner begins with, without the moment that is in one of them."""
    title = TITLES.get(trouble.code, "Gmail must be connected again")
    return max(someone.words(title, when="|").split("|"), key=len).strip()


def in_words(admin: Visitor, trouble: Trouble) -> Explained:
    return explain(
        trouble.code,
        translator(admin.person.locale),
        for_admin=True,
        testing=trouble.testing,
        missing=("gmail.readonly",),
    )


def searches(admin: Visitor, trouble: Trouble) -> None:
    """Look for one person among everybody."""
    admin.page.goto(f"{admin.portal}/tokens")
    everybody = admin.page.get_by_role("radio", name=admin.words("Everybody"))
    everybody.click(timeout=WAIT)
    admin.search(trouble.person.key)
    expect(rows(admin)).to_have_count(1, timeout=WAIT)
    expect(rows(admin).first).to_contain_text(trouble.person.name, timeout=WAIT)


def chooses(admin: Visitor) -> None:
    """The only row that there is."""
    admin.main.get_by_test_id("stDataFrame").last.click(position={"x": 15, "y": ROW * 1.5}, timeout=WAIT)
    admin.reads("The reconnect link, to copy and send to this person:")


def is_all_well(someone: Visitor, admin: Visitor, trouble: Trouble) -> None:
    """No banner, no row among those that need attention."""
    healthy = partial(expect(rows(admin).first).to_contain_text, admin.words("Healthy"))
    for _ in range(20):  # what mends itself takes a job of the sidecar's
        searches(admin, trouble)
        try:
            healthy(timeout=1_000)
            break
        except AssertionError:
            continue
    else:
        healthy()
    someone.page.goto(f"{someone.portal}/home")
    someone.is_at("Home")
    someone.reads("Your briefing")
    someone.does_not_read("Reconnect Gmail")
    expect(someone.main.get_by_text(shown(title_of(someone, trouble)))).to_have_count(0)


def rows(someone: Visitor) -> Locator:
    """The rows of a table, as the canvas tells them to screen readers."""
    return someone.main.locator("canvas table tbody tr")
