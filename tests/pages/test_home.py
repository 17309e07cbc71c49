"""Home: what is still to do, when the next briefing comes, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, text
from streamlit.testing.v1 import AppTest

from services import previews
from services.alerts import slack_bot
from services.db.engine import transaction
from services.db.models import User
from services.runtime import Runtime
from services.tokens import health
from tests.integration.journeys import Sandbox
from tests.pages.conftest import ENTRY, Browser, claims_of, links, texts

SignIn = Callable[[str], Browser]
Work = Callable[[], None]


def test_a_newcomer_sees_what_to_do_first(sign_in: SignIn, sidecar: None) -> None:
    at = sign_in("emma").at
    shown = texts(at)
    assert "Hello Emma Clarke." in shown
    assert "Your next briefing comes" in shown
    assert "is not running" not in shown
    assert at.progress[0].text == "1 of 5 done"
    assert links(at) == {"Connect Gmail": "/oauth/gmail/start"}


@pytest.mark.parametrize(
    ("browser", "named"),
    [
        ("Europe/London", False),
        ("Africa/Abidjan", False),  # the same clock in winter
        ("America/New_York", True),
        ("Nowhere/Else", False),
        (None, False),
    ],
)
def test_the_zone_is_named_where_the_browsers_clock_is_another(
    emma: Browser, portal: Runtime, browser: str | None, named: bool
) -> None:
    emma.change(timezone="Europe/London")
    with transaction(portal.sessions) as session:
        session.execute(text("UPDATE briefing_settings SET next_due_at = '2026-12-07T09:00Z'"))
    emma.at.context = {"timezone": browser}
    shown = texts(emma.open("home.py"))
    assert "at 9:00 AM" in shown
    assert ("at 9:00 AM (Europe/London)." in shown) is named


def test_a_newcomer_gets_their_briefing_by_the_clock_of_their_browser(
    portal: Runtime, sandbox: Sandbox
) -> None:
    at = AppTest.from_file(ENTRY, default_timeout=30)
    at.user = claims_of(sandbox.person("emma"))
    at.context = {"timezone": "America/New_York"}
    at.run()
    assert not at.exception
    with transaction(portal.sessions) as session:
        assert session.scalars(select(User.timezone)).one() == "America/New_York"
    assert "at 9:00 AM." in texts(at)


def test_the_list_finishes_itself(sign_in: SignIn, work: Work, sidecar: None) -> None:
    browser = sign_in("emma")
    browser.connect()
    at = browser.open("home.py")
    assert at.progress[0].text == "2 of 5 done"
    assert "Go to Briefing" in texts(at)
    browser.open("briefing.py").button(key="preview").click().run()
    work()
    assert browser.open("home.py").progress[0].text == "4 of 5 done"
    browser.open("briefing.py").button(key="send").click().run()
    work()
    at = browser.open("home.py")
    assert not at.progress
    assert "Your last briefing went out today" in texts(at)


def test_who_is_not_found_in_slack_is_told_what_to_do(sign_in: SignIn, work: Work) -> None:
    browser = sign_in("yerin")
    browser.change(locale="en")
    browser.connect()
    browser.open("briefing.py").button(key="preview").click().run()
    work()
    assert "No Slack account has your e-mail address" in texts(browser.open("home.py"))


def test_a_broken_connection_is_the_first_thing_on_the_page(sign_in: SignIn, portal: Runtime) -> None:
    browser = sign_in("emma")
    browser.connect()
    health.needs_reconnect(portal.sessions, browser.user_id, "revoked_or_expired", "gone")
    at = browser.open("home.py")
    assert at.error[0].proto.title == "Gmail must be connected again"
    assert "no longer accepts the connection" in texts(at)
    assert "Connect again; it takes a minute." in texts(at)
    assert links(at)["Reconnect Gmail"] == "/oauth/gmail/start"


def test_an_end_that_is_near_is_said_with_its_day(sign_in: SignIn, portal: Runtime) -> None:
    browser = sign_in("emma")
    browser.connect()
    with transaction(portal.sessions) as session:
        session.execute(text("UPDATE gmail_tokens SET refresh_token_expires_at = now() + interval '1 day'"))
        health.note_ends(session)
    at = browser.open("home.py")
    assert at.warning[-1].proto.title.startswith("The connection to Gmail ends tomorrow at")
    assert "after seven days" in texts(at)
    assert "Reconnect Gmail" in links(at)
    assert not at.error


def test_admins_are_told_that_slack_refuses_the_app(
    sign_in: SignIn, portal: Runtime, sandbox: Sandbox
) -> None:
    emma, daniel = sign_in("emma"), sign_in("daniel")
    daniel.change(role="admin")
    sandbox.slack.bot_error = "token_revoked"
    slack_bot.check(portal)
    assert "Slack does not accept the app" not in texts(emma.open("home.py"))
    shown = texts(daniel.open("home.py"))
    assert "Slack does not accept the app" in shown
    assert "SLACK_BOT_TOKEN" in shown
    sandbox.slack.bot_error = ""
    slack_bot.check(portal)
    assert "Slack does not accept the app" not in texts(daniel.open("home.py"))


@pytest.mark.parametrize(
    ("refusal", "outcome", "why"),
    [
        ("messages_tab_disabled", "did not go out", "Slack does not let the app write to you"),
        ("account_inactive", "is on its way to Slack", "Slack does not accept the app any longer"),
    ],
)
def test_a_briefing_that_slack_refuses_is_named_with_the_reason(
    sign_in: SignIn, sandbox: Sandbox, work: Work, refusal: str, outcome: str, why: str
) -> None:
    browser = sign_in("emma")
    sandbox.fault(op="chat.postMessage", body={"ok": False, "error": refusal})
    browser.open("briefing.py").button(key="send").click().run()
    work()
    shown = texts(browser.open("home.py"))
    assert outcome in shown
    assert why in shown


def test_a_silent_sidecar_is_said_on_the_page(sign_in: SignIn) -> None:
    shown = texts(sign_in("emma").at)
    assert "The part that sends briefings is not running" in shown
    assert "It has not been heard of yet." in shown


def test_nobody_sees_how_far_another_has_come(sign_in: SignIn, portal: Runtime) -> None:
    emma, daniel = sign_in("emma"), sign_in("daniel")
    emma.connect()
    with transaction(portal.sessions) as session:
        previews.request(session, emma.user_id)
    at = daniel.open("home.py")
    assert at.progress[0].text == "1 of 5 done"
    assert "emma" not in texts(at)


def test_who_is_deactivated_meanwhile_is_out_at_the_next_click(sign_in: SignIn) -> None:
    browser = sign_in("emma")
    browser.change(active=False)
    browser.at.run()
    assert not browser.at.exception
    assert "Your access was switched off" in texts(browser.at)
    assert "Your next briefing" not in texts(browser.at)


def test_koreans_are_spoken_to_in_korean(sign_in: SignIn, sidecar: None) -> None:
    shown = texts(sign_in("jiwoo").at)
    assert "이지우 님, 안녕하세요." in shown
    assert "다음 브리핑은" in shown
