"""People as an admin sees them: who may do what, and who is who on Slack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from services.db.engine import transaction
from services.db.models import User
from services.paging import PAGE_SIZE
from services.runtime import Runtime
from tests.integration.journeys import Sandbox
from tests.pages.conftest import Browser, texts

PAGE = "admin/people.py"
SignIn = Callable[[str], Browser]


def names(at: AppTest) -> list[str]:
    return list(at.dataframe[0].value["name"])


def choose(browser: Browser, name: str) -> AppTest:
    """Open the page and click somebody's row."""
    at = browser.open(PAGE)
    selected = {"rows": [names(at).index(name)], "columns": [], "cells": []}
    at.session_state[str(at.dataframe[0].key)] = {"selection": selected}
    at.run()
    assert not at.exception
    return at


def click(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception
    return at


def person(browser: Browser) -> User:
    with transaction(browser.runtime.sessions) as session:
        return session.get_one(User, browser.user_id)


def test_a_member_sees_that_it_is_not_for_them(emma: Browser, admin: Browser) -> None:
    at = emma.open(PAGE)
    assert "This is not for you" in texts(at)
    assert not at.dataframe
    assert not at.text_input
    assert "오수진" not in texts(at)


def test_everybody_is_listed_with_what_they_may_do(admin: Browser, emma: Browser) -> None:
    table = admin.open(PAGE).dataframe[0].value.set_index("name")
    assert list(table.index) == ["Emma Clarke", "오수진"]
    assert table.loc["오수진", "role"][0] == "Administrator"
    assert table.loc["Emma Clarke", "role"][0] == "Member"
    assert table["last_sign_in"].notna().all()


def test_search_finds_and_says_when_there_is_nobody(admin: Browser, emma: Browser) -> None:
    at = admin.open(PAGE)
    at.text_input(key="people_text").set_value("clarke").run()
    assert names(at) == ["Emma Clarke"]
    at.text_input(key="people_text").set_value("nobody at all").run()
    assert "Nobody matches this search." in texts(at)


def test_long_lists_are_paged(admin: Browser, portal: Runtime) -> None:
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


def test_the_admin_role_is_given_and_taken(admin: Browser, emma: Browser) -> None:
    at = click(choose(admin, "Emma Clarke"), "Make admin")
    assert person(emma).role == "admin"
    assert at.toast[0].value == "Emma Clarke is an admin now."
    click(choose(admin, "Emma Clarke"), "Take the admin role")
    assert person(emma).role == "member"


def test_access_is_switched_off_at_once_and_given_back(admin: Browser, emma: Browser) -> None:
    click(choose(admin, "Emma Clarke"), "Switch off access")
    emma.at.run()
    assert "Your access was switched off" in texts(emma.at)
    click(choose(admin, "Emma Clarke"), "Let in again")
    emma.at.run()
    assert "Your access was switched off" not in texts(emma.at)


def test_nobody_locks_themselves_out(admin: Browser) -> None:
    at = choose(admin, "오수진")
    labels = {button.label for button in at.button}
    assert "This is you." in texts(at)
    assert labels.isdisjoint({"Take the admin role", "Switch off access"})


def test_somebody_who_is_no_admin_any_longer_changes_nothing(admin: Browser, emma: Browser) -> None:
    at = choose(admin, "Emma Clarke")
    admin.change(role="member")
    click(at, "Make admin")
    assert person(emma).role == "member"
    assert "This is not for you" in texts(at)


def test_who_is_named_in_the_settings_stays_an_admin(
    admin: Browser, emma: Browser, portal: Runtime, sandbox: Sandbox
) -> None:
    at = choose(admin, "Emma Clarke")
    click(at, "Make admin")
    object.__setattr__(portal.settings, "admin_emails", (sandbox.person("emma").google_email,))
    click(choose(admin, "Emma Clarke"), "Take the admin role")
    assert person(emma).role == "admin"
    assert "ADMIN_EMAILS" in admin.at.toast[0].value


def test_the_slack_account_with_the_same_address_is_suggested(
    admin: Browser, emma: Browser, sandbox: Sandbox
) -> None:
    at = choose(admin, "Emma Clarke")
    assert sandbox.person("emma").slack_user_id in texts(at)
    click(at, "Choose")
    assert person(emma).slack_user_id == sandbox.person("emma").slack_user_id
    assert "on Slack now" in at.toast[0].value


def test_a_slack_account_is_detached(admin: Browser, emma: Browser, sandbox: Sandbox) -> None:
    emma.change(slack_user_id=sandbox.person("emma").slack_user_id)
    at = click(choose(admin, "Emma Clarke"), "Detach from Slack")
    assert person(emma).slack_user_id is None
    assert "Emma Clarke is on no Slack account now." in at.toast[0].value
    assert "Not known on Slack" in texts(choose(admin, "Emma Clarke"))


def test_slack_is_searched_by_name(admin: Browser, sign_in: SignIn, sandbox: Sandbox) -> None:
    taeho = sign_in("taeho")
    at = choose(admin, sandbox.person("taeho").name)
    assert "Nobody on Slack matches" in texts(at)
    at.text_input(key=f"slack_text {taeho.user_id}").set_value("태호").run()
    click(at, "Choose")
    assert person(taeho).slack_user_id == sandbox.person("taeho").slack_user_id


def test_a_slack_account_that_is_taken_is_said(admin: Browser, emma: Browser, sandbox: Sandbox) -> None:
    admin.change(slack_user_id=sandbox.person("emma").slack_user_id)
    at = click(choose(admin, "Emma Clarke"), "Choose")
    assert "somebody else" in at.toast[0].value
    assert person(emma).slack_user_id is None


def test_slack_out_of_reach_is_said(admin: Browser, emma: Browser, sandbox: Sandbox) -> None:
    sandbox.fault(op="users.lookupByEmail", status=503, times=1)
    at = choose(admin, "Emma Clarke")
    assert "Slack could not be asked" in texts(at)
    click(at, "Search again")
    assert sandbox.person("emma").slack_user_id in texts(at)
