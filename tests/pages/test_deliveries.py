"""Deliveries as an admin sees them: today's, the days before, why, step by step, and trying again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text
from streamlit.testing.v1 import AppTest

from portal.components import delivery_words, outcome
from portal.components.delivery_calendar import DAYS, STEPS, share
from services.db.engine import transaction
from services.db.models import AccessLog, Briefing, Run
from services.db.models.briefings import BRIEFING_KINDS, OUTCOMES
from services.db.models.briefings import STEPS as STEPS_STORED
from services.delivery.days import Day
from services.paging import PAGE_SIZE
from services.runtime import Runtime
from tests.integration.briefing_rows import put_briefing, team_date
from tests.integration.journeys import Sandbox
from tests.pages.conftest import Browser, texts

PAGE = "admin/deliveries.py"
TODAY = date(2026, 1, 5)
CANARY = "Canary of Thursday's board"
LACKS_MAIL = [{"source": "mail", "reason": "revoked_or_expired"}]
Work = Callable[[], None]


def choose(browser: Browser, place: int = 0) -> AppTest:
    """Open the page and click a row."""
    at = browser.open(PAGE)
    at.session_state[str(at.dataframe[0].key)] = {"selection": {"rows": [place], "columns": [], "cells": []}}
    at.run()
    assert not at.exception
    return at


def click(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click().run()
    assert not at.exception
    return at


def test_a_member_sees_that_it_is_not_for_them(emma: Browser) -> None:
    at = emma.open(PAGE)
    assert "This page is for the team's admins" in texts(at)
    assert not at.dataframe


def test_where_there_was_none_it_says_so(admin: Browser, sidecar: None) -> None:
    assert "No briefing has been due yet." in texts(admin.open(PAGE))


def test_each_has_its_outcome_and_its_reason_in_words(admin: Browser, emma: Browser, portal: Runtime) -> None:
    today, day = team_date(portal), timedelta(days=1)
    put_briefing(portal, emma.user_id, today, completeness="partial", missing=LACKS_MAIL)
    put_briefing(portal, emma.user_id, today - day, "missed", error="too_late")
    put_briefing(portal, emma.user_id, today - 2 * day, "failed", error="not_on_slack")
    put_briefing(portal, emma.user_id, today - 3 * day, "failed", error="something_new")
    put_briefing(portal, emma.user_id, today - 4 * day, late=timedelta(hours=1))
    table = admin.open(PAGE).dataframe[0].value
    assert [one[0] for one in table["outcome"]] == ["Partial", "Missed", "Failed", "Failed", "Late"]
    assert list(table["why"]) == [
        "Gmail: Access removed or expired",
        "Found too late to be worth sending: nothing ran when it was due.",
        "No Slack account is known for them. Choose one under “People”.",
        "Reason: something_new",
        "",
    ]


def test_today_fills_up_and_says_when_the_next_go_out(
    admin: Browser, emma: Browser, portal: Runtime, sidecar: None
) -> None:
    put_briefing(portal, emma.user_id, team_date(portal))
    put_briefing(portal, admin.user_id, team_date(portal), "sending")
    at = admin.open(PAGE)
    assert at.progress[0].text == "1 of 2 are done"
    assert "On time 1" in texts(at)
    assert "On its way 1" in texts(at)


def test_it_is_narrowed_by_outcome_person_and_a_day_of_the_calendar(
    admin: Browser, emma: Browser, portal: Runtime
) -> None:
    today, day = team_date(portal), timedelta(days=1)
    for n, status in enumerate(("sent", "failed", "sent")):
        put_briefing(portal, emma.user_id, today - n * day, status)
    at = admin.open(PAGE)
    at.selectbox(key="deliveries_outcome").select("failed").run()
    assert len(at.dataframe[0].value) == 1
    at.selectbox(key="deliveries_outcome").set_value(None).run()
    at.session_state[DAYS] = (today, today)
    at.run()
    assert [str(one) for one in at.dataframe[0].value["day"]] == [str(today)]
    at.text_input(key="deliveries_text").set_value("nobody at all").run()
    assert not at.exception
    assert "Nothing matches." in texts(at)


def test_long_lists_have_pages(admin: Browser, emma: Browser, portal: Runtime) -> None:
    for n in range(PAGE_SIZE + 1):
        put_briefing(portal, emma.user_id, team_date(portal) - timedelta(days=n))
    at = admin.open(PAGE)
    assert len(at.dataframe[0].value) == PAGE_SIZE
    assert at.get("pagination")


def test_one_is_told_step_by_step_and_tried_again(
    admin: Browser, emma: Browser, portal: Runtime, sandbox: Sandbox, work: Work
) -> None:
    due = datetime.now(UTC) - timedelta(hours=1)
    put_briefing(portal, emma.user_id, team_date(portal), "failed", error="is_archived", due_at=due)
    at = choose(admin)
    assert [status.label for status in at.status] == ["Failed"]
    assert "Slack does not let the app write to this person." in texts(at)
    click(at, "retry")
    assert at.toast[0].value == "1 briefing is tried again."
    work()
    at = choose(admin)
    assert [status.label for status in at.status][-2:] == ["Posted to Slack", "Sent"]
    assert "Try it again" not in texts(at)
    assert len(sandbox.dms("emma")) == 1
    with transaction(portal.sessions) as session:
        assert session.scalars(select(AccessLog.action)).all() == ["retry_briefing"]


def test_who_started_it_is_said_in_words(admin: Browser, emma: Browser, portal: Runtime) -> None:
    with transaction(portal.sessions) as session:
        session.add(Run(id="by-cron", kind="manual", requested_by="system:api"))
    put_briefing(portal, emma.user_id, team_date(portal), run_id="by-cron")
    shown = texts(choose(admin))
    assert "Started by a program with CRON_SECRET" in shown
    assert "system:api" not in shown


def test_those_whose_time_has_passed_are_not_said_to_go_out(
    admin: Browser, emma: Browser, portal: Runtime
) -> None:
    with transaction(portal.sessions) as session:
        session.execute(
            text("UPDATE briefing_settings SET enabled = true, next_due_at = now() - interval '1 minute'")
        )
    shown = texts(admin.open(PAGE))
    assert "and have not been begun yet." in shown
    assert "The next go out" not in shown


def test_all_that_match_are_tried_again(admin: Browser, emma: Browser, portal: Runtime) -> None:
    put_briefing(portal, emma.user_id, team_date(portal), "failed")
    put_briefing(portal, admin.user_id, team_date(portal), "missed")
    at = admin.open(PAGE)
    at.selectbox(key="deliveries_outcome").select("failed").run()
    click(at, "retry_all")
    with transaction(portal.sessions) as session:
        assert sorted(session.scalars(select(Briefing.status))) == ["due", "missed"]
    at.selectbox(key="deliveries_outcome").set_value(None).run()
    assert "Try 1 briefing again" in texts(at)


def test_a_click_of_somebody_who_is_no_admin_any_longer_does_nothing(
    admin: Browser, emma: Browser, portal: Runtime
) -> None:
    put_briefing(portal, emma.user_id, team_date(portal), "failed")
    at = choose(admin)
    admin.change(role="member")
    at.button(key="retry").click().run()
    with transaction(portal.sessions) as session:
        assert session.scalars(select(Briefing.status)).all() == ["failed"]


def test_nothing_of_what_anybody_was_told_is_on_the_page(
    admin: Browser, emma: Browser, portal: Runtime, sidecar: None
) -> None:
    words = {"text": CANARY, "blocks": [{"type": "header", "text": {"type": "plain_text", "text": CANARY}}]}
    put_briefing(portal, emma.user_id, team_date(portal), content=words, message_ids=[CANARY])
    at = choose(admin)
    shown = texts(at) + at.dataframe[0].value.to_string() + str(at.main)
    assert "Emma Clarke" in shown
    assert CANARY not in shown


@pytest.mark.parametrize("locale", ["ko", "en"])
def test_every_outcome_kind_step_and_reason_has_its_words(
    admin: Browser, emma: Browser, portal: Runtime, locale: str
) -> None:
    assert set(delivery_words.OUTCOMES) == set(OUTCOMES)
    assert set(delivery_words.KINDS) == set(BRIEFING_KINDS)
    assert set(delivery_words.STEPS) == set(STEPS_STORED)
    assert set(outcome.WHY) - {"too_late"} <= set(delivery_words.WHY)
    admin.change(locale=locale)
    for n, word in enumerate(OUTCOMES):
        status = word if word in {"failed", "missed", "skipped"} else "sending" if word == "open" else "sent"
        put_briefing(portal, emma.user_id, team_date(portal) - timedelta(days=n), status)
    choose(admin)


def test_a_day_is_only_all_on_time_when_it_is() -> None:
    counts = dict.fromkeys(OUTCOMES, 0)
    assert share(Day(TODAY, {**counts, "on_time": 9_999, "failed": 1})) < STEPS[0][0]
    assert share(Day(TODAY, {**counts, "on_time": 9, "skipped": 7})) == STEPS[0][0]
    assert share(Day(TODAY, {**counts, "failed": 9})) == 0
