"""What goes wrong between the portal and Google is said in words, and can be put right from there."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from sandbox.cast.people import DOYUN, HAYUN, OLIVER, TAEHO, YERIN
from tests.browser.conftest import Arrive
from tests.browser.pictures import WAIT


def test_who_says_no_at_google_may_still_say_yes(arrive: Arrive) -> None:
    someone = arrive(HAYUN, "dark")
    someone.sign_in("/connect")
    someone.is_at("Connect")
    someone.follow("Connect Gmail")
    someone.choose(HAYUN)
    someone.refuse()
    someone.reads("You said no at Google")
    someone.reads("Gmail is not connected")
    someone.picture("denied")
    someone.connect()


def test_who_unticks_reading_mail_is_asked_to_tick_it(arrive: Arrive) -> None:
    someone = arrive(OLIVER)
    someone.sign_in("/connect")
    someone.follow("Connect Gmail")
    someone.choose(OLIVER)
    someone.page.get_by_role("checkbox", name="gmail.readonly").uncheck(timeout=WAIT)
    someone.allow()
    someone.reads("The box for reading mail was not ticked")
    someone.reads("Gmail is not connected")
    someone.picture("unticked")
    someone.connect()


def test_another_google_account_replaces_the_first_only_when_that_is_wanted(arrive: Arrive) -> None:
    someone = arrive(DOYUN)
    someone.sign_in("/connect")
    someone.connect()
    someone.follow("Add the calendar")
    # As by "Use another account" at Google.
    expect(someone.page.locator("button[value=allow]")).to_be_visible(timeout=WAIT)
    someone.page.goto(re.sub("&login_hint=[^&]*", "", someone.page.url))
    someone.choose(TAEHO)
    someone.allow()
    someone.reads("You chose another Google account than the connected one")
    someone.sees(DOYUN.google_email)
    someone.reads("You chose {account}.", account=TAEHO.google_email)
    someone.picture("other-account")
    someone.follow("Connect another account")
    someone.choose(TAEHO)
    someone.allow()
    someone.reads("Gmail is connected")
    someone.sees(TAEHO.google_email)


def test_signing_out_holds_in_every_tab(arrive: Arrive) -> None:
    someone = arrive(YERIN)
    someone.sign_in("/briefing")
    someone.is_at("Briefing")
    second = someone.another_tab()
    second.page.goto(f"{someone.portal}/settings")
    second.is_at("Settings")
    second.press("Sign out")
    second.reads("Your morning briefing")
    second.page.wait_for_url(f"{someone.portal}/")
    assert "_streamlit_user" not in {cookie["name"] for cookie in second.page.context.cookies()}
    someone.press("Preview")
    someone.reads("Your morning briefing")
    someone.reads("You have signed out. Sign in again to go on.")
    someone.picture("signed-out")
    someone.sign_in()
    someone.is_at("Home")
