"""Connect: what is connected, each end of an attempt in words, disconnecting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from portal.components.problems import PROBLEMS
from services.db.engine import transaction
from services.db.models import AuthSession, GmailToken
from services.errors import ConnectError
from services.runtime import Runtime
from services.tokens import health
from tests.integration.journeys import CALENDAR, Sandbox
from tests.pages.conftest import Browser, links, texts

pytestmark = pytest.mark.usefixtures("sidecar")

SignIn = Callable[[str], Browser]
Work = Callable[[], None]


def test_who_is_not_connected_is_offered_to(sign_in: SignIn) -> None:
    at = sign_in("emma").open("connect.py")
    shown = texts(at)
    assert "Gmail is not connected" in shown
    assert "Here you will see each step" in shown
    assert links(at) == {"Connect Gmail": "/oauth/gmail/start"}


def test_an_attempt_is_followed_to_its_end(sign_in: SignIn, work: Work, sidecar: None) -> None:
    browser = sign_in("emma")
    browser.connect()
    at = browser.open("connect.py")
    assert [status.state for status in at.status][-1] == "running"
    assert "About to look into the mailbox" in texts(at)
    work()
    at.run()
    assert [status.label for status in at.status][-2:] == ["The mailbox was read", "Connected"]
    assert {status.state for status in at.status} == {"complete"}
    assert "13 emails of the last 24 hours" in texts(at)


def test_the_connection_says_whose_it_is_and_what_it_may(sign_in: SignIn) -> None:
    browser = sign_in("emma")
    browser.connect()
    at = browser.open("connect.py")
    shown = texts(at)
    assert "emma@mail.example" in shown
    assert "You connected it today" in shown
    assert "Works" in shown
    assert links(at) == {"Add the calendar": "/oauth/gmail/start?add=calendar"}
    browser.connect(scopes=(CALENDAR,))
    at = browser.open("connect.py")
    assert "Reading the calendar" in texts(at)
    assert links(at) == {}


def test_a_first_look_that_fails_leaves_the_connection(
    sign_in: SignIn, sandbox: Sandbox, work: Work, sidecar: None
) -> None:
    browser = sign_in("emma")
    browser.connect()
    sandbox.fault(path="/batch", status=503)
    work()
    shown = texts(browser.open("connect.py"))
    assert "The mailbox could not be read yet" in shown
    assert "The connection itself stands" in shown
    assert "Works" in shown


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_each_way_an_attempt_can_end_has_a_sentence_and_a_next_step(sign_in: SignIn, code: str) -> None:
    at = sign_in("emma").open("connect.py", problem=code)
    (warning,) = at.warning
    assert warning.proto.title == PROBLEMS[code].title
    assert warning.value
    assert "Connect Gmail" in links(at)


@pytest.mark.parametrize("code", ["something_new", "<b>", "x" * 41, "`](http://evil.example)"])
def test_an_unknown_end_is_admitted(sign_in: SignIn, code: str) -> None:
    (warning,) = sign_in("emma").open("connect.py", problem=code).warning
    assert warning.proto.title == "Connecting did not work"
    assert "We do not know the reason yet" in warning.value
    assert (code in warning.value) is (code == "something_new")


def test_another_account_can_be_chosen_on_purpose(sign_in: SignIn) -> None:
    browser = sign_in("emma")
    browser.connect()
    at = browser.open("connect.py", problem="other_account")
    assert links(at)["Connect another account"] == "/oauth/gmail/start?other=1"


@pytest.mark.parametrize(
    ("choices", "title"),
    [
        ({"deny": True}, "You said no at Google"),
        ({"unticked": ["https://www.googleapis.com/auth/gmail.readonly"]}, "The box for reading mail was"),
    ],
)
def test_a_refusal_ends_its_timeline(sign_in: SignIn, choices: dict[str, Any], title: str) -> None:
    browser = sign_in("emma")
    with pytest.raises(ConnectError):
        browser.connect(**choices)
    at = browser.open("connect.py")
    assert at.status[-1].state == "error"
    assert at.status[-1].label.startswith(title)


def test_anothers_attempt_is_not_shown(sign_in: SignIn, portal: Runtime) -> None:
    emma, daniel = sign_in("emma"), sign_in("daniel")
    emma.connect()
    with transaction(portal.sessions) as session:
        (attempt,) = session.query(AuthSession.id).one()
    at = daniel.open("connect.py", session=attempt)
    assert not at.status
    assert "emma" not in texts(at)


def test_a_connection_that_broke_says_why_and_how_to_mend_it(sign_in: SignIn, portal: Runtime) -> None:
    browser = sign_in("emma")
    browser.connect()
    health.needs_reconnect(portal.sessions, browser.user_id, "invalid_rapt", "")
    at = browser.open("connect.py")
    assert "Google wants a new sign-in" in texts(at)
    assert "show it to your Workspace admin" in texts(at)
    assert links(at) == {"Reconnect Gmail": "/oauth/gmail/start"}


@pytest.mark.parametrize(
    ("code", "happened", "cure"),
    [
        ("revoked_or_expired", "no longer accepts the connection", "it takes a minute"),
        ("client_changed", "does not know the registration", "tell the team's admin"),
        ("missing_scope", "was not granted: gmail.readonly", "leave all boxes ticked"),
        ("admin_policy", "does not let this app in", "Ask your Workspace admin"),
        ("no_refresh_token", "good for an hour only", "it takes a minute"),
        ("undecryptable", "cannot be opened", "whether the key comes back"),
    ],
)
def test_each_reason_has_its_cure_beside_it(
    sign_in: SignIn, portal: Runtime, code: str, happened: str, cure: str
) -> None:
    browser = sign_in("emma")
    browser.connect()
    health.needs_reconnect(portal.sessions, browser.user_id, code, "")
    shown = texts(browser.open("connect.py"))
    assert happened in shown
    assert cure in shown


def test_disconnecting_asks_first_then_says_what_it_did(sign_in: SignIn, portal: Runtime) -> None:
    browser = sign_in("emma")
    browser.connect()
    at = browser.open("connect.py")
    at.button(key="disconnect").click().run()
    assert _tokens(portal) == 1
    at.button(key="disconnect_now").click().run()
    assert not at.exception
    assert _tokens(portal) == 0
    assert at.success[0].proto.title == "Gmail is disconnected"
    at.run()
    assert not at.success


def test_disconnecting_while_google_is_silent_says_where_to_finish_it(
    sign_in: SignIn, portal: Runtime, sandbox: Sandbox
) -> None:
    browser = sign_in("emma")
    browser.connect()
    sandbox.fault(path="*/revoke", status=503)
    at = browser.open("connect.py")
    at.button(key="disconnect").click().run()
    at.button(key="disconnect_now").click().run()
    assert _tokens(portal) == 0
    assert "https://myaccount.google.com/connections" in at.warning[0].value


def _tokens(portal: Runtime) -> int:
    with transaction(portal.sessions) as session:
        return session.query(GmailToken).count()


def test_who_comes_back_from_google_is_shown_the_next_step(
    sign_in: SignIn, portal: Runtime, work: Work
) -> None:
    browser = sign_in("emma")
    browser.connect()
    with transaction(portal.sessions) as session:
        (attempt,) = session.query(AuthSession.id).one()
    assert not browser.open("connect.py", session=attempt).success
    work()
    at = browser.open("connect.py", session=attempt)
    assert at.success[0].proto.title == "Gmail is connected"
    assert "Go to Briefing" in texts(at)


def test_who_came_for_the_calendar_is_told_that_it_will_be_asked_for(sign_in: SignIn) -> None:
    browser = sign_in("emma")
    assert "your mail and your calendar" in texts(browser.open("connect.py", add="calendar"))
    assert "your mail and your calendar" not in texts(browser.open("connect.py"))
