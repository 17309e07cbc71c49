"""Connect, for whoever has asked the assistant first: what waits, and the way back once it is answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from services.assistant import pending
from services.connect import timeline
from services.db.engine import transaction
from services.db.models import PendingRequest, User
from tests.integration.journeys import CALENDAR
from tests.pages.conftest import Browser, links, texts

MAIL, DAY = "Find the mail from <mailto:Ann@x.example|Ann>", "What's on tomorrow?"


def ask(browser: Browser, question: str, *, needs: str) -> None:
    """Have a question wait; its person is on Slack."""
    with transaction(browser.runtime.sessions) as session:
        session.get_one(User, browser.user_id).slack_channel = "D0EMMA"
        now = datetime.now(UTC)
        pending.keep(
            session,
            pending.Asked(
                browser.user_id, question, question, needs, "D0EMMA", f"{now.timestamp():.6f}", None, now
            ),
        )


def is_back(browser: Browser, **query: str) -> Any:
    """The page that Google's answer leads to."""
    with transaction(browser.runtime.sessions) as session:
        attempt = timeline.latest(session, browser.user_id)
    assert attempt is not None
    return browser.open("connect.py", session=attempt.id, **query)


def test_the_page_shows_what_waits_as_it_was_typed(emma: Browser) -> None:
    ask(emma, MAIL, needs="mail")
    shown = texts(emma.open("connect.py"))
    assert "You asked: Find the mail from Ann" in shown
    assert "Once Gmail is connected, the answer comes in Slack by itself." in shown


def test_afterwards_it_only_says_that_it_worked_and_leads_back(emma: Browser) -> None:
    ask(emma, MAIL, needs="mail")
    emma.connect()
    at = is_back(emma)
    shown = texts(at)
    assert "It worked: Google is connected" in shown
    assert "Your answer comes in Slack by itself." in shown
    assert links(at)["Return to Slack"].endswith("/archives/D0EMMA")
    assert "Disconnect" not in shown
    assert "You asked" not in shown


def test_whoever_came_from_slack_goes_back_though_nothing_waited(emma: Browser) -> None:
    ask(emma, MAIL, needs="mail")
    with transaction(emma.runtime.sessions) as session:
        session.execute(update(PendingRequest).values(status="withdrawn"))
    emma.connect()
    at = is_back(emma, **{"from": "slack"})
    assert "Go on in Slack." in texts(at)
    assert "Return to Slack" in links(at)


def test_whoever_did_not_is_led_on_in_the_portal(emma: Browser, work: Callable[[], None]) -> None:
    emma.connect()
    work()
    at = is_back(emma)
    assert "Go to Briefing" in texts(at)
    assert "Return to Slack" not in links(at)


@pytest.mark.parametrize("unticked", [[], [CALENDAR]], ids=["given", "left unticked"])
def test_a_question_about_the_calendar_waits_for_just_that(emma: Browser, unticked: list[str]) -> None:
    emma.connect()
    ask(emma, DAY, needs="calendar")
    at = emma.open("connect.py")
    assert "Once the calendar is connected, the answer comes in Slack by itself." in texts(at)
    emma.connect(scopes=(CALENDAR,), unticked=unticked)
    shown = texts(is_back(emma))
    assert ("It worked: Google is connected" in shown) is (not unticked)
    assert ("Once the calendar is connected" in shown) is bool(unticked)


def test_what_was_answered_long_ago_is_not_spoken_of(emma: Browser) -> None:
    ask(emma, MAIL, needs="mail")
    with transaction(emma.runtime.sessions) as session:
        old = datetime.now(UTC) - timedelta(hours=2)
        session.execute(update(PendingRequest).values(status="done", updated_at=old))
    emma.connect()
    assert "Return to Slack" not in links(is_back(emma))
