"""Coming to Connect by a link from Slack: whose it is, the question, the wait for the DM, and on to Gmail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from streamlit.testing.v1 import AppTest

from services.db.engine import transaction
from services.db.models import SlackLink, User
from services.runtime import Runtime
from tests.integration.joining_people import by_dm, link_of, presses
from tests.integration.journeys import CALENDAR, Sandbox
from tests.pages.conftest import Browser, links, texts

QUESTION = "Join with @윤태호?"
CONNECT = {"Connect Gmail": "/oauth/gmail/start?from=slack"}
ON_THEIR_OWN = {"Connect Gmail": "/oauth/gmail/start"}


@pytest.fixture
def there(portal: Runtime, sandbox: Sandbox) -> str:
    """Taeho as the assistant knows him from his DM."""
    return by_dm(portal, sandbox, "taeho")


@pytest.fixture
def taeho(there: str, sign_in: Callable[[str], Browser], sidecar: None) -> Browser:
    """Taeho's browser; he signs in with an address that Slack does not know."""
    browser = sign_in("taeho")
    browser.change(locale="en")
    return browser


def follow(browser: Browser, there: str, **more: str) -> AppTest:
    return browser.open("connect.py", slack=link_of(browser.runtime, there), **more)


def press(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click().run()
    assert not at.exception
    return at


def says(browser: Browser, *, yes: bool) -> None:
    """Taeho presses a button in his DM."""
    presses(browser.runtime, browser.sandbox.person("taeho").slack_user_id, yes=yes)


def people(portal: Runtime) -> set[str]:
    with transaction(portal.sessions) as session:
        return set(session.scalars(select(User.id)))


def test_who_comes_by_a_link_is_asked_and_nothing_else(taeho: Browser, there: str) -> None:
    at = follow(taeho, there)
    shown = texts(at)
    assert QUESTION in shown
    assert "taeho.yoon@mail.example" in shown
    assert {button.key for button in at.main.button} == {"join", "not_me"}
    assert links(at) == {}


def test_the_page_waits_for_the_dm_and_goes_on_to_gmail(
    taeho: Browser, there: str, work: Callable[[], None]
) -> None:
    at = press(follow(taeho, there), "join")
    assert "Now look into Slack" in texts(at)
    assert links(at) == {}
    says(taeho, yes=True)
    at.run()
    assert "You are being joined" in texts(at)
    work()
    at.run()
    assert "The assistant knows you as @윤태호 in Slack now." in texts(at)
    assert links(at) == CONNECT
    assert "slack" not in at.query_params
    assert people(taeho.runtime) == {taeho.user_id}


def test_no_in_slack_ends_it(taeho: Browser, there: str, work: Callable[[], None]) -> None:
    at = press(follow(taeho, there), "join")
    says(taeho, yes=False)
    work()
    at.run()
    assert "In Slack the answer was No" in texts(at)
    assert len(people(taeho.runtime)) == 2


def test_not_me_leaves_the_link_to_whom_it_is_for(
    taeho: Browser, there: str, sign_in: Callable[[str], Browser]
) -> None:
    token = link_of(taeho.runtime, there)
    other = sign_in("emma")
    at = press(other.open("connect.py", slack=token), "not_me")
    assert links(at) == ON_THEIR_OWN
    assert QUESTION in texts(taeho.open("connect.py", slack=token))


@pytest.mark.usefixtures("sidecar")
def test_the_slack_persons_own_sign_in_is_asked_nothing(
    portal: Runtime, sandbox: Sandbox, sign_in: Callable[[str], Browser], work: Callable[[], None]
) -> None:
    there = by_dm(portal, sandbox, "emma")
    emma = sign_in("emma")
    emma.change(locale="en")
    work()
    at = follow(emma, there if there in people(portal) else emma.user_id)
    assert links(at) == CONNECT
    assert not at.warning
    assert "Join with" not in texts(at)


@pytest.mark.parametrize("token", ["no-such-token", "a" * 3_000, "<script>", "'; --"])
def test_garbage_is_one_plain_sentence_and_the_way_on(taeho: Browser, token: str) -> None:
    at = taeho.open("connect.py", slack=token)
    (warning,) = at.warning
    assert warning.proto.title == "This link from Slack is used up or too old"
    assert "Write “connect” to the assistant" in warning.value
    assert token not in texts(at)


def test_a_link_that_has_expired_or_was_used_by_another_says_so(
    taeho: Browser, there: str, sign_in: Callable[[str], Browser]
) -> None:
    token = link_of(taeho.runtime, there)
    press(sign_in("emma").open("connect.py", slack=token), "join")
    assert "used up or too old" in texts(taeho.open("connect.py", slack=token))
    token = link_of(taeho.runtime, there)
    with transaction(taeho.runtime.sessions) as session:
        session.execute(update(SlackLink).values(expires_at=func.now() - timedelta(seconds=1)))
    assert "used up or too old" in texts(taeho.open("connect.py", slack=token))


def test_whoever_is_on_slack_as_somebody_else_is_told(taeho: Browser, there: str) -> None:
    taeho.change(slack_user_id="U0ELSE")
    at = follow(taeho, there)
    assert "This link belongs to another Slack account than yours" in texts(at)
    assert links(at) == ON_THEIR_OWN


def test_a_deactivated_slack_person_is_not_joined(taeho: Browser, there: str) -> None:
    with transaction(taeho.runtime.sessions) as session:
        session.execute(update(User).where(User.id == there).values(active=False))
    assert "This Slack account's access was switched off" in texts(follow(taeho, there))


def test_a_used_link_opened_again_just_goes_on(taeho: Browser, there: str, work: Callable[[], None]) -> None:
    token = link_of(taeho.runtime, there)
    press(taeho.open("connect.py", slack=token), "join")
    says(taeho, yes=True)
    work()
    taeho.open("connect.py", slack=token)
    at = taeho.open("connect.py", slack=token)
    assert not at.warning
    assert links(at) == CONNECT


def test_while_the_sidecar_is_away_the_wait_is_explained(
    there: str, sign_in: Callable[[str], Browser]
) -> None:
    browser = sign_in("taeho")
    browser.change(locale="en")
    assert "is not running" in texts(press(follow(browser, there), "join"))


def test_a_question_about_the_calendar_asks_for_the_calendar(taeho: Browser) -> None:
    at = taeho.open("connect.py", add="calendar")
    assert links(at) == {"Connect Gmail": "/oauth/gmail/start?add=calendar"}
    taeho.connect()
    at = taeho.open("connect.py", add="calendar")
    assert links(at) == {"Add the calendar": "/oauth/gmail/start?add=calendar"}
    assert "For that the assistant has to read your calendar." in texts(at)
    taeho.connect(scopes=(CALENDAR,))
    assert links(taeho.open("connect.py", add="calendar")) == {}
