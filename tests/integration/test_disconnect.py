"""Disconnecting: revoked at Google where it answers, deleted here in any case, never by a stranger."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import select

from services.access import Actor
from services.connect.disconnect import disconnect
from services.crypto import SecretBox
from services.db.engine import transaction
from services.db.models import AccessLog, GmailToken, TokenEvent
from services.errors import Forbidden, NotConnected
from services.runtime import Runtime
from services.tokens import store
from services.tokens.google import ask_google
from services.tokens.refresh import credentials_for
from tests.integration.journeys import Sandbox, arrive, connect


def join(runtime: Runtime, sandbox: Sandbox) -> str:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon")
    return user_id


def tokens(runtime: Runtime) -> int:
    with transaction(runtime.sessions) as session:
        return len(session.scalars(select(GmailToken.id)).all())


def test_google_is_told_and_the_token_is_gone(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = join(runtime, sandbox)
    with transaction(runtime.sessions) as session:
        token = store.load(session, runtime.box, runtime.settings, user_id)
    assert disconnect(runtime, user_id, Actor(user_id)).revoked
    assert tokens(runtime) == 0
    with pytest.raises(NotConnected):
        credentials_for(runtime, user_id)
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(TokenEvent.kind)).all()[-1] == "disconnected"
        assert session.scalars(select(AccessLog)).all() == []
    assert token is not None
    with pytest.raises(NotConnected, match="invalid_grant"):
        ask_google(runtime.settings, token)


@pytest.mark.parametrize("fault", [{"status": 503}, {"drop": "before"}])
def test_without_google_the_token_is_deleted_all_the_same(
    runtime: Runtime, sandbox: Sandbox, fault: dict[str, object]
) -> None:
    user_id = join(runtime, sandbox)
    sandbox.fault(path="*/revoke", **fault)
    assert not disconnect(runtime, user_id, Actor(user_id)).revoked
    assert tokens(runtime) == 0


def test_what_google_has_forgotten_already_counts_as_revoked(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = join(runtime, sandbox)
    sandbox.fault(path="*/revoke", status=400, body={"error": "invalid_token"})
    assert disconnect(runtime, user_id, Actor(user_id)).revoked


def test_a_token_that_cannot_be_decrypted_is_deleted(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = join(runtime, sandbox)
    keyless = dataclasses.replace(runtime, box=SecretBox([b"x" * 32]))
    assert not disconnect(keyless, user_id, Actor(user_id)).revoked
    assert tokens(runtime) == 0


def test_a_stranger_may_not_and_an_admin_is_noted(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id, other = join(runtime, sandbox), arrive(runtime, sandbox.person("minjun"))
    with pytest.raises(Forbidden):
        disconnect(runtime, user_id, Actor(other))
    assert tokens(runtime) == 1
    disconnect(runtime, user_id, Actor(other, is_admin=True))
    with transaction(runtime.sessions) as session:
        (noted,) = session.scalars(select(AccessLog))
    assert (noted.actor, noted.action, noted.subject_user_id) == (other, "disconnect", user_id)


def test_who_is_not_connected_is_told_so(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    with pytest.raises(NotConnected):
        disconnect(runtime, user_id, Actor(user_id))


def test_two_clicks_at_once_both_end_well(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = join(runtime, sandbox)

    def click(_: int) -> None:
        with suppress(NotConnected):
            disconnect(runtime, user_id, Actor(user_id))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(click, range(2)))
    assert tokens(runtime) == 0
    assert connect(runtime, sandbox, user_id, "seoyeon").status == "authorized"
