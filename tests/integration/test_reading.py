"""The keys that open one's own mail, and whether the sidecar is heard of."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from services import api_keys, heartbeat
from services.db.engine import transaction
from services.db.models import ApiKey, User
from services.errors import PreferenceRefused
from services.heartbeat import SidecarState
from services.runtime import Runtime
from tests.integration.journeys import Sandbox, arrive


@pytest.fixture
def people(runtime: Runtime, sandbox: Sandbox) -> tuple[str, str]:
    return arrive(runtime, sandbox.person("seoyeon")), arrive(runtime, sandbox.person("minjun"))


def test_a_key_opens_its_owners_mail_until_it_is_revoked(runtime: Runtime, people: tuple[str, str]) -> None:
    mine, other = people
    with transaction(runtime.sessions) as session:
        made = api_keys.create(session, mine, " laptop ")
    assert made.secret not in repr(made)
    assert (made.key.name, made.key.prefix, made.key.scope) == ("laptop", made.secret[:8], "mail:read")
    with transaction(runtime.sessions) as session:
        assert api_keys.owner_of(session, made.secret) == mine
        assert api_keys.owner_of(session, made.secret + "x") is None
        assert made.secret not in session.get_one(ApiKey, made.key.id).key_hash
    with transaction(runtime.sessions) as session:
        (shown,) = api_keys.own_keys(session, mine)
        assert shown.last_used_at is not None
        assert api_keys.own_keys(session, other) == []
        assert not api_keys.revoke(session, other, made.key.id)
        assert api_keys.revoke(session, mine, made.key.id)
        assert not api_keys.revoke(session, mine, made.key.id)
        assert api_keys.owner_of(session, made.secret) is None


def test_a_deactivated_persons_key_opens_nothing(runtime: Runtime, people: tuple[str, str]) -> None:
    with transaction(runtime.sessions) as session:
        made = api_keys.create(session, people[0], "laptop")
        session.get_one(User, people[0]).active = False
    with transaction(runtime.sessions) as session:
        assert api_keys.owner_of(session, made.secret) is None


@pytest.mark.parametrize(("name", "code"), [("  ", "no_name"), ("x" * 81, "name_too_long")])
def test_what_a_key_cannot_be_called(runtime: Runtime, people: tuple[str, str], name: str, code: str) -> None:
    with transaction(runtime.sessions) as session, pytest.raises(PreferenceRefused) as caught:
        api_keys.create(session, people[0], name)
    assert caught.value.code == code


def test_there_is_an_end_to_keys(runtime: Runtime, people: tuple[str, str]) -> None:
    with transaction(runtime.sessions) as session:
        for n in range(api_keys.KEYS_EACH):
            api_keys.create(session, people[0], str(n))
        with pytest.raises(PreferenceRefused) as caught:
            api_keys.create(session, people[0], "one more")
        assert caught.value.code == "too_many"


def test_the_sidecar_lives_while_it_is_heard_of(runtime: Runtime) -> None:
    def state() -> SidecarState:
        with transaction(runtime.sessions) as session:
            return heartbeat.sidecar(session)

    assert state() == SidecarState(alive=False, last_seen=None)
    with transaction(runtime.sessions) as session:
        heartbeat.beat(session, "worker")
    assert not state().alive
    with transaction(runtime.sessions) as session:
        heartbeat.beat(session, "scheduler")
    assert state().alive
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE heartbeats SET at = now() - interval '4 minutes'"))
    assert not state().alive
    assert state().last_seen is not None
