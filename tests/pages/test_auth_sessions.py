"""Auth sessions as an admin sees them: the list, what is looked for, one of them, and what can be done."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, text
from streamlit.testing.v1 import AppTest

from services.connect import flow, sessions
from services.db.engine import transaction
from services.db.models import AccessLog, AuthSession
from services.errors import ConnectError
from services.paging import PAGE_SIZE
from services.runtime import Runtime
from tests.integration.auth_session_writers import begun
from tests.pages.conftest import Browser, texts

PAGE = "admin/auth_sessions.py"
SignIn = Callable[[str], Browser]
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


def steps(at: AppTest) -> list[str]:
    return [status.label for status in at.status]


def test_a_member_sees_that_it_is_not_for_them(emma: Browser) -> None:
    at = emma.open(PAGE)
    assert "This page is for the team's admins" in texts(at)
    assert not at.dataframe


def test_where_nobody_has_tried_it_says_so(admin: Browser) -> None:
    at = admin.open(PAGE)
    assert "Nobody has tried to connect yet." in texts(at)


def test_the_newest_is_first_with_where_it_stands_and_no_secret(
    admin: Browser, emma: Browser, portal: Runtime
) -> None:
    with pytest.raises(ConnectError):
        emma.connect(deny=True)
    emma.connect()
    table = admin.open(PAGE).dataframe[0].value
    assert [status[0] for status in table["status"]] == ["Authorised", "Declined"]
    assert list(table["name"]) == ["Emma Clarke"] * 2
    assert list(table["reason"]) == ["", "access_denied"]
    with transaction(portal.sessions) as session:
        for row in session.scalars(select(AuthSession)):
            for secret in (row.state_hash, row.browser_hash):
                assert secret
                assert secret not in table.to_string()


def test_it_is_narrowed_by_person_state_and_found_by_the_id_of_a_log_line(
    admin: Browser, emma: Browser, sign_in: SignIn
) -> None:
    emma.connect()
    daniel = sign_in("daniel")
    waiting = flow.begin(daniel.runtime, daniel.user_id).session_id
    at = admin.open(PAGE)
    at.selectbox(key="attempts_status").select("consent_requested").run()
    assert list(at.dataframe[0].value["id"]) == [waiting]
    at.selectbox(key="attempts_status").set_value(None).run()
    at.text_input(key="attempts_text").set_value("emma@").run()
    assert list(at.dataframe[0].value["name"]) == ["Emma Clarke"]
    at.text_input(key="attempts_text").set_value(waiting).run()
    assert list(at.dataframe[0].value["id"]) == [waiting]
    at.text_input(key="attempts_text").set_value("nobody at all").run()
    assert not at.exception
    assert "Nothing matches." in texts(at)


def test_long_lists_have_pages(admin: Browser, portal: Runtime) -> None:
    for _ in range(PAGE_SIZE + 1):
        begun(portal.sessions)
    at = admin.open(PAGE)
    assert len(at.dataframe[0].value) == PAGE_SIZE
    assert at.get("pagination")


def test_one_is_shown_step_by_step_and_the_look_is_written_down(
    admin: Browser, emma: Browser, work: Work, portal: Runtime
) -> None:
    emma.connect()
    work()
    at = choose(admin)
    assert steps(at)[0] == "“Connect Gmail” was clicked"
    assert steps(at)[-2:] == ["The mailbox was read", "Connected"]
    with transaction(portal.sessions) as session:
        line = session.scalars(select(AccessLog)).one()
        assert (line.actor, line.action, line.subject_user_id) == (
            admin.user_id,
            "view_auth_session",
            emma.user_id,
        )
    assert (
        "Looked at an attempt to connect" in admin.open("admin/access.py").dataframe[0].value["what"].values
    )


def test_one_that_waits_is_ended_and_its_owner_told(admin: Browser, emma: Browser, portal: Runtime) -> None:
    flow.begin(portal, emma.user_id)
    at = click(choose(admin), "expire")
    assert at.toast[0].value == "Ended. Its link opens nothing any longer."
    assert [status[0] for status in at.dataframe[0].value["status"]] == ["Expired"]
    shown = emma.open("connect.py")
    assert shown.status[-1].label == "An admin ended this attempt"


def test_one_that_has_gone_on_meanwhile_is_left_alone(admin: Browser, emma: Browser, portal: Runtime) -> None:
    session_id = flow.begin(portal, emma.user_id).session_id
    at = choose(admin)
    with transaction(portal.sessions) as session:
        sessions.advance(session, session_id, "denied", "access_denied")
    at = click(at, "expire")
    assert at.toast[0].value == "It has gone on meanwhile."


def test_by_hand_one_is_completed_in_development(admin: Browser, emma: Browser) -> None:
    emma.connect()
    at = click(choose(admin), "complete")
    assert at.toast[0].value == "Completed by hand."
    assert steps(emma.open("connect.py"))[-1] == "Completed by an admin, in development"


def test_what_has_ended_offers_nothing_to_do(admin: Browser, emma: Browser, work: Work) -> None:
    emma.connect()
    work()
    keys = {button.key for button in choose(admin).button}
    assert keys.isdisjoint({"expire", "complete"})


def test_who_is_no_admin_any_longer_changes_nothing(admin: Browser, emma: Browser, portal: Runtime) -> None:
    flow.begin(portal, emma.user_id)
    at = choose(admin)
    admin.change(role="member")
    click(at, "expire")
    with transaction(portal.sessions) as session:
        assert session.scalars(select(AuthSession.status)).one() == "consent_requested"


def test_how_much_mail_is_read_is_shown_while_it_is_read(emma: Browser, portal: Runtime) -> None:
    emma.connect()
    with transaction(portal.sessions) as session:
        (session_id,) = session.scalars(select(AuthSession.id)).all()
        sessions.advance(session, session_id, "fetching", "fetching")
        sessions.read_on(session, session_id, 6, 9)
    at = emma.open("connect.py")
    assert at.status[-1].label == "Reading the mailbox…"
    assert at.progress[0].text == "6 of 9 emails"
    assert any(":blue-badge[:material/more_horiz: Reading mail]" in one.value for one in at.markdown)


def test_a_session_from_before_there_were_flags_is_drawn_too(emma: Browser, portal: Runtime) -> None:
    emma.connect()
    with transaction(portal.sessions) as session:
        session.execute(text("UPDATE auth_sessions SET status = 'completed', progress = '{}'"))
    assert not emma.open("connect.py").exception
