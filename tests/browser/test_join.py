"""Slack first: a DM, the link in its answer, another address to sign in with, yes in the DM, then Gmail."""

from __future__ import annotations

from dataclasses import asdict

import httpx
import pytest
from playwright.sync_api import Page, expect

from sandbox.world import Person
from services.i18n import translator
from tests.browser.conftest import Arrive, Product
from tests.browser.pictures import WAIT
from tests.browser.visitor import Scheme, Visitor


@pytest.mark.parametrize(
    ("name", "locale", "scheme"),
    [("한겨레", "ko", "light"), ("Nell Frey", "en", "dark")],
    ids=["Korean", "English"],
)
def test_slack_sign_in_and_gmail_are_three_addresses_of_one_person(
    arrive: Arrive, product: Product, name: str, locale: str, scheme: Scheme
) -> None:
    on_slack, here, mailbox = (account(name, locale, kind) for kind in ("slack", "home", "mail"))
    for one in (on_slack, here, mailbox):
        httpx.post(f"{product.sandbox}/_control/people", json=asdict(one), timeout=30).raise_for_status()
    someone = arrive(here, scheme)
    slack = someone.another_tab().page
    link = asks_for_a_link(slack, someone, on_slack)
    someone.sign_in(link.removeprefix(someone.portal))
    someone.reads("Join with @{name}?", name=on_slack.name)
    someone.picture("join")
    someone.press("Yes, join")
    someone.reads("Now look into Slack")
    someone.picture("join-waiting")
    says_yes(slack, on_slack)
    someone.reads("The assistant knows you as @{name} in Slack now.", name=on_slack.name)
    someone.picture("joined")
    someone.follow("Connect Gmail")
    someone.choose(mailbox)
    someone.allow()
    someone.reads("It worked: Google is connected")
    someone.follow("Show the connection")
    someone.sees(mailbox.google_email)
    someone.page.goto(link)
    someone.reads("Works")


def account(name: str, locale: str, kind: str) -> Person:
    """One of somebody's three accounts; nobody else's tests know of them."""
    address, slack_id = f"joins.{kind}.{locale}@mail.example", f"U0JOIN{locale.upper()}"
    on_slack = (slack_id, address) if kind == "slack" else ("", "")
    timezone = {"ko": "Asia/Seoul", "en": "Europe/London"}[locale]
    return Person(f"joins-{kind}-{locale}", name, address, *on_slack, locale, timezone)


def asks_for_a_link(slack: Page, someone: Visitor, on_slack: Person) -> str:
    """Writes to the assistant; the address behind the button in its answer."""
    slack.goto(f"{someone.sandbox}/slack/dm/{on_slack.slack_user_id}")
    slack.locator("#text").fill({"ko": "연결해줘", "en": "connect"}[on_slack.locale])
    slack.locator("#text").press("Enter")
    answered = slack.get_by_role("article").get_by_role("link").last
    expect(answered).to_be_visible(timeout=WAIT)
    return answered.get_attribute("href") or ""


def says_yes(slack: Page, on_slack: Person) -> None:
    label = translator(on_slack.locale).gettext("Yes, that's me")
    slack.get_by_role("button", name=label).last.click(timeout=WAIT)
