"""Briefing: a preview with its progress, sending at once, and what stands in the way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from portal.components.outcome import ON_THE_WAY
from portal.components.preview import DOING
from services.db.engine import transaction
from services.db.models import Preview
from services.db.models.portal import PREVIEW_STEPS
from services.previews import UNDER_WAY
from services.runtime import Runtime
from services.tokens import health
from tests.integration.briefing_rows import put_briefing, team_date
from tests.integration.journeys import Sandbox
from tests.pages.conftest import Browser, links, texts

SignIn = Callable[[str], Browser]
Work = Callable[[], None]


@pytest.fixture
def emma(sign_in: SignIn, work: Work, sidecar: None) -> Browser:
    """Somebody who is connected and found in Slack."""
    browser = sign_in("emma")
    browser.connect()
    work()
    return browser


def test_nothing_is_made_before_somebody_asks(emma: Browser) -> None:
    at = emma.open("briefing.py")
    assert "Click “Preview” to see your briefing" in texts(at)
    assert not at.progress


def test_a_preview_shows_its_progress_and_then_the_message(
    emma: Browser, portal: Runtime, sandbox: Sandbox, work: Work
) -> None:
    at = emma.open("briefing.py")
    at.button(key="preview").click().run()
    assert at.progress[0].text == "Waiting for its turn…"
    with transaction(portal.sessions) as session:
        session.execute(update(Preview).values(status="running", step="mail"))
    at.run()
    assert at.progress[0].text == "Reading your mail…"
    assert 0 < at.progress[0].value < 100
    with transaction(portal.sessions) as session:
        session.execute(update(Preview).values(status="queued"))
    work()
    at.run()
    shown = texts(at)
    assert "As it would have been sent today" in shown
    assert "Numbers for Thursday's board" in shown
    assert not at.progress
    assert sandbox.dms("emma") == []


def test_sending_says_where_it_stands_until_it_has_arrived(
    emma: Browser, sandbox: Sandbox, work: Work
) -> None:
    at = emma.open("briefing.py")
    at.button(key="send").click().run()
    assert "in the queue" in at.info[0].value
    work()
    at.run()
    assert at.success[0].proto.title == "Sent to Slack"
    assert len(sandbox.dms("emma")) == 1


def test_slack_refusing_is_said_with_what_to_do(emma: Browser, sandbox: Sandbox, work: Work) -> None:
    sandbox.fault(op="chat.postMessage", body={"ok": False, "error": "messages_tab_disabled"})
    at = emma.open("briefing.py")
    at.button(key="send").click().run()
    work()
    at.run()
    assert at.error[0].proto.title == "The briefing was not sent"
    assert "Please ask the team's admin" in at.error[0].value


def test_who_is_not_in_slack_is_told_so(sign_in: SignIn, work: Work, sidecar: None) -> None:
    browser = sign_in("yerin")
    browser.change(locale="en")
    at = browser.open("briefing.py")
    at.button(key="send").click().run()
    work()
    at.run()
    assert "No Slack account has your e-mail address" in at.error[0].value


def test_gmail_in_trouble_is_named_in_the_preview(emma: Browser, sandbox: Sandbox, work: Work) -> None:
    sandbox.fault(path="/batch", status=503)
    at = emma.open("briefing.py")
    at.button(key="preview").click().run()
    work()
    at.run()
    assert "There was no answer from Gmail this time." in texts(at)


def test_a_preview_that_failed_says_so(emma: Browser, portal: Runtime) -> None:
    at = emma.open("briefing.py")
    at.button(key="preview").click().run()
    for error, said in (("too_late", "Nobody took it up in time"), ("internal", "this word: `internal`")):
        with transaction(portal.sessions) as session:
            session.execute(update(Preview).values(status="failed", error=error))
        at.run()
        assert at.error[0].proto.title == "The preview could not be made"
        assert said in at.error[0].value


def test_without_gmail_it_says_what_is_lacking(sign_in: SignIn, work: Work, sidecar: None) -> None:
    at = sign_in("emma").open("briefing.py")
    assert at.info[0].proto.title == "Gmail is not connected"
    assert links(at) == {"Connect Gmail": "/oauth/gmail/start"}
    at.button(key="preview").click().run()
    work()
    at.run()
    assert "Not read: Gmail. Gmail is not connected." in texts(at)


def test_a_broken_connection_is_said_before_anything_is_sent(emma: Browser, portal: Runtime) -> None:
    health.needs_reconnect(portal.sessions, emma.user_id, "revoked_or_expired", "")
    at = emma.open("briefing.py")
    assert at.error[0].proto.title == "Gmail must be connected again"


def test_while_the_sidecar_is_down_it_says_what_waits(sign_in: SignIn) -> None:
    at = sign_in("emma").open("briefing.py")
    at.button(key="preview").click().run()
    assert "Briefings and previews wait until it runs again" in texts(at)
    assert at.progress[0].text == "Waiting for its turn…"


def test_nobody_sees_anothers_preview_or_delivery(emma: Browser, sign_in: SignIn, work: Work) -> None:
    at = emma.open("briefing.py")
    at.button(key="preview").click().run()
    at.button(key="send").click().run()
    work()
    at.run()
    sending = str(at.query_params["sending"])
    other = sign_in("daniel").open("briefing.py", sending=sending)
    assert not other.success
    assert "board" not in texts(other)


def choose(browser: Browser, place: int = 0) -> AppTest:
    """Open the page and click a row of what was sent so far."""
    at = browser.open("briefing.py")
    at.session_state[str(at.dataframe[0].key)] = {"selection": {"rows": [place], "columns": [], "cells": []}}
    at.run()
    assert not at.exception
    return at


def test_ones_own_briefings_are_shown_as_they_were_sent_and_sent_again(
    emma: Browser, portal: Runtime, sandbox: Sandbox, work: Work
) -> None:
    assert "You have not had a briefing yet." in texts(emma.open("briefing.py"))
    emma.at.button(key="send").click().run()
    work()
    at = choose(emma)
    assert "Numbers for Thursday's board" in texts(at)
    at.button(key="send_again").click().run()
    assert "in the queue" in at.info[0].value
    work()
    at = emma.open("briefing.py")
    assert list(at.dataframe[0].value["kind"]) == ["Sent again", "By hand"]
    assert len(sandbox.dms("emma")) == 2


def test_one_that_did_not_go_out_says_why(emma: Browser, portal: Runtime, sidecar: None) -> None:
    put_briefing(portal, emma.user_id, team_date(portal), "failed", error="user_disabled")
    at = choose(emma)
    assert "Your Slack account is switched off." in at.info[0].value
    assert not [button for button in at.button if button.key == "send_again"]


def test_nobody_sees_anothers_briefings(emma: Browser, sign_in: SignIn, portal: Runtime) -> None:
    words = {"text": "of Emma alone", "blocks": []}
    put_briefing(portal, emma.user_id, team_date(portal), content=words)
    assert "of Emma alone" in texts(choose(emma))
    other = sign_in("daniel").open("briefing.py")
    assert not other.dataframe


def test_every_step_and_state_has_its_words() -> None:
    assert set(DOING) | {"done"} == set(PREVIEW_STEPS)
    assert set(ON_THE_WAY) == set(UNDER_WAY)
