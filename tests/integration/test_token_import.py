"""Tokens of the system before this one: whose they are, what becomes of them, and that nothing is lost."""

from __future__ import annotations

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select, update

from services.access import Actor
from services.crypto import SecretBox
from services.db.engine import transaction
from services.db.models import AccessLog, GmailToken, TokenEvent, TokenImport, User
from services.errors import Forbidden, NotConnected
from services.people.deletion import delete_person
from services.runtime import Runtime
from services.tokens import importing
from services.tokens.importing import Outcome
from services.tokens.refresh import credentials_for
from tests.integration.journeys import Sandbox, arrive, connect
from tests.integration.old_tokens import MODIFY, READONLY, SEND, authorized_user
from tests.integration.token_imports import (
    ADMIN,
    GARBAGE,
    bring_in,
    everything,
    make_username,
    plan_of,
    row,
    verdicts,
    waiting_ids,
)


@pytest.fixture
def seoyeon(runtime: Runtime, sandbox: Sandbox) -> str:
    return arrive(runtime, sandbox.person("seoyeon"))


def test_the_users_three_files(runtime: Runtime, sandbox: Sandbox) -> None:
    """One with gmail.modify alone, one that may send, one that may do nothing and is nobody's."""
    settings = runtime.settings
    heejae = arrive(runtime, sandbox.person("seoyeon"))
    make_username(runtime, heejae, "heejae")
    profile = "https://www.googleapis.com/auth/userinfo.profile"
    plan = plan_of(
        runtime,
        ("heejae_gmail.json", authorized_user(sandbox, settings, "seoyeon", scopes=(MODIFY,))),
        ("test_gmail.json", authorized_user(sandbox, settings, "minjun", scopes=(READONLY, SEND, MODIFY))),
        ("unknown_gmail.json", authorized_user(sandbox, settings, "jiwoo", scopes=(profile,))),
        ("package.json", GARBAGE),
    )
    assert verdicts(plan) == ["import", "park", "park", "refused"]
    assert [line.owner.how if line.owner else None for line in plan.lines] == ["name", None, None, None]
    able = [(line.can_read, line.can_send, line.refreshable) for line in plan.lines]
    assert able == [(True, True, True), (True, True, True), (False, False, True), (False, False, False)]
    assert "modify_sends" in plan.lines[0].notes
    assert "modify_sends" not in plan.lines[1].notes
    assert "missing_scope" in plan.lines[2].notes


@pytest.mark.parametrize("clue", ["id", "slack", "mailbox", "name"])
def test_an_imported_token_works_for_whoever_it_belongs_to(
    runtime: Runtime, sandbox: Sandbox, seoyeon: str, clue: str
) -> None:
    person = sandbox.person("seoyeon")
    make_username(runtime, seoyeon, "old-name")
    about: dict[str, dict[str, Any]] = {
        "id": {"user_id": seoyeon},
        "slack": {"slack_user_id": person.slack_user_id},
        "mailbox": {"account": person.google_email.upper()},
        "name": {"user_id": "old-name"},
    }
    document = authorized_user(sandbox, runtime.settings, "seoyeon", robing_id="rb8001", **about[clue])
    outcome = bring_in(runtime, ("token.json", document))
    assert (outcome.imported, outcome.parked, outcome.problems) == (1, 0, ())
    assert (row(runtime, seoyeon).status, row(runtime, seoyeon).robing_id) == ("refresh_due", "rb8001")
    assert credentials_for(runtime, seoyeon).token not in (None, document["token"])
    assert row(runtime, seoyeon).status == "healthy"
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(TokenEvent.kind)).first() == "imported"
        logged = session.scalars(select(AccessLog)).one()
    assert (logged.action, logged.subject_user_id, logged.actor) == ("import_token", seoyeon, "an admin")


def test_two_people_with_one_clue_are_nobody(runtime: Runtime, sandbox: Sandbox, seoyeon: str) -> None:
    other = arrive(runtime, sandbox.person("minjun"))
    with transaction(runtime.sessions) as session:
        session.execute(update(User).where(User.id.in_([seoyeon, other])).values(email="same@example.com"))
    document = authorized_user(sandbox, runtime.settings, "seoyeon", account="same@example.com")
    assert verdicts(plan_of(runtime, ("a.json", document))) == ["park"]


def test_a_dry_run_changes_nothing(runtime: Runtime, sandbox: Sandbox, seoyeon: str) -> None:
    before = everything(runtime)
    plan_of(runtime, ("a.json", authorized_user(sandbox, runtime.settings, "seoyeon", user_id=seoyeon)))
    assert everything(runtime) == before


