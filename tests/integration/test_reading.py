"""One's own conversation, a page at a time, and the keys that open one's own mail."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from services import api_keys, heartbeat
from services.conversations import log
from services.conversations.reading import own_messages
from services.db.engine import transaction
from services.db.models import ApiKey, User
from services.errors import PreferenceRefused
from services.heartbeat import SidecarState
from services.runtime import Runtime
from tests.integration.journeys import Sandbox, arrive


@pytest.fixture
def people(runtime: Runtime, sandbox: Sandbox) -> tuple[str, str]:
    return arrive(runtime, sandbox.person("seoyeon")), arrive(runtime, sandbox.person("minjun"))


def say(runtime: Runtime, user_id: str, ts: str, words: str) -> None:
    with transaction(runtime.sessions) as session:
        log.add(
            session,
            user_id=user_id,
            channel=f"D{user_id}",
            ts=ts,
            role="assistant",
            kind="briefing",
            text=words,
            blocks=[{"type": "divider"}],
        )


def pages(runtime: Runtime, user_id: str, limit: int) -> list[list[str]]:
    """Every page's texts, following `before` to the end."""
    found: list[list[str]] = []
    before: int | None = None
    with transaction(runtime.sessions) as session:
        while said := own_messages(session, user_id, before=before, limit=limit):
            found.append([message.text for message in said])
            before = said[-1].id
    return found


def test_messages_come_newest_first_whatever_order_they_were_stored_in(
    runtime: Runtime, people: tuple[str, str]
) -> None:
    for ts in ("300.1", "100.1", "500.1", "200.1", "400.1"):
        say(runtime, people[0], ts, ts)
    assert pages(runtime, people[0], 2) == [["500.1", "400.1"], ["300.1", "200.1"], ["100.1"]]


def test_anothers_messages_are_not_there_even_by_their_id(runtime: Runtime, people: tuple[str, str]) -> None:
    say(runtime, people[0], "1.1", "mine")
    say(runtime, people[1], "2.1", "theirs")
    assert pages(runtime, people[0], 50) == [["mine"]]
    with transaction(runtime.sessions) as session:
        theirs = own_messages(session, people[1], before=None, limit=1)[0]
        assert own_messages(session, people[0], before=theirs.id, limit=50) == []
        assert own_messages(session, people[0], before=10**12, limit=50) == []
    assert theirs.blocks == [{"type": "divider"}]


@pytest.mark.parametrize(("asked", "given"), [(0, 1), (-5, 1), (10_000, 3)])
def test_a_page_is_bounded(runtime: Runtime, people: tuple[str, str], asked: int, given: int) -> None:
    for n in range(3):
        say(runtime, people[0], f"{n}.1", "x")
    with transaction(runtime.sessions) as session:
        assert len(own_messages(session, people[0], before=None, limit=asked)) == given


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
