"""Actions for many on the health page, one person's history, the charts; and that none of it decrypts."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from streamlit.testing.v1 import AppTest

from portal import runtime as portal_runtime
from services.access import Actor
from services.crypto import SecretBox
from services.db.engine import transaction
from services.db.models import AccessLog, BulkAction, GmailToken, OutboundMessage
from services.runtime import Runtime
from services.tokens import trends
from services.tokens.export import tokens_csv
from services.tokens.overview import Filter
from tests.integration.journeys import Sandbox, arrive, connect
from tests.pages.conftest import Browser, texts

PAGE = "admin/tokens.py"
SignIn = Callable[[str], Browser]


class NoBox(SecretBox):
    """Whoever decrypts is found out."""

    def __init__(self) -> None:
        pass

    def decrypt(self, sealed: str, *, belongs_to: str) -> str:
        raise AssertionError("this must not decrypt")


@pytest.fixture
def team(portal: Runtime, sandbox: Sandbox) -> dict[str, str]:
    """Three people who have connected, by their keys."""
    people = {key: arrive(portal, sandbox.person(key)) for key in ("emma", "seoyeon", "jiwoo")}
    for key, user_id in people.items():
        connect(portal, sandbox, user_id, key)
    return people


def break_all(portal: Runtime) -> None:
    with transaction(portal.sessions) as session:
        broken = update(GmailToken).values(status="reconnect_required", status_reason="revoked_or_expired")
        session.execute(broken)


def choose(at: AppTest, *places: int) -> AppTest:
    at.session_state[str(at.dataframe[0].key)] = {
        "selection": {"rows": list(places), "columns": [], "cells": []}
    }
    at.run()
    assert not at.exception
    return at


def pick(at: AppTest, name: str) -> AppTest:
    at.menu_button(key="bulk_menu").click(name).run()
    assert not at.exception
    return at


def begin(at: AppTest) -> AppTest:
    at.button(key="bulk_start").click().run()
    assert not at.exception
    return at


def test_nothing_can_be_done_before_somebody_is_chosen(admin: Browser, team: dict[str, str]) -> None:
    assert admin.open(PAGE).menu_button(key="bulk_menu").disabled


def test_links_are_sent_to_those_chosen_and_the_page_says_so(
    admin: Browser, portal: Runtime, team: dict[str, str], work: Callable[[], None]
) -> None:
    break_all(portal)
    at = pick(choose(admin.open(PAGE), 0, 1), "send_link")
    assert "Do it for 2 people" in texts(at)
    assert "at most one a day" in texts(at)
    at = begin(at)
    assert "goes on by itself" in at.toast[0].value
    with transaction(portal.sessions) as session:
        assert session.scalars(select(BulkAction)).one().total == 2
    work()
    with transaction(portal.sessions) as session:
        assert session.scalar(select(func.count()).select_from(OutboundMessage)) == 2
    at = admin.open(PAGE)
    assert "1 action of the last day" in [expander.label for expander in at.expander]


def test_all_that_match_are_meant_where_that_is_said(
    admin: Browser, portal: Runtime, team: dict[str, str]
) -> None:
    break_all(portal)
    at = admin.open(PAGE)
    next(toggle for toggle in at.toggle if toggle.label == "All 4 that match").set_value(True).run()
    at = pick(at, "disconnect")
    assert "Do it for 3 people" in texts(at)
    assert "1 is left out" in texts(at)
    begin(at)
    with transaction(portal.sessions) as session:
        assert session.scalars(select(BulkAction)).one().total == 3


def test_what_goes_on_is_shown_with_a_way_to_stop_it(
    admin: Browser, portal: Runtime, team: dict[str, str]
) -> None:
    break_all(portal)
    at = admin.open(PAGE)
    begin(pick(choose(at, 0, 1), "send_link"))
    at = admin.open(PAGE)
    (going,) = at.get("progress")
    assert "0 of 2" in going.proto.text
    next(button for button in at.button if button.label == "Stop").click().run()
    with transaction(portal.sessions) as session:
        assert session.scalars(select(BulkAction)).one().status == "stopped"


def test_why_it_did_not_work_for_somebody_is_a_sentence(
    admin: Browser, portal: Runtime, sandbox: Sandbox, team: dict[str, str], work: Callable[[], None]
) -> None:
    sandbox.control("/people/emma/revoke")
    with transaction(portal.sessions) as session:
        session.execute(update(GmailToken).values(status="failing"))
    begin(pick(choose(admin.open(PAGE), 0, 1, 2), "refresh"))
    work()
    at = admin.open(PAGE)
    at.session_state["past_actions"] = True
    at.run()
    shown = next(table for table in at.dataframe if "why" in table.value)
    assert list(shown.value["name"]) == ["Emma Clarke"]
    assert list(shown.value["why"]) == ["Access removed or expired"]


def test_the_history_comes_from_the_side_and_the_look_is_written_down(
    admin: Browser, portal: Runtime, team: dict[str, str]
) -> None:
    break_all(portal)
    at = choose(admin.open(PAGE), 0)
    with transaction(portal.sessions) as session:
        assert session.scalar(select(func.count()).select_from(AccessLog)) == 0
    next(button for button in at.button if button.label == "History").click().run()
    shown = texts(at)
    assert not at.exception
    for sentence in (
        "Google agreed, and a first call worked",
        "Connected",
        "Used: to try it after connecting",
    ):
        assert sentence in shown
    assert "Looked at the connection's history · 오수진" in shown
    with transaction(portal.sessions) as session:
        (look,) = session.scalars(select(AccessLog))
    assert (look.actor, look.action) == (admin.user_id, "view_token")
    assert look.subject_user_id in team.values()


def test_the_charts_are_drawn_when_they_are_opened(
    admin: Browser, portal: Runtime, team: dict[str, str]
) -> None:
    at = admin.open(PAGE)
    assert not charts(at)
    at.session_state["token_charts"] = True
    at.run()
    assert len(charts(at)) == 1  # of today, as it is now
    assert "No grant ends" in texts(at)
    with transaction(portal.sessions) as session:
        trends.count_today(session, portal.settings)
        session.execute(
            update(GmailToken).values(refresh_token_expires_at=func.now() + text("interval '5 days'"))
        )
    at.run()
    assert not at.exception
    assert len(charts(at)) == 2


def charts(at: AppTest) -> list[Any]:
    return list(at.get("echarts_chart"))


def test_nothing_on_the_page_decrypts(admin: Browser, portal: Runtime, team: dict[str, str]) -> None:
    closed = replace(portal, box=NoBox())
    portal_runtime.use(closed)
    at = admin.open(PAGE)
    at.session_state["token_charts"] = True
    pills: Any = at.get("button_group")[0]
    pills.set_value("everybody").run()
    assert not at.exception
    choose(at, 1)
    next(button for button in at.button if button.label == "History").click().run()
    assert not at.exception
    pick(at, "disconnect")
    assert not admin.open("admin/access.py").exception
    assert not admin.open("settings.py").exception
    exported = tokens_csv(closed, admin_actor(admin), Filter()).decode("utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(exported)))) == 4
    with pytest.raises(AssertionError, match="must not decrypt"):
        closed.box.decrypt("", belongs_to="")


def admin_actor(admin: Browser) -> Actor:
    return Actor(admin.user_id, is_admin=True)


def test_a_member_can_do_none_of_it(sign_in: SignIn, portal: Runtime, team: dict[str, str]) -> None:
    at = sign_in("emma").open(PAGE)
    assert "This is not for you" in texts(at)
    assert not at.menu_button
    assert not at.download_button
    with transaction(portal.sessions) as session:
        assert session.scalar(select(func.count()).select_from(BulkAction)) == 0
