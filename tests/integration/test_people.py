"""People for admins: who is there, who is an admin, who is shut out, and leaving for good."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text

from services import people, previews
from services.access import Actor
from services.db.engine import transaction
from services.db.models import AccessLog, SignIn, User
from services.delivery import sender
from services.delivery.slack import SlackProfile
from services.errors import Forbidden, PortalError, SignInRefused, SlackRefused
from services.people import PersonRefused, SignInClaims, UnknownPerson, slack_account
from services.runtime import Runtime
from tests.integration.journeys import Sandbox, arrive, connect, settled

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def admin(runtime: Runtime, sandbox: Sandbox) -> Actor:
    user_id = arrive(runtime, sandbox.person("minjun"))
    with transaction(runtime.sessions) as session:
        session.get_one(User, user_id).role = "admin"
    return Actor(user_id, is_admin=True)


@pytest.fixture
def member(runtime: Runtime, sandbox: Sandbox) -> str:
    return arrive(runtime, sandbox.person("seoyeon"))


def set_role(runtime: Runtime, actor: Actor, user_id: str, role: str) -> None:
    with transaction(runtime.sessions) as session:
        people.set_role(session, runtime.settings, actor, user_id, role)


def set_active(runtime: Runtime, actor: Actor, user_id: str, active: bool) -> None:
    with transaction(runtime.sessions) as session:
        people.set_active(session, actor, user_id, active)


def noted(runtime: Runtime) -> list[tuple[str, str]]:
    with transaction(runtime.sessions) as session:
        rows = session.scalars(select(AccessLog).order_by(AccessLog.id))
        return [(row.action, row.subject_user_id) for row in rows]


def test_the_list_shows_everybody_and_finds_some(
    runtime: Runtime, sandbox: Sandbox, admin: Actor, member: str
) -> None:
    connect(runtime, sandbox, member, "seoyeon")
    with transaction(runtime.sessions) as session:
        everybody = people.list_people(session, admin)
        slack_user_id = sandbox.person("seoyeon").slack_user_id.lower()
        (found,) = people.list_people(session, admin, slack_user_id).rows
        assert people.list_people(session, admin, "%").total == 0
    assert {person.user_id: person.token_status for person in everybody.rows} == {
        admin.user_id: "not_connected",
        member: "healthy",
    }
    assert (found.user_id, found.role, found.active) == (member, "member", True)


def test_an_admin_makes_another_and_takes_it_back(runtime: Runtime, admin: Actor, member: str) -> None:
    set_role(runtime, admin, member, "admin")
    assert settled(runtime, member).role == "admin"
    set_role(runtime, admin, member, "member")
    assert settled(runtime, member).role == "member"
    assert noted(runtime) == [("set_role:admin", member), ("set_role:member", member)]


def test_shutting_out_and_letting_in(runtime: Runtime, admin: Actor, member: str) -> None:
    set_active(runtime, admin, member, False)
    assert not settled(runtime, member).active
    set_active(runtime, admin, member, True)
    assert settled(runtime, member).active


def test_what_admins_cannot_do(runtime: Runtime, admin: Actor, member: str) -> None:
    with pytest.raises(PersonRefused) as to_themselves:
        set_role(runtime, admin, admin.user_id, "member")
    with pytest.raises(PersonRefused) as no_role:
        set_role(runtime, admin, member, "owner")
    with pytest.raises(UnknownPerson):
        set_active(runtime, admin, "nobody", False)
    assert (to_themselves.value.code, no_role.value.code) == ("self", "unknown_role")


def test_members_can_do_none_of_it(runtime: Runtime, admin: Actor, member: str) -> None:
    actor = Actor(member)
    profile = SlackProfile("U0NEW", "x", "", "", "")
    with transaction(runtime.sessions) as session:
        for attempt in (
            lambda: people.list_people(session, actor),
            lambda: people.set_role(session, runtime.settings, actor, admin.user_id, "member"),
            lambda: people.set_active(session, actor, admin.user_id, False),
            lambda: people.map_to_slack(session, member, profile, actor=actor),
            lambda: people.unmap_from_slack(session, admin.user_id, actor=actor),
        ):
            with pytest.raises(Forbidden):
                attempt()
    with pytest.raises(Forbidden):
        people.delete_person(runtime, admin.user_id, actor)
    assert noted(runtime) == []


def test_of_two_admins_who_shut_each_other_out_one_remains(
    runtime: Runtime, admin: Actor, member: str
) -> None:
    set_role(runtime, admin, member, "admin")
    both = [(admin, member), (Actor(member, is_admin=True), admin.user_id)]

    def shut_out(pair: tuple[Actor, str]) -> str:
        try:
            set_active(runtime, pair[0], pair[1], False)
        except PortalError as exc:
            return exc.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(shut_out, both)) == ["done", "forbidden"]


def test_a_slack_account_is_mapped_once(
    runtime: Runtime, sandbox: Sandbox, admin: Actor, member: str
) -> None:
    taken = SlackProfile(sandbox.person("minjun").slack_user_id, "x", "", "", "")
    with transaction(runtime.sessions) as session, pytest.raises(UnknownPerson) as caught:
        people.map_to_slack(session, member, taken, actor=admin)
    assert caught.value.code == "slack_taken"
    with transaction(runtime.sessions) as session:
        people.map_to_slack(session, member, SlackProfile("U0NEW", "x", "", "", ""), actor=admin)
    assert settled(runtime, member).slack_user_id == "U0NEW"


def test_an_admin_names_a_slack_account(
    runtime: Runtime, sandbox: Sandbox, admin: Actor, member: str
) -> None:
    free = next(p for p in sandbox.world.people.values() if p.key not in {"seoyeon", "minjun"})
    assert slack_account.assign(runtime, member, f" {free.slack_user_id} ", admin).name
    assert settled(runtime, member).slack_user_id == free.slack_user_id
    with pytest.raises(SlackRefused) as nobody:
        slack_account.assign(runtime, member, "U000NOBODY", admin)
    with pytest.raises(UnknownPerson) as taken:
        slack_account.assign(runtime, member, sandbox.person("minjun").slack_user_id, admin)
    with pytest.raises(Forbidden):
        slack_account.assign(runtime, member, free.slack_user_id, Actor(member))
    assert (nobody.value.code, taken.value.code) == ("user_not_found", "slack_taken")


def test_an_admin_detaches_a_slack_account(runtime: Runtime, admin: Actor, member: str) -> None:
    with transaction(runtime.sessions) as session:
        people.unmap_from_slack(session, member, actor=admin)
    user = settled(runtime, member)
    assert (user.slack_user_id, user.slack_channel) == (None, None)
    assert ("unmap_from_slack", member) in noted(runtime)
    with transaction(runtime.sessions) as session, pytest.raises(UnknownPerson):
        people.unmap_from_slack(session, "nobody", actor=admin)


def test_of_two_who_are_given_one_slack_account_one_gets_it(
    runtime: Runtime, sandbox: Sandbox, admin: Actor, member: str
) -> None:
    other = arrive(runtime, sandbox.person("emma"))
    profile = SlackProfile("U0NEW", "x", "", "", "")

    def give(user_id: str) -> str:
        try:
            with transaction(runtime.sessions) as session:
                people.map_to_slack(session, user_id, profile, actor=admin)
                session.execute(text("SELECT pg_sleep(0.2)"))
        except UnknownPerson as exc:
            return exc.code
        return "mapped"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(give, (member, other))) == ["mapped", "slack_taken"]


def claims(digest: str) -> SignInClaims:
    return SignInClaims(
        issuer="https://accounts.google.com",
        subject="1",
        email="hana@example.com",
        email_verified=True,
        name="Hana",
        locale="en",
        slack_user_id="",
        slack_team_id="",
        digest=digest,
    )


def enter(runtime: Runtime, digest: str) -> str:
    return people.sign_in(runtime, claims(digest), now=NOW).id


def rows_with(runtime: Runtime, user_id: str) -> set[str]:
    """The tables in which a person's id still stands anywhere."""
    with transaction(runtime.sessions) as session:
        tables = session.scalars(
            text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        ).all()
        return {
            table
            for table in tables
            if not table.startswith("procrastinate")
            and session.execute(
                text(f"SELECT count(*) FROM {table} t WHERE to_jsonb(t)::text LIKE :id"),
                {"id": f"%{user_id}%"},
            ).scalar_one()
        }