def test_the_same_file_twice_changes_nothing(runtime: Runtime, sandbox: Sandbox, seoyeon: str) -> None:
    """Not while it works, not when it has died since, not while it waits, not under another name."""
    settings = runtime.settings
    known = ("a.json", authorized_user(sandbox, settings, "seoyeon", user_id=seoyeon))
    unknown = ("b.json", authorized_user(sandbox, settings, "minjun"))
    bring_in(runtime, known, unknown)
    before = everything(runtime)
    plan = plan_of(runtime, known, unknown, ("c.json", known[1]), replace=True)
    assert verdicts(plan) == ["known", "known", "double"]
    importing.carry_out(runtime, plan, ADMIN)
    assert everything(runtime) == before
    sandbox.control("/people/seoyeon/revoke")
    with pytest.raises(NotConnected):
        credentials_for(runtime, seoyeon)
    assert verdicts(plan_of(runtime, known)) == ["known"]
    bring_in(runtime, known)
    assert row(runtime, seoyeon).status == "reconnect_required"


def test_an_import_that_comes_twice_at_once_is_one(runtime: Runtime, sandbox: Sandbox, seoyeon: str) -> None:
    files = [
        ("a.json", authorized_user(sandbox, runtime.settings, "seoyeon", user_id=seoyeon)),
        ("b.json", authorized_user(sandbox, runtime.settings, "minjun")),
    ]
    plan = plan_of(runtime, *files)
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: importing.carry_out(runtime, plan, ADMIN), range(4)))
    assert sum(outcome.imported for outcome in outcomes) == 1
    assert sum(outcome.parked for outcome in outcomes) == 1
    assert {problem.code for outcome in outcomes for _, problem in outcome.problems} == {"known"}
    with transaction(runtime.sessions) as session:
        assert session.execute(select(func.count()).select_from(TokenImport)).scalar_one() == 2


def test_a_connection_that_works_is_never_replaced_silently(
    runtime: Runtime, sandbox: Sandbox, seoyeon: str
) -> None:
    connect(runtime, sandbox, seoyeon, "seoyeon")
    before = row(runtime, seoyeon).token_data
    file = ("a.json", authorized_user(sandbox, runtime.settings, "seoyeon", user_id=seoyeon))
    plan = plan_of(runtime, file)
    assert (verdicts(plan), plan.kept, plan.acting) == (["keep"], 1, 0)
    assert bring_in(runtime, file) == Outcome(0, 0, ())
    assert row(runtime, seoyeon).token_data == before
    assert verdicts(plan_of(runtime, file, replace=True)) == ["replace"]
    bring_in(runtime, file, replace=True)
    assert row(runtime, seoyeon).token_data != before
    assert credentials_for(runtime, seoyeon).token


def test_somebody_who_connects_between_dry_run_and_import_keeps_their_connection(
    runtime: Runtime, sandbox: Sandbox, seoyeon: str
) -> None:
    file = ("a.json", authorized_user(sandbox, runtime.settings, "seoyeon", user_id=seoyeon))
    plan = plan_of(runtime, file)
    connect(runtime, sandbox, seoyeon, "seoyeon")
    before = everything(runtime)
    outcome = importing.carry_out(runtime, plan, ADMIN)
    assert [(source, problem.code) for source, problem in outcome.problems] == [
        ("a.json", "working_connection")
    ]
    assert everything(runtime) == before


def test_a_broken_connection_is_mended(runtime: Runtime, sandbox: Sandbox, seoyeon: str) -> None:
    connect(runtime, sandbox, seoyeon, "seoyeon")
    with transaction(runtime.sessions) as session:
        session.execute(
            update(GmailToken).values(
                status="reconnect_required", status_reason="revoked_or_expired", token_data={}
            )
        )
    file = ("a.json", authorized_user(sandbox, runtime.settings, "seoyeon", user_id=seoyeon))
    assert verdicts(plan_of(runtime, file)) == ["mend"]
    bring_in(runtime, file)
    assert credentials_for(runtime, seoyeon).token
    assert (row(runtime, seoyeon).status, row(runtime, seoyeon).status_reason) == ("healthy", None)


