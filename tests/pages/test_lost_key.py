"""An encryption key is lost: whoever's token it locked connects again, and nobody else notices."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from portal import runtime as portal_runtime
from services.connect import flow
from services.connect.disconnect import disconnect
from services.crypto import SecretBox
from services.db.engine import transaction
from services.db.models import AuthSession, GmailToken
from services.errors import ConnectError, NotConnected
from services.people import Actor
from services.runtime import Runtime
from services.tokens.refresh import credentials_for
from tests.integration.journeys import Sandbox, callback_of, connect
from tests.pages.conftest import Browser, texts

SignIn = Callable[[str], Browser]


@pytest.fixture
def emma(sign_in: SignIn) -> Browser:
    """Emma, whose token the lost key locked."""
    browser = sign_in("emma")
    browser.change(locale="en")
    browser.connect()
    return browser


@pytest.fixture
def without_key(portal: Runtime, emma: Browser, admin: Browser) -> Iterator[Runtime]:
    """The portal with another key than the one that was; the admin has connected since."""
    changed = dataclasses.replace(portal, box=SecretBox([b"n" * 32]))
    portal_runtime.use(changed)
    connect(changed, admin.sandbox, admin.user_id, "sujin")
    yield changed
    portal_runtime.use(portal)


def lose(runtime: Runtime, browser: Browser) -> None:
    with pytest.raises(NotConnected) as caught:
        credentials_for(runtime, browser.user_id)
    assert caught.value.code == "undecryptable"


def token_of(runtime: Runtime, browser: Browser) -> GmailToken:
    with transaction(runtime.sessions) as session:
        return session.scalars(select(GmailToken).where(GmailToken.user_id == browser.user_id)).one()


def test_its_owner_is_asked_to_connect_again_and_that_mends_it(without_key: Runtime, emma: Browser) -> None:
    lose(without_key, emma)
    for page in ("home.py", "connect.py"):
        assert "onnect again" in texts(emma.open(page)), page
    connect(without_key, emma.sandbox, emma.user_id, "emma")
    assert credentials_for(without_key, emma.user_id).token
    assert token_of(without_key, emma).status == "healthy"
    assert "onnect again" not in texts(emma.open("home.py"))


def test_every_page_still_comes_for_everybody(without_key: Runtime, emma: Browser, admin: Browser) -> None:
    lose(without_key, emma)
    for page in ("home.py", "connect.py", "briefing.py", "conversations.py", "settings.py"):
        emma.open(page)
        admin.open(page)
    for page in ("admin/tokens.py", "admin/people.py", "admin/imports.py"):
        admin.open(page)
    assert credentials_for(without_key, admin.user_id).token


def test_the_admin_sees_whom_it_locked_out(without_key: Runtime, emma: Browser, admin: Browser) -> None:
    lose(without_key, emma)
    table = admin.open("admin/tokens.py").dataframe[0].value.set_index("name")
    assert table.loc["Emma Clarke", "reason"] == "Cannot be decrypted"
    assert "오수진" not in table.index


def test_signing_in_and_disconnecting_need_no_key(
    without_key: Runtime, emma: Browser, sign_in: SignIn
) -> None:
    assert sign_in("minjun").user_id
    assert not disconnect(without_key, emma.user_id, Actor(emma.user_id)).revoked
    with pytest.raises(NotConnected) as caught:
        credentials_for(without_key, emma.user_id)
    assert caught.value.code == "not_connected"


def test_the_key_put_back_mends_it_too(without_key: Runtime, portal: Runtime, emma: Browser) -> None:
    lose(without_key, emma)
    assert credentials_for(portal, emma.user_id).token


def test_a_consent_that_was_under_way_ends_and_can_be_begun_anew(
    without_key: Runtime, portal: Runtime, sandbox: Sandbox, emma: Browser
) -> None:
    consent = flow.begin(portal, emma.user_id)
    back = sandbox.control("/consent", {"url": consent.url, "person": "emma"})["location"]
    with pytest.raises(ConnectError):
        flow.finish(without_key, callback_of(back, emma.user_id, consent.browser_secret))
    with transaction(portal.sessions) as session:
        assert session.get_one(AuthSession, consent.session_id).status == "failed"
    assert connect(without_key, sandbox, emma.user_id, "emma").status == "authorized"
