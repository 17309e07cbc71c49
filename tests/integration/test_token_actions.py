"""Actions for many: asked for by an admin, worked off by jobs, each person once, and looked at later."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import func, select, text, update

from services import audit, jobs
from services.access import Actor
from services.db.engine import transaction
from services.db.models import AccessLog, BulkAction, BulkActionItem, GmailToken, OutboundMessage, User
from services.errors import Forbidden
from services.runtime import Runtime
from services.tokens import bulk, bulk_work
from services.tokens.actions import ActionRefused
from services.tokens.overview import Filter
from tests.integration.journeys import Sandbox, arrive, connect

KEYS = ("seoyeon", "emma", "jiwoo")


@pytest.fixture
def admin(runtime: Runtime, sandbox: Sandbox) -> Actor:
    user_id = arrive(runtime, sandbox.person("sujin"))
    with transaction(runtime.sessions) as session:
        session.get_one(User, user_id).role = "admin"
    return Actor(user_id, is_admin=True)


@pytest.fixture
def team(runtime: Runtime, sandbox: Sandbox) -> list[str]:
    """Three people who have connected."""
    people = [arrive(runtime, sandbox.person(key)) for key in KEYS]
    for user_id, key in zip(people, KEYS, strict=True):
        connect(runtime, sandbox, user_id, key)
    work(runtime)
    return people


def work(runtime: Runtime) -> None:
    """Work off what is queued, and what that queues in its turn."""
    due = (
        "SELECT count(*) FROM procrastinate_jobs"
        " WHERE status = 'todo' AND coalesce(scheduled_at <= now(), true)"
    )
    left = 1
    while left:
        asyncio.run(jobs.run_worker(runtime, wait=False))
        with transaction(runtime.sessions) as session:
            left = session.execute(text(due)).scalar_one()


def start(runtime: Runtime, actor: Actor, action: str, who: Sequence[str] | Filter, **params: object) -> str:
    with transaction(runtime.sessions) as session:
        return bulk.start(session, runtime.settings, actor, action, who, params)


def progress(runtime: Runtime, actor: Actor, bulk_id: str) -> bulk.Progress:
    with transaction(runtime.sessions) as session:
        found = bulk.read(session, actor, bulk_id)
    assert found is not None
    return found


def failures(runtime: Runtime, actor: Actor, bulk_id: str) -> dict[str, str]:
    with transaction(runtime.sessions) as session:
        return {failure.user_id: failure.error for failure in bulk.failures(session, actor, bulk_id)}


def noted(runtime: Runtime, action: str) -> list[tuple[str, str]]:
    with transaction(runtime.sessions) as session:
        rows = session.scalars(select(AccessLog).where(AccessLog.action == action).order_by(AccessLog.id))
        return [(row.actor, row.subject_user_id) for row in rows]


def test_refreshing_some_asks_google_once_for_each(
    runtime: Runtime, sandbox: Sandbox, admin: Actor, team: list[str]
) -> None:
    before = sandbox.calls("oauth.token")
    bulk_id = start(runtime, admin, "refresh", team[:2])
    assert progress(runtime, admin, bulk_id).status == "queued"
    work(runtime)
    done = progress(runtime, admin, bulk_id)
    assert (done.status, done.total, done.done, done.failed) == ("done", 2, 2, 0)
    assert sandbox.calls("oauth.token") == before + 2
    assert sorted(noted(runtime, "refresh_token")) == sorted((admin.user_id, user_id) for user_id in team[:2])
    assert noted(runtime, "bulk:refresh") == [(admin.user_id, audit.EVERYBODY)]


def test_what_does_not_work_for_one_works_for_the_others(
    runtime: Runtime, sandbox: Sandbox, admin: Actor, team: list[str]
) -> None:
    sandbox.control("/people/emma/revoke")
    bulk_id = start(runtime, admin, "refresh", Filter())
    work(runtime)
    done = progress(runtime, admin, bulk_id)
    assert (done.status, done.total, done.done, done.failed) == ("done", 3, 2, 1)
    assert failures(runtime, admin, bulk_id) == {team[1]: "revoked_or_expired"}


def test_a_filter_means_those_who_match_when_it_is_asked_for(
    runtime: Runtime, admin: Actor, team: list[str]
) -> None:
    mark_broken(runtime, team[0])
    bulk_id = start(runtime, admin, "send_link", Filter(status="reconnect_required"))
    mark_broken(runtime, team[1])
    work(runtime)
    assert progress(runtime, admin, bulk_id).total == 1


def mark_broken(runtime: Runtime, user_id: str) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(
            update(GmailToken)
            .where(GmailToken.user_id == user_id)
            .values(status="reconnect_required", status_reason="invalid_rapt")
        )


def test_the_reconnect_link_comes_once_a_day_in_the_persons_language(
    runtime: Runtime, sandbox: Sandbox, admin: Actor, team: list[str]
) -> None:
    mark_broken(runtime, team[0])
    mark_broken(runtime, team[1])
    before = {key: len(sandbox.dms(key)) for key in KEYS}
    first = start(runtime, admin, "send_link", team[:2])
    work(runtime)
    second = start(runtime, admin, "send_link", team[:2])
    work(runtime)
    assert progress(runtime, admin, first).done == 2
    assert failures(runtime, admin, second) == dict.fromkeys(team[:2], "already_sent")
    assert {key: len(sandbox.dms(key)) - before[key] for key in KEYS} == {"seoyeon": 1, "emma": 1, "jiwoo": 0}
    assert "Please connect Gmail again" in sandbox.dms("emma")[-1].text
    assert f"{runtime.settings.portal_url}/connect?slack=" in sandbox.dms("emma")[-1].text
    assert "Gmail을 다시 연결해 주세요" in sandbox.dms("seoyeon")[-1].text


def test_who_was_never_connected_gets_the_link_too(runtime: Runtime, sandbox: Sandbox, admin: Actor) -> None:
    user_id = arrive(runtime, sandbox.person("emma"))
    start(runtime, admin, "send_link", [user_id])
    work(runtime)
    assert "Please connect Gmail" in sandbox.dms("emma")[-1].text


def test_a_link_counts_as_sent_only_once_slack_has_it(
    runtime: Runtime, sandbox: Sandbox, admin: Actor
) -> None:
    """Who cannot be on Slack is left out beforehand; who turns out not to be is not said to have got it."""
    emma = arrive(runtime, sandbox.person("emma"))
    with transaction(runtime.sessions) as session:
        session.add_all([User(id="unreachable", display_name="U"), User(id="stranger", display_name="S")])
        session.flush()
        session.execute(
            text("INSERT INTO user_identities VALUES ('https://issuer', 's', 'stranger', 'no@example.com')")
        )
    bulk_id = start(runtime, admin, "send_link", [emma, "unreachable", "stranger"])
    work(runtime)
    done = progress(runtime, admin, bulk_id)
    assert (done.total, done.done, done.failed) == (2, 1, 1)
    assert failures(runtime, admin, bulk_id) == {"stranger": "not_on_slack"}
    assert noted(runtime, "send_link") == [(admin.user_id, emma)]


def test_a_link_for_what_mends_itself_does_not_say_that_there_is_nothing_to_do(
    runtime: Runtime, sandbox: Sandbox, admin: Actor, team: list[str]
) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(update(GmailToken).values(status="failing"))
    start(runtime, admin, "send_link", [team[1]])
    work(runtime)
    said = sandbox.dms("emma")[-1].text
    assert "connect Gmail again" in said
    assert "nothing you need to do" not in said


def test_disconnecting_ends_the_grants_and_is_noted(runtime: Runtime, admin: Actor, team: list[str]) -> None:
    bulk_id = start(runtime, admin, "disconnect", team)
    work(runtime)
    assert progress(runtime, admin, bulk_id).done == 3
    with transaction(runtime.sessions) as session:
        assert session.scalar(select(func.count()).select_from(GmailToken)) == 0
    assert len(noted(runtime, "disconnect")) == 3


def test_mapping_takes_the_slack_account_with_the_same_address(
    runtime: Runtime, sandbox: Sandbox, admin: Actor
) -> None:
    person, stranger = sandbox.person("emma"), "stranger"
    user_id = arrive(runtime, person)
    with transaction(runtime.sessions) as session:
        session.get_one(User, user_id).slack_user_id = None
        session.add(User(id=stranger, display_name="Stranger"))
        session.execute(
            text("INSERT INTO user_identities VALUES ('https://issuer', 'emma', :user_id, :email)"),
            {"user_id": user_id, "email": person.slack_email.lower()},
        )
    bulk_id = start(runtime, admin, "map_to_slack", Filter(on_slack=False))
    work(runtime)
    assert failures(runtime, admin, bulk_id) == {stranger: "no_slack_account"}
    with transaction(runtime.sessions) as session:
        assert session.get_one(User, user_id).slack_user_id == person.slack_user_id
    assert noted(runtime, "map_to_slack") == [(admin.user_id, user_id)]


def test_slack_asking_to_wait_fails_nobody(runtime: Runtime, sandbox: Sandbox, admin: Actor) -> None:
    user_id = arrive(runtime, sandbox.person("emma"))
    with transaction(runtime.sessions) as session:
        session.get_one(User, user_id).slack_user_id = None
        session.execute(
            text("INSERT INTO user_identities VALUES ('https://issuer', 'emma', :id, 'nobody@example.com')"),
            {"id": user_id},
        )
    sandbox.fault(op="users.lookupByEmail", status=429, headers={"Retry-After": "3600"})
    bulk_id = start(runtime, admin, "map_to_slack", [user_id])
    work(runtime)
    waiting = progress(runtime, admin, bulk_id)
    assert (waiting.status, waiting.done, waiting.failed) == ("running", 0, 0)
    with transaction(runtime.sessions) as session:
        assert session.scalar(select(BulkAction.id).where(bulk.is_open())) is None


def test_the_robing_id_is_set_and_taken_away(runtime: Runtime, admin: Actor, team: list[str]) -> None:
    for given, stored in ((" rb8001\0 ", "rb8001"), ("", None)):
        start(runtime, admin, "set_robing_id", team[:1], robing_id=given)
        work(runtime)
        with transaction(runtime.sessions) as session:
            owner = GmailToken.user_id == team[0]
            assert session.scalar(select(GmailToken.robing_id).where(owner)) == stored


@pytest.mark.parametrize(
    ("action", "who", "params", "code"),
    [
        ("format_disk", ["u"], {}, "unknown_action"),
        ("refresh", ["nobody here"], {}, "nobody"),
        ("refresh", [], {}, "nobody"),
        ("set_robing_id", ["u"], {"robing_id": "x" * 51}, "robing_id_too_long"),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(
    runtime: Runtime, admin: Actor, action: str, who: list[str], params: dict[str, object], code: str
) -> None:
    with pytest.raises(ActionRefused) as caught:
        start(runtime, admin, action, who, **params)
    assert caught.value.code == code
    with transaction(runtime.sessions) as session:
        assert session.scalar(select(func.count()).select_from(BulkAction)) == 0


def test_only_who_is_an_admin_at_that_moment_may(runtime: Runtime, admin: Actor, team: list[str]) -> None:
    for actor in (Actor(team[0]), Actor(team[0], is_admin=True), Actor("nobody", is_admin=True)):
        with pytest.raises(Forbidden):
            start(runtime, actor, "disconnect", team)
    with transaction(runtime.sessions) as session, pytest.raises(Forbidden):
        bulk.recent(session, Actor(team[0]))
    bulk_id = start(runtime, admin, "disconnect", team)
    with transaction(runtime.sessions) as session:
        session.get_one(User, admin.user_id).active = False
    work(runtime)
    stopped = progress(runtime, admin, bulk_id)
    assert (stopped.status, stopped.error, stopped.done) == ("failed", "forbidden", 0)
    with transaction(runtime.sessions) as session:
        assert session.scalar(select(func.count()).select_from(GmailToken)) == 3


def test_what_was_stopped_does_not_go_on(runtime: Runtime, admin: Actor, team: list[str]) -> None:
    bulk_id = start(runtime, admin, "disconnect", team)
    with transaction(runtime.sessions) as session:
        assert bulk.stop(session, admin, bulk_id)
    work(runtime)
    assert progress(runtime, admin, bulk_id).status == "stopped"
    with transaction(runtime.sessions) as session:
        assert not bulk.stop(session, admin, bulk_id)
        assert session.scalar(select(func.count()).select_from(GmailToken)) == 3


def test_what_a_dead_worker_left_is_taken_up_by_the_sweep_and_counted_once(
    runtime: Runtime, admin: Actor, team: list[str]
) -> None:
    bulk_id = start(runtime, admin, "refresh", team)
    with transaction(runtime.sessions) as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
        session.execute(
            update(BulkAction).values(
                status="running", lease="dead", lease_until=func.now() - text("interval '1 second'"), done=1
            )
        )
        states = iter(("done", "running", "waiting"))
        for item in session.scalars(select(BulkActionItem).order_by(BulkActionItem.user_id)):
            item.status = next(states)
    with transaction(runtime.sessions) as session:
        assert jobs.sweep(session) == 1
    work(runtime)
    done = progress(runtime, admin, bulk_id)
    assert (done.status, done.done, done.failed) == ("done", 3, 0)


def test_a_worker_that_lost_its_lease_does_nothing_more(
    runtime: Runtime, admin: Actor, team: list[str]
) -> None:
    bulk_id = start(runtime, admin, "refresh", team)
    with transaction(runtime.sessions) as session:
        session.execute(
            update(BulkAction).values(
                status="running", lease="another", lease_until=func.now() + text("interval '1 minute'")
            )
        )
    bulk_work.run(runtime, bulk_id)
    assert progress(runtime, admin, bulk_id).done == 0


def test_many_are_left_to_the_next_job_and_all_come_to_their_turn(
    runtime: Runtime, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_work, "SECONDS", 0.0)
    with transaction(runtime.sessions) as session:
        session.execute(
            text(
                "INSERT INTO gmail_tokens (user_id, token_data)"
                " SELECT 'u' || n, '{}' FROM generate_series(1, 30) n"
            )
        )
    bulk_id = start(runtime, admin, "set_robing_id", Filter(), robing_id="rb1")
    work(runtime)
    done = progress(runtime, admin, bulk_id)
    assert (done.status, done.total, done.done) == ("done", 30, 30)
    with transaction(runtime.sessions) as session:
        assert session.scalar(select(func.count()).where(GmailToken.robing_id == "rb1")) == 30


def test_one_message_for_each_however_often_the_step_is_repeated(
    runtime: Runtime, admin: Actor, team: list[str]
) -> None:
    bulk_id = start(runtime, admin, "send_link", team)
    bulk_work.run(runtime, bulk_id)
    with transaction(runtime.sessions) as session:
        session.execute(update(BulkActionItem).values(status="waiting"))
        session.execute(update(BulkAction).values(status="queued"))
    bulk_work.run(runtime, bulk_id)
    with transaction(runtime.sessions) as session:
        kind = OutboundMessage.kind == "reconnect_link"
        assert session.scalar(select(func.count()).select_from(OutboundMessage).where(kind)) == 3


def test_others_see_it_and_an_old_one_is_forgotten(runtime: Runtime, admin: Actor, team: list[str]) -> None:
    bulk_id = start(runtime, admin, "refresh", team)
    with transaction(runtime.sessions) as session:
        (seen,) = bulk.recent(session, Actor("another admin", is_admin=True))
        assert (seen.id, seen.by) == (bulk_id, "오수진")
    work(runtime)
    with transaction(runtime.sessions) as session:
        session.execute(update(BulkAction).values(finished_at=func.now() - text("interval '10 years'")))
        bulk.tidy(session, runtime.settings)
        assert session.scalar(select(func.count()).select_from(BulkActionItem)) == 0