def test_of_two_tokens_of_one_person_the_first_is_taken(
    runtime: Runtime, sandbox: Sandbox, seoyeon: str
) -> None:
    files = [
        (name, authorized_user(sandbox, runtime.settings, "seoyeon", user_id=seoyeon))
        for name in ("a.json", "b.json")
    ]
    assert verdicts(plan_of(runtime, *files)) == ["import", "double"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"refresh_token": None}, "no_refresh_token"),
        ({"client_id": "another.apps.example", "client_secret": None}, "client_changed"),
    ],
)
def test_what_google_will_not_renew_says_so_at_once(
    runtime: Runtime, sandbox: Sandbox, seoyeon: str, change: dict[str, object], reason: str
) -> None:
    document = authorized_user(sandbox, runtime.settings, "seoyeon", user_id=seoyeon) | change
    plan = plan_of(runtime, ("a.json", document))
    assert not plan.lines[0].refreshable
    importing.carry_out(runtime, plan, ADMIN)
    assert (row(runtime, seoyeon).status, row(runtime, seoyeon).status_reason) == (
        "reconnect_required",
        reason,
    )


def test_a_token_of_another_client_is_renewed_with_that_clients_secret(
    runtime: Runtime, sandbox: Sandbox, seoyeon: str
) -> None:
    document = authorized_user(sandbox, runtime.settings, "seoyeon", user_id=seoyeon)
    moved = dataclasses.replace(
        runtime, settings=runtime.settings.model_copy(update={"google_client_id": "new.apps.example"})
    )
    assert plan_of(moved, ("a.json", document)).lines[0].notes == ("own_client",)
    bring_in(moved, ("a.json", document))
    assert credentials_for(moved, seoyeon).token
    stored = row(moved, seoyeon).oauth_config or {}
    assert stored["client_id"] == document["client_id"]
    assert document["client_secret"] not in json.dumps(stored)


def test_the_old_file_brings_back_what_was_lost_with_its_key(
    runtime: Runtime, sandbox: Sandbox, seoyeon: str
) -> None:
    file = ("a.json", authorized_user(sandbox, runtime.settings, "seoyeon", user_id=seoyeon))
    bring_in(runtime, file)
    fresh = dataclasses.replace(runtime, box=SecretBox([b"x" * 32]))
    with pytest.raises(NotConnected):
        credentials_for(fresh, seoyeon)
    assert verdicts(plan_of(fresh, file)) == ["mend"]
    bring_in(fresh, file)
    assert credentials_for(fresh, seoyeon).token


def test_nothing_is_stored_in_clear(runtime: Runtime, sandbox: Sandbox, seoyeon: str) -> None:
    documents = [
        authorized_user(sandbox, runtime.settings, "seoyeon", user_id=seoyeon),
        authorized_user(sandbox, runtime.settings, "minjun", client_id="c", client_secret="GOCSPX-another"),
    ]
    bring_in(runtime, ("a.json", documents[0]), ("b.json", documents[1]))
    stored = "\n".join(everything(runtime))
    for document in documents:
        for name in ("token", "refresh_token", "client_secret"):
            assert document[name] not in stored


def test_a_damaged_file_keeps_no_other_out(runtime: Runtime, sandbox: Sandbox, seoyeon: str) -> None:
    good = authorized_user(sandbox, runtime.settings, "seoyeon", user_id=seoyeon)
    files = [("a.json", {**good, "account": "a\0b@x.example"}), ("b.json", {**good, "account": "\ud800@x"})]
    outcome = bring_in(runtime, *files, ("c.json", good))
    assert (outcome.imported, outcome.parked, outcome.problems) == (1, 0, ())


def test_only_admins_import(runtime: Runtime, sandbox: Sandbox, seoyeon: str) -> None:
    bring_in(runtime, ("a.json", authorized_user(sandbox, runtime.settings, "seoyeon")))
    plan, (import_id,) = plan_of(runtime), waiting_ids(runtime)
    member = Actor(seoyeon)
    for attempt in (
        lambda: importing.dry_run(runtime, [], member),
        lambda: importing.carry_out(runtime, plan, member),
        lambda: importing.waiting(runtime, member),
        lambda: importing.assign(runtime, import_id, seoyeon, member),
        lambda: importing.assign_to_new_person(runtime, import_id, member),
        lambda: importing.discard(runtime, import_id, member),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_who_leaves_takes_what_was_imported_along(runtime: Runtime, sandbox: Sandbox, seoyeon: str) -> None:
    bring_in(runtime, ("a.json", authorized_user(sandbox, runtime.settings, "seoyeon", user_id=seoyeon)))
    delete_person(runtime, seoyeon, Actor(seoyeon))
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(TokenImport)).all() == []
