"""A new person's way: sign in, connect Gmail, look at the briefing, have it sent, find it again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from portal.components.timeline import STEPS
from sandbox.cast.people import DANIEL, EMMA, MINJUN, SEOYEON
from sandbox.world import Person
from tests.browser.conftest import Arrive, Product
from tests.browser.pictures import WAIT
from tests.browser.visitor import WORD_JOINER, Scheme, Visitor

TO_COMPLETED = ("started", "consent_requested", "authorized", "fetching", "first_fetch_done", "completed")


@pytest.mark.parametrize(
    ("person", "scheme", "subject"),
    [
        (EMMA, "light", "Numbers for Thursday's board"),
        (DANIEL, "dark", "Can PROD-482 make it today?"),
        (SEOYEON, "light", "[검토요청] 업무제휴 계약서 초안 v3"),
        (MINJUN, "dark", "토큰 갱신 로직 리뷰 부탁드려요"),
    ],
    ids=["English, light", "English, dark", "Korean, light", "Korean, dark"],
)
def test_a_new_person_gets_their_briefing(
    arrive: Arrive, product: Product, person: Person, scheme: Scheme, subject: str
) -> None:
    someone = arrive(person, scheme)
    someone.page.goto(someone.portal)
    someone.reads("Your morning briefing")
    someone.picture("sign-in")
    someone.sign_in()
    is_told_what_to_do(someone)
    connects(someone)
    title = previews(someone, product, subject)
    has_it_sent(someone, title, subject)
    finds_it(someone, title, subject)
    finds_everything_done(someone)
    turns_it_off(someone)


def is_told_what_to_do(someone: Visitor) -> None:
    someone.is_at("Home")
    someone.reads("Hello {name}.", name=someone.person.name)
    someone.reads("Getting started")
    someone.reads("You have not had a briefing yet.")
    someone.picture("home-new")


def connects(someone: Visitor) -> None:
    someone.connect()
    someone.is_at("Connect")
    said = [someone.words(STEPS[step]) for step in TO_COMPLETED]
    expect(someone.main.get_by_test_id("stExpander")).to_contain_text(said, timeout=WAIT)
    someone.sees(someone.person.google_email)
    someone.reads("Works")
    someone.picture("connect")


def previews(someone: Visitor, product: Product, subject: str) -> str:
    """The title of the message as it is drawn."""
    someone.press("Go to Briefing")
    someone.is_at("Briefing")
    with product.sidecar_paused():  # or the progress might be over before anybody could see it
        someone.press("Preview")
        someone.reads("Waiting for its turn…")
    someone.sees(subject)
    someone.picture("briefing")
    return someone.main.get_by_role("heading", level=3).inner_text().replace(WORD_JOINER, "")


def has_it_sent(someone: Visitor, title: str, subject: str) -> None:
    someone.press("Send it to me now")
    someone.reads("Sent to Slack")
    someone.picture("sent")
    slack = someone.another_tab()
    slack.page.goto(f"{someone.sandbox}/slack/dm/{someone.person.slack_user_id}")
    message = slack.page.get_by_role("article")
    expect(message).to_contain_text(title, timeout=WAIT)
    expect(message).to_contain_text(subject)
    slack.picture("slack")
    slack.page.close()


def finds_it(someone: Visitor, title: str, subject: str) -> None:
    someone.press("Show it here")
    someone.is_at("Conversations")
    someone.sees(title)
    someone.sees(subject)
    someone.picture("conversations")


def finds_everything_done(someone: Visitor) -> None:
    someone.go_to("Home")
    someone.sees(someone.person.google_email)
    someone.does_not_read("Getting started")
    someone.does_not_read("You have not had a briefing yet.")
    someone.picture("home")


def turns_it_off(someone: Visitor) -> None:
    someone.go_to("Settings")
    someone.is_at("Settings")
    someone.picture("settings")
    someone.main.get_by_text(someone.words("Send me a briefing"), exact=True).click()
    someone.press("Save")
    someone.is_told("Saved.")
    someone.reads("Your daily briefing is turned off.")
