"""Auth sessions for admins: finding them, ending one, completing one by hand in development."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from services.access import Actor
from services.connect import admin_sessions, flow, sessions, timeline
from services.connect.admin_sessions import AuthSessionRefused, Connecting, Filter
from services.connect.timeline import UnknownAuthSession
from services.db.engine import transaction
from services.db.models import AccessLog, AuthSession, GmailToken, User
from services.errors import ConnectError, Forbidden
from services.paging import PAGE_SIZE, Page
from services.runtime import Runtime
from services.tokens import health
from tests.integration.auth_session_writers import assert_legal, begun, stored
from tests.integration.journeys import Sandbox, arrive, callback_of, connect

SEOUL = ZoneInfo("Asia/Seoul")


@pytest.fixture
def admin(runtime: Runtime, sandbox: Sandbox) -> Actor:
    user_id = arrive(runtime, sandbox.person("sujin"))
    with transaction(runtime.sessions) as session:
        session.get_one(User, user_id).role = "admin"
    return Actor(user_id, is_admin=True)


def found(runtime: Runtime, admin: Actor, asked: Filter | None = None, page: int = 1) -> Page[Connecting]:
    with transaction(runtime.sessions) as session:
        return admin_sessions.auth_sessions(session, admin, asked or Filter(), page)


def logged(runtime: Runtime) -> list[tuple[str, str]]:
    with transaction(runtime.sessions) as session:
        rows = session.execute(select(AccessLog.action, AccessLog.subject_user_id).order_by(AccessLog.id))
        return [(action, subject) for action, subject in rows]


def expire(runtime: Runtime, admin: Actor, session_id: str) -> None:
    with transaction(runtime.sessions) as session:
        admin_sessions.expire(session, admin, session_id)


def complete(runtime: Runtime, admin: Actor, session_id: str) -> None:
    with transaction(runtime.sessions) as session:
        admin_sessions.complete_by_hand(session, runtime.settings, admin, session_id)


def in_production(runtime: Runtime) -> Runtime:
    real = {"google_token_uri": "https://oauth2.googleapis.com/token"}
    return dataclasses.replace(runtime, settings=runtime.settings.model_copy(update=real))


def test_they_are_found_newest_first_by_person_state_id_and_day(
    runtime: Runtime, sandbox: Sandbox, admin: Actor
) -> None:
    minjun, emma = (arrive(runtime, sandbox.person(key)) for key in ("minjun", "emma"))
    connected = connect(runtime, sandbox, minjun, "minjun").id
    waiting = flow.begin(runtime, emma).session_id
    with transaction(runtime.sessions) as session:
        session.execute(
            update(AuthSession)
            .where(AuthSession.id == connected)
            .values(created_at=datetime(2026, 1, 5, 15, 30, tzinfo=UTC))  # the sixth in Seoul
        )

    def ids(**asked: object) -> list[str]:
        return [row.attempt.id for row in found(runtime, admin, Filter(**asked)).rows]  # type: ignore[arg-type]

    sixth = date(2026, 1, 6)
    assert ids() == [waiting, connected]
    assert ids(status="authorized") == [connected]
    assert ids(text="emma@") == ids(text=waiting[:13]) == ids(status="consent_requested") == [waiting]
    assert ids(since=sixth, until=sixth, zone=SEOUL) == [connected]
    assert ids(since=sixth, until=sixth, zone=UTC) == []
    for garbage in ("%", "_", "\0", "'; --", "x" * 10_000):
        assert ids(text=garbage, status="authorized") in ([], [connected])
    assert ids(status="no such state") == []


def test_long_lists_come_a_page_at_a_time(runtime: Runtime, admin: Actor) -> None:
    for _ in range(PAGE_SIZE + 1):
        begun(runtime.sessions)
    first, second = (found(runtime, admin, page=number) for number in (1, 2))
    assert (len(first.rows), len(second.rows), first.total, first.pages) == (PAGE_SIZE, 1, PAGE_SIZE + 1, 2)
    assert {row.attempt.id for row in first.rows}.isdisjoint(row.attempt.id for row in second.rows)


def test_nothing_that_opens_anything_is_among_what_is_shown(
    runtime: Runtime, sandbox: Sandbox, admin: Actor
) -> None:
    user_id = arrive(runtime, sandbox.person("emma"))
    consent = flow.begin(runtime, user_id)
    with transaction(runtime.sessions) as session:
        row = session.get_one(AuthSession, consent.session_id)
        shown = repr(timeline.read_for(session, row.id, admin)) + repr(found(runtime, admin))
    for secret in (row.state_hash, row.browser_hash, row.code_verifier, consent.browser_secret):
        assert secret
        assert secret not in shown


def test_a_look_is_written_down_once_for_as_long_as_it_lasts(
    runtime: Runtime, sandbox: Sandbox, admin: Actor
) -> None:
    user_id = arrive(runtime, sandbox.person("emma"))
    session_id = flow.begin(runtime, user_id).session_id
    for actor in (Actor(user_id), admin, admin):
        with transaction(runtime.sessions) as session:
            timeline.read_for(session, session_id, actor)
    assert logged(runtime) == [("view_auth_session", user_id)]


def test_one_that_was_ended_takes_no_answer_from_google(
    runtime: Runtime, sandbox: Sandbox, admin: Actor
) -> None:
    user_id = arrive(runtime, sandbox.person("emma"))
    consent = flow.begin(runtime, user_id)
    back = sandbox.control("/consent", {"url": consent.url, "person": "emma"})["location"]
    expire(runtime, admin, consent.session_id)
    with pytest.raises(ConnectError) as caught:
        flow.finish(runtime, callback_of(back, user_id, consent.browser_secret))
    assert caught.value.code == "expired_by_admin"
    with transaction(runtime.sessions) as session:
        assert session.scalar(select(func.count()).select_from(GmailToken)) == 0
        attempt, lines = timeline.read_for(session, consent.session_id, Actor(user_id))
    assert (attempt.status, attempt.error_code) == ("expired", "expired_by_admin")
    assert [line.message for line in lines] == ["started", "consent_requested", "expired_by_admin"]
    assert logged(runtime) == [("expire_auth_session", user_id)]


@pytest.mark.parametrize("state", ["authorized", "fetching", "completed"])
def test_what_google_has_answered_is_not_ended(runtime: Runtime, admin: Actor, state: str) -> None:
    session_id = begun(runtime.sessions, upto=state)
    with pytest.raises(AuthSessionRefused) as caught:
        expire(runtime, admin, session_id)
    assert caught.value.code == "not_open"
    assert stored(runtime.sessions, session_id).status == state
    assert logged(runtime) == []


@pytest.mark.parametrize("first_look_begun", [False, True])
def test_one_that_nobody_works_on_is_completed_by_hand(
    runtime: Runtime, sandbox: Sandbox, admin: Actor, first_look_begun: bool
) -> None:
    user_id = arrive(runtime, sandbox.person("emma"))
    session_id = connect(runtime, sandbox, user_id, "emma").id
    if first_look_begun:
        with transaction(runtime.sessions) as session:
            sessions.advance(session, session_id, "fetching", "fetching")
    complete(runtime, admin, session_id)
    after = stored(runtime.sessions, session_id)
    assert (after.status, after.messages[-1]) == ("completed", "completed_by_hand")
    assert logged(runtime) == [("complete_auth_session", user_id)]


def test_who_is_connected_otherwise_is_completed_all_the_way(
    runtime: Runtime, sandbox: Sandbox, admin: Actor
) -> None:
    user_id = arrive(runtime, sandbox.person("emma"))
    connect(runtime, sandbox, user_id, "emma")
    session_id = flow.begin(runtime, user_id).session_id
    complete(runtime, admin, session_id)
    after = stored(runtime.sessions, session_id)
    assert after.messages[-2:] == ["authorized_by_hand", "completed_by_hand"]
    assert {"consent_requested", "authorized", "completed"} <= set(after.progress)
    with transaction(runtime.sessions) as session:
        assert session.get_one(AuthSession, session_id).code_verifier is None


@pytest.mark.parametrize("standing", ["never connected", "broken", "ended"])
def test_by_hand_nothing_comes_about_that_is_not_there(
    runtime: Runtime, sandbox: Sandbox, admin: Actor, standing: str
) -> None:
    user_id = arrive(runtime, sandbox.person("emma"))
    if standing != "never connected":
        connect(runtime, sandbox, user_id, "emma")
    session_id = flow.begin(runtime, user_id).session_id
    if standing == "broken":
        health.needs_reconnect(runtime.sessions, user_id, "revoked_or_expired", "")
    elif standing == "ended":
        expire(runtime, admin, session_id)
    before = stored(runtime.sessions, session_id)
    with pytest.raises(AuthSessionRefused) as caught:
        complete(runtime, admin, session_id)
    assert caught.value.code == ("not_open" if standing == "ended" else "not_granted")
    assert stored(runtime.sessions, session_id) == before


def test_in_production_nothing_is_completed_by_hand(runtime: Runtime, sandbox: Sandbox, admin: Actor) -> None:
    user_id = arrive(runtime, sandbox.person("emma"))
    session_id = connect(runtime, sandbox, user_id, "emma").id
    assert runtime.settings.development
    assert not in_production(runtime).settings.development
    with pytest.raises(AuthSessionRefused) as caught:
        complete(in_production(runtime), admin, session_id)
    assert caught.value.code == "not_in_development"
    assert stored(runtime.sessions, session_id).status == "authorized"
    assert logged(runtime) == []


def test_who_is_no_admin_any_longer_and_unknown_ids_are_refused(
    runtime: Runtime, sandbox: Sandbox, admin: Actor
) -> None:
    session_id = begun(runtime.sessions)
    for act in (expire, complete):
        with pytest.raises(UnknownAuthSession):
            act(runtime, admin, "none")
    with transaction(runtime.sessions) as session:
        session.get_one(User, admin.user_id).role = "member"
    for act in (expire, complete):
        with pytest.raises(Forbidden):
            act(runtime, admin, session_id)
    assert_legal(stored(runtime.sessions, session_id))
    assert logged(runtime) == []