def test_leaving_takes_everything_along(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = enter(runtime, "d1")
    connect(runtime, sandbox, user_id, "seoyeon")
    with transaction(runtime.sessions) as session:
        previews.request(session, user_id)
        previews.send_now(session, user_id)
    assert {"gmail_tokens", "token_events", "auth_sessions", "previews", "briefings"} <= rows_with(
        runtime, user_id
    )
    assert people.delete_person(runtime, user_id, Actor(user_id))
    assert rows_with(runtime, user_id) == {"access_log"}
    assert noted(runtime) == [("delete_person", user_id)]


def test_a_cookie_of_somebody_who_left_does_not_bring_them_back(runtime: Runtime) -> None:
    user_id = enter(runtime, "d1")
    people.delete_person(runtime, user_id, Actor(user_id))
    with pytest.raises(SignInRefused) as caught:
        enter(runtime, "d1")
    assert caught.value.code == "signed_out"
    with transaction(runtime.sessions) as session:
        assert session.execute(select(func.count()).select_from(User)).scalar_one() == 0
        assert session.scalars(select(SignIn.user_id)).all() == [None]
    assert enter(runtime, "d2") != user_id  # who signs in again starts anew


def test_leaving_while_google_is_down_is_said_and_done(
    runtime: Runtime, sandbox: Sandbox, member: str
) -> None:
    connect(runtime, sandbox, member, "seoyeon")
    sandbox.fault(path="*/revoke", status=503)
    assert not people.delete_person(runtime, member, Actor(member))
    assert rows_with(runtime, member) == {"access_log"}


def test_an_admin_removes_somebody_and_nobody_twice(runtime: Runtime, admin: Actor, member: str) -> None:
    people.delete_person(runtime, member, admin)
    with pytest.raises(UnknownPerson):
        people.delete_person(runtime, member, admin)
    assert noted(runtime) == [("delete_person", member)]


def test_a_message_whose_owner_has_left_is_nowhere(runtime: Runtime) -> None:
    assert sender.send(runtime, "nobody's") == "gone"
