"""Token health as an admin sees it, and what anybody else sees instead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from portal.components.mrkdwn import literal
from services.db.engine import transaction
from services.db.models import GmailToken, User
from services.paging import PAGE_SIZE
from services.runtime import Runtime
from services.tokens.overview import WORST_FIRST
from tests.integration.journeys import Sandbox, arrive, connect
from tests.pages.conftest import Browser, texts

PAGE = "admin/tokens.py"
READONLY = "https://www.googleapis.com/auth/gmail.readonly"
SignIn = Callable[[str], Browser]


def names(at: AppTest) -> list[str]:
    return list(at.dataframe[0].value["name"])


def choose(at: AppTest, place: int) -> AppTest:
    """Click a row of the table."""
    at.session_state[str(at.dataframe[0].key)] = {"selection": {"rows": [place], "columns": [], "cells": []}}
    at.run()
    assert not at.exception
    return at


def show(at: AppTest, choice: str) -> AppTest:
    pills: Any = at.get("button_group")[0]
    pills.set_value(choice).run()
    assert not at.exception
    return at


def add(portal: Runtime, name: str, **columns: object) -> str:
    """Somebody with a token in a certain state."""
    values = {"status": "healthy", "scopes": [READONLY], "token_data": {}} | columns
    with transaction(portal.sessions) as session:
        session.add(User(id=name, display_name=name, locale="en"))
        session.flush()
        session.add(GmailToken(user_id=name, **values))
    return name


def test_a_member_sees_that_it_is_not_for_them(sign_in: SignIn, portal: Runtime) -> None:
    add(portal, "Somebody", status="reconnect_required", status_reason="invalid_rapt")
    at = sign_in("emma").open(PAGE)
    assert "This is not for you" in texts(at)
    assert not at.dataframe
    assert "Somebody" not in texts(at)


def test_those_in_trouble_come_worst_first_and_the_others_are_hidden(admin: Browser, portal: Runtime) -> None:
    soon = datetime.now(UTC) + timedelta(days=1)
    add(portal, "Fine", expiry=soon)
    add(portal, "Soon", refresh_token_expires_at=soon)
    add(portal, "Broken", status="reconnect_required", status_reason="revoked_or_expired")
    add(portal, "Shaky", status="failing")
    at = admin.open(PAGE)
    assert names(at) == ["Broken", "Shaky", "Soon", "오수진"]
    assert at.dataframe[0].value["status"].explode().tolist()[:2] == ["Reconnect needed", "Failing"]
    assert names(show(at, "everybody")) == ["Broken", "Shaky", "Soon", "오수진", "Fine"]
    assert names(show(at, "healthy")) == ["Fine"]


def test_each_status_is_counted(admin: Browser, portal: Runtime) -> None:
    add(portal, "A", status="failing")
    add(portal, "B", status="failing")
    at = admin.open(PAGE)
    pills: Any = at.get("button_group")[0]
    labels = [str(option) for option in pills.options]
    assert len(labels) == len(WORST_FIRST) + 2
    assert "Needs attention **3**" in labels[0]
    assert "Failing **2**" in labels[2]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("revoked_or_expired", "no longer accepts the connection"),
        ("invalid_rapt", "sign in again after a set time"),
        ("client_changed", "does not know the registration"),
        ("missing_scope", "not granted"),
        ("admin_policy", "Workspace does not let this app in"),
        ("no_refresh_token", "no refresh token"),
        ("undecryptable", "TOKEN_ENCRYPTION_KEYS"),
        ("something_new", "something_new"),
    ],
)
def test_every_reason_is_a_sentence(admin: Browser, portal: Runtime, reason: str, said: str) -> None:
    add(portal, "Broken", status="reconnect_required", status_reason=reason)
    at = choose(admin.open(PAGE), 0)
    assert said in texts(at)
    assert ("Refresh now" in texts(at)) is (reason == "undecryptable")


def test_a_missing_permission_is_named(admin: Browser, portal: Runtime) -> None:
    add(portal, "Unticked", scopes=["openid"])
    assert "gmail.readonly" in admin.open(PAGE).dataframe[0].value["reason"][0]


def test_search_and_robing_id_find_people_and_say_when_there_is_nobody(
    admin: Browser, portal: Runtime
) -> None:
    add(portal, "Alpha", status="failing", robing_id="r-1")
    add(portal, "Beta", status="failing", robing_id="r-2")
    at = admin.open(PAGE)
    at.text_input(key="token_text").set_value("alph").run()
    assert names(at) == ["Alpha"]
    at.text_input(key="token_robing_id").set_value("r-2").run()
    assert "Nobody matches" in texts(at)
    at.text_input(key="token_text").set_value("").run()
    assert names(at) == ["Beta"]


def test_a_name_cannot_speak_for_the_page(admin: Browser, portal: Runtime) -> None:
    name = "**:red[x]** [y](http://z)"
    add(portal, name, status="failing")
    assert choose(admin.open(PAGE), 0).subheader[0].value == literal(name)


def test_all_good_is_said(admin: Browser, sandbox: Sandbox, portal: Runtime) -> None:
    admin.connect()
    at = admin.open(PAGE)
    assert "Every connection works" in texts(at)
    assert not at.dataframe


def test_long_lists_are_paged_on_the_server(admin: Browser, portal: Runtime) -> None:
    with transaction(portal.sessions) as session:
        session.execute(
            text(
                "INSERT INTO users (id, display_name) SELECT 'n' || n, 'N' || n FROM generate_series(1, 60) n"
            )
        )
    at = admin.open(PAGE)
    assert len(names(at)) == PAGE_SIZE
    pages: Any = at.get("pagination")[0]
    pages.set_value(2).run()
    assert len(names(at)) == 61 - PAGE_SIZE
    at.text_input(key="token_text").set_value("N1").run()
    assert names(at)[0] == "N1"


def test_the_reconnect_link_of_the_chosen_person_is_there_to_copy(admin: Browser, portal: Runtime) -> None:
    at = admin.open(PAGE)
    assert not at.code
    at = choose(at, 0)
    assert at.code[0].value == f"{portal.settings.portal_url}/connect"
    assert "Refresh now" not in texts(at)


def test_refreshing_now_asks_google(admin: Browser, portal: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(portal, sandbox.person("emma"))
    connect(portal, sandbox, user_id, "emma")
    at = choose(show(admin.open(PAGE), "healthy"), 0)
    before = sandbox.calls("oauth.token")
    refresh(at)
    assert sandbox.calls("oauth.token") == before + 1
    assert "refreshed" in at.toast[0].value


def test_a_refused_refresh_says_why_and_the_row_moves_up(
    admin: Browser, portal: Runtime, sandbox: Sandbox
) -> None:
    user_id = arrive(portal, sandbox.person("emma"))
    connect(portal, sandbox, user_id, "emma")
    at = choose(show(admin.open(PAGE), "everybody"), 1)
    sandbox.control("/people/emma/revoke")
    refresh(at)
    assert "no longer accepts the connection" in at.toast[0].value
    assert names(at)[0] == "Emma Clarke"


def test_google_out_of_reach_is_said(admin: Browser, portal: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(portal, sandbox.person("emma"))
    connect(portal, sandbox, user_id, "emma")
    at = choose(show(admin.open(PAGE), "healthy"), 0)
    sandbox.fault(op="oauth.token", status=503)
    refresh(at)
    assert "Try again in a minute" in at.toast[0].value


def refresh(at: AppTest) -> None:
    next(button for button in at.button if button.label == "Refresh now").click().run()
    assert not at.exception
