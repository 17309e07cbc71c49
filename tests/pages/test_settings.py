"""Settings: what is chosen is kept, what is refused is said at its field, and leaving is leaving."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest

from portal import runtime as portal_runtime
from services import preferences
from services.api_keys import own_keys, owner_of
from services.db.engine import make_engine, make_sessions, transaction
from services.db.models import AccessLog, GmailToken, User
from services.preferences import Preferences
from services.runtime import Runtime
from tests.integration.journeys import Sandbox
from tests.pages.conftest import Browser, texts

PAGE = "settings.py"
SignIn = Callable[[str], Browser]


@pytest.fixture
def emma(sign_in: SignIn) -> Browser:
    """Emma, in English, in London by her own choice."""
    browser = sign_in("emma")
    browser.change(locale="en", timezone="Europe/London")
    return browser


def stored(browser: Browser) -> Preferences:
    with transaction(browser.runtime.sessions) as session:
        return preferences.read(session, browser.user_id)


def fill_in(at: AppTest, **values: Any) -> AppTest:
    """Fill in the form and save it."""
    for name, value in values.items():
        field(at, name).set_value(value)
    return click(at, "Save")


def field(at: AppTest, name: str) -> Any:
    """A field of the form, whatever kind of widget it is."""
    return at.get_by_key(f"preference_{name}")


def click(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception
    return at


def test_what_is_chosen_is_kept_and_the_next_briefing_follows(emma: Browser) -> None:
    pause = datetime.now(UTC).date() + timedelta(days=30)
    at = fill_in(
        emma.open(PAGE),
        send_at=time(7, 30),
        timezone="Asia/Singapore",
        weekdays=[1, 3],
        paused_until=pause,
        sections=["mail", "news"],
        holidays_of="KR",
        when_empty="nothing",
        feeds="https://feeds.example/a.xml\n\nhttps://feeds.example/b.xml",
        vips="Boss@Example.com",
        muted="shop@example.com",
    )
    now = stored(emma)
    assert (now.send_at, now.timezone, now.weekdays) == (time(7, 30), "Asia/Singapore", (1, 3))
    assert (now.paused_until, now.sections) == (pause, ("mail", "news"))
    assert (now.holidays_of, now.when_empty) == ("KR", "nothing")
    assert now.feeds == ("https://feeds.example/a.xml", "https://feeds.example/b.xml")
    assert (now.vips, now.muted) == (("boss@example.com",), ("shop@example.com",))
    assert now.next_due_at is not None
    assert now.next_due_at.date() >= pause
    assert at.toast[0].value == "Saved."
    assert at.text_area(key="preference_vips").value == "boss@example.com"


def test_turning_it_off_is_said(emma: Browser) -> None:
    at = fill_in(emma.open(PAGE), enabled=False)
    assert stored(emma).next_due_at is None
    assert "turned off" in texts(at)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("vips", "boss@example.com\nnot an address", "no e-mail address"),
        ("muted", "@", "no e-mail address"),
        ("feeds", "ftp://feeds.example/a.xml", "no feed address"),
        ("weekdays", [], "at least one day"),
        ("sections", [], "at least one part"),
        ("send_at", None, "Please choose something"),
        ("paused_until", datetime.now(UTC).date() + timedelta(days=500), "a year long at most"),
    ],
)
def test_what_is_refused_is_said_and_nothing_is_lost(emma: Browser, name: str, value: Any, said: str) -> None:
    before = stored(emma)
    values = {"enabled": False, name: value}
    at = fill_in(emma.open(PAGE), **values)
    assert len(at.error) == 1
    assert said in texts(at)
    assert field(at, name).value == value
    assert at.toggle(key="preference_enabled").value is False
    assert stored(emma) == before


def test_a_sender_cannot_be_important_and_muted(emma: Browser) -> None:
    at = fill_in(emma.open(PAGE), vips="kim@example.com", muted="Kim@example.com")
    assert "both important and muted" in texts(at)


def test_a_database_that_is_away_costs_nothing_that_was_typed(emma: Browser, portal: Runtime) -> None:
    at = emma.open(PAGE)
    away = make_sessions(make_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing"))
    portal_runtime.use(dataclasses.replace(portal, sessions=away))
    at = fill_in(at, vips="boss@example.com")
    assert "cannot reach its database" in texts(at)
    at.run()
    portal_runtime.use(portal)
    at = click(at, "Try again")
    assert field(at, "vips").value == "boss@example.com"
    click(at, "Save")
    assert stored(emma).vips == ("boss@example.com",)


def test_a_refusal_is_forgotten_with_the_page(emma: Browser) -> None:
    fill_in(emma.open(PAGE), vips="nobody")
    emma.open("home.py")
    at = emma.open(PAGE)
    assert not at.error
    assert at.text_area(key="preference_vips").value == ""


def test_another_language_speaks_at_once(emma: Browser) -> None:
    at = fill_in(emma.open(PAGE), locale="ko")
    assert at.title[0].value == "설정"
    assert at.toast[0].value == "저장했습니다."


def test_the_browsers_time_zone_is_offered_and_taken(emma: Browser) -> None:
    emma.at.context = {"timezone": "America/New_York"}
    at = emma.open(PAGE)
    assert "Your browser is in America/New York" in texts(at)
    click(at, "Use America/New York")
    assert stored(emma).timezone == "America/New_York"
    assert at.selectbox(key="preference_timezone").value == "America/New_York"
    assert "Your browser is in" not in texts(at)


@pytest.mark.parametrize("zone", ["Europe/London", "Nowhere/Else", None])
def test_no_other_zone_is_offered_where_none_is_known(emma: Browser, zone: str | None) -> None:
    emma.at.context = {"timezone": zone}
    assert "Your browser is in" not in texts(emma.open(PAGE))


def test_a_pause_that_is_over_is_none(emma: Browser) -> None:
    with transaction(emma.runtime.sessions) as session:
        preferences.change(session, emma.user_id, paused_until=date(2020, 1, 1))
    assert emma.open(PAGE).date_input(key="preference_paused_until").value is None


@pytest.mark.usefixtures("sidecar")
def test_the_next_briefing_is_said(emma: Browser) -> None:
    at = emma.open(PAGE)
    assert "Your next briefing comes" in texts(at)


def test_a_silent_sidecar_is_said(emma: Browser) -> None:
    assert "The part that sends briefings is not running" in texts(emma.open(PAGE))


def test_a_key_is_shown_once_and_can_be_revoked(emma: Browser, portal: Runtime) -> None:
    at = emma.open(PAGE)
    assert "You have no keys." in texts(at)
    at.text_input(key="key_name").set_value("my script")
    click(at, "Make a key")
    secret = at.code[0].value
    assert owner(portal, secret) == emma.user_id
    at.run()
    assert not at.code
    assert "**my script**" in texts(at)
    assert secret not in texts(at)
    click(at, "Revoke")
    assert owner(portal, secret) is None
    assert "You have no keys." in texts(at)


def owner(portal: Runtime, secret: str) -> str | None:
    with transaction(portal.sessions) as session:
        return owner_of(session, secret)


def test_a_key_needs_a_name(emma: Browser, portal: Runtime) -> None:
    at = click(emma.open(PAGE), "Make a key")
    assert "Give the key a name" in texts(at)
    with transaction(portal.sessions) as session:
        assert own_keys(session, emma.user_id) == []


def test_nobody_sees_the_keys_of_another(emma: Browser, sign_in: SignIn) -> None:
    at = emma.open(PAGE)
    at.text_input(key="key_name").set_value("hers")
    click(at, "Make a key")
    assert "hers" not in texts(sign_in("daniel").open(PAGE))


def test_signing_out_everywhere_ends_the_other_browser_too(emma: Browser, sign_in: SignIn) -> None:
    other = sign_in("emma")
    click(emma.open(PAGE), "Sign out everywhere")
    other.at.run()
    assert "Sign in with Google" in texts(other.at)


def test_deleting_oneself_needs_the_address_and_leaves_nothing(
    emma: Browser, portal: Runtime, sandbox: Sandbox
) -> None:
    emma.connect()
    user_id = emma.user_id
    at = confirm(emma, "somebody@else.example")
    assert rows(portal, User) == 1
    at = confirm(emma, f" {sandbox.person('emma').google_email.upper()} ")
    assert rows(portal, User) == rows(portal, GmailToken) == 0
    assert "Sign in with Google" in texts(at)
    assert sandbox.calls("oauth.revoke") == 1
    with transaction(portal.sessions) as session:
        assert "delete_person" in session.scalars(
            select(AccessLog.action).where(AccessLog.subject_user_id == user_id)
        )


def test_deleting_oneself_without_an_address_needs_the_name(emma: Browser, portal: Runtime) -> None:
    emma.change(email=None, display_name="Emma")
    confirm(emma, "")
    assert rows(portal, User) == 1
    confirm(emma, "Emma")
    assert rows(portal, User) == 0


def confirm(browser: Browser, typed: str) -> AppTest:
    at = click(browser.open(PAGE), "Delete my account…")
    at.text_input(key="delete_typed").set_value(typed)
    return click(at, "Delete everything")


def rows(portal: Runtime, model: type) -> int:
    with transaction(portal.sessions) as session:
        return session.execute(select(func.count()).select_from(model)).scalar_one()


def test_somebody_signed_out_meanwhile_changes_nothing(emma: Browser, portal: Runtime) -> None:
    at = emma.open(PAGE)
    before = stored(emma)
    emma.change(active=False)
    field(at, "enabled").set_value(False)
    click(at, "Save")
    assert stored(emma) == before
    assert "Your access was switched off" in texts(at)


def test_people_choose_how_long_their_conversation_is_kept(emma: Browser, portal: Runtime) -> None:
    at = emma.open("settings.py")
    assert not [button for button in at.button if button.key == "keep_for"]
    at.selectbox(key="conversation_days_chosen").set_value(7).run()
    assert "Messages older than 7 days are deleted here" in texts(at)
    at.button(key="keep_for").click().run()
    assert "Kept for 7 days from now on." in at.toast[0].value
    with transaction(portal.sessions) as session:
        assert session.get_one(User, emma.user_id).conversation_days == 7
    at.selectbox(key="conversation_days_chosen").set_value(0).run()
    at.button(key="keep_for").click().run()
    with transaction(portal.sessions) as session:
        assert session.get_one(User, emma.user_id).conversation_days is None
