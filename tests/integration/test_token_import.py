"""Tokens of the system before this one: whose they are, what becomes of them, and that nothing is lost."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, select, text, update

from services.access import Actor
from services.crypto import SecretBox
from services.db.engine import transaction
from services.db.models import AccessLog, BriefingSettings, GmailToken, TokenEvent, TokenImport, User
from services.errors import EncryptionError, Forbidden, NotConnected
from services.people.deletion import delete_person
from services.people.sign_in import SignInClaims, sign_in
from services.runtime import Runtime
from services.tokens import importing
from services.tokens.importing import ImportRefused, Outcome, Plan
from services.tokens.importing.__main__ import main
from services.tokens.importing.documents import Found, in_files
from services.tokens.importing.old_database import in_database
from services.tokens.refresh import credentials_for
from tests.integration.conftest import KEY
from tests.integration.journeys import Sandbox, arrive, connect
from tests.integration.old_tokens import MODIFY, READONLY, SEND, authorized_user, issue

ADMIN = Actor("an admin", is_admin=True)
GARBAGE = {"name": "package", "version": "1"}


def found(runtime: Runtime, *files: tuple[str, object]) -> list[Found]:
    contents = [(name, json.dumps(document).encode()) for name, document in files]
    return in_files(contents, token_uri=runtime.settings.google_token_uri, now=datetime.now(UTC))


def plan_of(runtime: Runtime, *files: tuple[str, object], **asked: bool) -> Plan:
    return importing.dry_run(runtime, found(runtime, *files), ADMIN, **asked)


def bring_in(runtime: Runtime, *files: tuple[str, object], **asked: bool) -> Outcome:
    return importing.carry_out(runtime, plan_of(runtime, *files, **asked), ADMIN)


def verdicts(plan: Plan) -> list[str]:
    return [line.verdict for line in plan.lines]


def row(runtime: Runtime, user_id: str) -> GmailToken:
    with transaction(runtime.sessions) as session:
        return session.scalars(select(GmailToken).where(GmailToken.user_id == user_id)).one()


def everything(runtime: Runtime) -> list[str]:
    """All that an import could change, to compare."""
    tables = ("gmail_tokens", "token_imports", "users", "token_events", "access_log")
    with transaction(runtime.sessions) as session:
        return [
            str(line)
            for table in tables
            for line in session.scalars(text(f"SELECT t::text FROM {table} t ORDER BY 1"))
        ]


def waiting_ids(runtime: Runtime) -> list[str]:
    return [each.import_id for each in importing.waiting(runtime, ADMIN).rows]


def make_username(runtime: Runtime, user_id: str, username: str) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(update(User).where(User.id == user_id).values(username=username))


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


def test_an_unknown_owners_token_waits_until_an_admin_says_whose_it_is(
    runtime: Runtime, sandbox: Sandbox, seoyeon: str
) -> None:
    document = authorized_user(sandbox, runtime.settings, "seoyeon", robing_id="rb8001")
    bring_in(runtime, ("unknown_gmail.json", document))
    (parked,) = importing.waiting(runtime, ADMIN).rows
    assert (parked.source, parked.can_become_person, parked.refreshable) == (
        "unknown_gmail.json",
        False,
        True,
    )
    importing.assign(runtime, parked.import_id, seoyeon, ADMIN)
    assert credentials_for(runtime, seoyeon).token
    assert row(runtime, seoyeon).robing_id == "rb8001"
    assert waiting_ids(runtime) == []
    with transaction(runtime.sessions) as session:
        entry = session.scalars(select(TokenImport)).one()
    assert (entry.status, entry.secrets, entry.user_id) == ("assigned", None, seoyeon)


def test_it_is_given_once_and_never_over_a_connection_that_works(
    runtime: Runtime, sandbox: Sandbox, seoyeon: str
) -> None:
    connect(runtime, sandbox, seoyeon, "seoyeon")
    bring_in(runtime, ("a.json", authorized_user(sandbox, runtime.settings, "seoyeon")))
    (import_id,) = waiting_ids(runtime)
    with pytest.raises(ImportRefused) as caught:
        importing.assign(runtime, import_id, seoyeon, ADMIN)
    assert caught.value.code == "working_connection"
    assert waiting_ids(runtime) == [import_id]
    importing.assign(runtime, import_id, seoyeon, ADMIN, replace=True)
    other = arrive(runtime, sandbox.person("minjun"))
    with pytest.raises(ImportRefused) as caught:
        importing.assign(runtime, import_id, other, ADMIN)
    assert caught.value.code == "not_waiting"


def test_two_admins_who_give_it_at_once(runtime: Runtime, sandbox: Sandbox, seoyeon: str) -> None:
    other = arrive(runtime, sandbox.person("minjun"))
    bring_in(runtime, ("a.json", authorized_user(sandbox, runtime.settings, "seoyeon")))
    (import_id,) = waiting_ids(runtime)

    def give(user_id: str) -> str:
        try:
            importing.assign(runtime, import_id, user_id, ADMIN)
        except ImportRefused as exc:
            return exc.code
        return "given"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(give, (seoyeon, other))) == ["given", "not_waiting"]
    with transaction(runtime.sessions) as session:
        assert session.execute(select(func.count()).select_from(GmailToken)).scalar_one() == 1


def test_a_token_thrown_away_can_be_imported_again(runtime: Runtime, sandbox: Sandbox) -> None:
    file = ("a.json", authorized_user(sandbox, runtime.settings, "seoyeon"))
    bring_in(runtime, file)
    importing.discard(runtime, waiting_ids(runtime)[0], ADMIN)
    assert waiting_ids(runtime) == []
    assert bring_in(runtime, file).parked == 1


def test_an_owner_becomes_a_person_under_the_old_id_and_signs_in_with_slack(
    runtime: Runtime, sandbox: Sandbox
) -> None:
    person = sandbox.person("seoyeon")
    old_id = "1e16e9d5-0000-54da-a661-8abeabff4230"
    document = authorized_user(
        sandbox,
        runtime.settings,
        "seoyeon",
        user_id=old_id,
        username="old-name",
        metadata={"email": person.google_email, "slack_user_id": person.slack_user_id},
    )
    bring_in(runtime, ("row.json", document))
    (import_id,) = waiting_ids(runtime)
    assert importing.assign_to_new_person(runtime, import_id, ADMIN) == old_id
    assert credentials_for(runtime, old_id).token
    claims = SignInClaims(
        issuer=runtime.settings.slack_oidc_metadata_url.partition("/.well-known")[0],
        subject="T1-U1",
        email=person.google_email,
        email_verified=True,
        name=person.name,
        locale="ko",
        slack_user_id=person.slack_user_id,
        slack_team_id="",
        digest="d" * 64,
    )
    with transaction(runtime.sessions) as session:
        assert sign_in(session, runtime.settings, claims, now=datetime.now(UTC)).id == old_id
        known = session.get_one(User, old_id)
        assert (known.username, known.role) == ("old-name", "member")
        assert session.get_one(BriefingSettings, old_id).next_due_at is not None


def test_an_address_in_a_file_makes_nobody_an_admin(runtime: Runtime, sandbox: Sandbox) -> None:
    settings = runtime.settings.model_copy(update={"admin_emails": ("boss@example.com",)})
    strict = dataclasses.replace(runtime, settings=settings)
    document = authorized_user(sandbox, settings, "seoyeon", user_id="x", account="boss@example.com")
    bring_in(strict, ("x.json", document), new_people=True)
    with transaction(runtime.sessions) as session:
        assert session.get_one(User, "x").role == "member"


@pytest.mark.parametrize("obstacle", ["no_old_id", "id_taken", "slack_taken"])
def test_what_stands_in_the_way_of_a_new_person(
    runtime: Runtime, sandbox: Sandbox, seoyeon: str, obstacle: str
) -> None:
    about: dict[str, dict[str, Any]] = {
        "no_old_id": {},
        "id_taken": {"user_id": "x"},
        "slack_taken": {"user_id": "y", "slack_user_id": "U0LATER"},
    }
    document = authorized_user(sandbox, runtime.settings, "minjun", **about[obstacle])
    bring_in(runtime, ("unknown_gmail.json", document))
    with transaction(runtime.sessions) as session:
        session.add(User(id="x", slack_user_id="U0LATER"))
    before = everything(runtime)
    with pytest.raises(ImportRefused) as caught:
        importing.assign_to_new_person(runtime, waiting_ids(runtime)[0], ADMIN)
    assert caught.value.code == obstacle
    assert everything(runtime) == before


def test_a_lost_key_leaves_a_waiting_token_waiting(runtime: Runtime, sandbox: Sandbox, seoyeon: str) -> None:
    bring_in(runtime, ("a.json", authorized_user(sandbox, runtime.settings, "seoyeon")))
    stranger = dataclasses.replace(runtime, box=SecretBox([b"x" * 32]))
    (import_id,) = waiting_ids(stranger)
    with pytest.raises(EncryptionError):
        importing.assign(stranger, import_id, seoyeon, ADMIN)
    assert waiting_ids(runtime) == [import_id]
    importing.assign(runtime, import_id, seoyeon, ADMIN)


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


# --- an old database ---------------------------------------------------------------------------------------

OLD_TABLES = """
CREATE TABLE gmail_tokens (
    id SERIAL PRIMARY KEY, user_id VARCHAR(100) UNIQUE NOT NULL, robing_id VARCHAR(50),
    token_data JSONB NOT NULL, oauth_config JSONB, scopes JSONB, metadata JSONB, expiry TIMESTAMP,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE "user" (id UUID PRIMARY KEY, username TEXT);
CREATE TABLE gmail_token (user_id UUID PRIMARY KEY, access_token TEXT, refresh_token TEXT,
    expires_at BIGINT, scopes JSONB, metadata JSONB);
"""


@pytest.fixture
def old_database(empty_database_url: str) -> Iterator[psycopg.Connection[Any]]:
    url = empty_database_url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(OLD_TABLES)
        yield connection


def read_old(runtime: Runtime, url: str) -> list[Found]:
    return in_database(url, token_uri=runtime.settings.google_token_uri, now=datetime.now(UTC))


def test_the_old_tables_are_read_and_owners_keep_their_old_ids(
    runtime: Runtime, sandbox: Sandbox, old_database: psycopg.Connection[Any], empty_database_url: str
) -> None:
    settings, person = runtime.settings, sandbox.person("minjun")
    jsonb, flat = issue(sandbox, settings, "seoyeon"), issue(sandbox, settings, "minjun")
    config = {
        "client_id": settings.google_client_id,
        "client_secret": settings.google_client_secret.get_secret_value(),
        "token_uri": settings.google_token_uri,
        "auth_uri": settings.google_auth_uri,
    }
    old_database.execute(
        "INSERT INTO gmail_tokens (user_id, robing_id, token_data, oauth_config, scopes, metadata, expiry)"
        " VALUES ('heejae', 'rb8001', %s, %s, %s, '{}', now())",
        [json.dumps(jsonb), json.dumps(config), json.dumps([READONLY])],
    )
    old_database.execute(
        "INSERT INTO gmail_tokens (user_id, token_data) VALUES ('huge', %s), ('broken', '{}')",
        [json.dumps({"access_token": "a" * 100_000})],
    )
    old_id = "69ae4ea9-a15f-5110-9f5d-6568e380fcfb"
    old_database.execute("INSERT INTO \"user\" VALUES (%s, 'old-name')", [old_id])
    old_database.execute(
        "INSERT INTO gmail_token VALUES (%s, %s, %s, 1756000000, %s, %s)",
        [
            old_id,
            flat["access_token"],
            flat["refresh_token"],
            json.dumps([READONLY]),
            json.dumps({"email": person.google_email, "slack_user_id": person.slack_user_id}),
        ],
    )
    plan = importing.dry_run(runtime, read_old(runtime, empty_database_url), ADMIN, new_people=True)
    assert {line.found.source: line.verdict for line in plan.lines} == {
        "gmail_tokens broken": "refused",
        "gmail_tokens heejae": "new_person",
        "gmail_tokens huge": "refused",
        f"gmail_token {old_id}": "new_person",
    }
    outcome = importing.carry_out(runtime, plan, ADMIN)
    assert (outcome.imported, outcome.problems) == (2, ())
    for user_id, name in ((old_id, "old-name"), ("heejae", "heejae")):
        assert credentials_for(runtime, user_id).token
        with transaction(runtime.sessions) as session:
            assert session.get_one(User, user_id).username == name
    again = importing.dry_run(runtime, read_old(runtime, empty_database_url), ADMIN, new_people=True)
    assert sorted(verdicts(again)) == ["known", "known", "refused", "refused"]


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("postgresql://u:hush-hush@127.0.0.1:9/none", "database_unreachable"),
        ("postgresql://u:hush%hush@127.0.0.1/none", "database_address"),
        ("postgresql://u:hush-hush@127.0.0.1/none?nonsense=hush-hush", "database_address"),
    ],
)
def test_a_database_out_of_reach_is_one_clear_refusal_without_its_password(
    runtime: Runtime, address: str, code: str
) -> None:
    with pytest.raises(ImportRefused) as caught:
        read_old(runtime, address)
    assert caught.value.code == code
    assert "hush" not in str(caught.value) + caught.value.about


def test_other_databases_are_refused(runtime: Runtime, empty_database_url: str) -> None:
    with pytest.raises(ImportRefused) as caught:
        read_old(runtime, empty_database_url)
    assert caught.value.code == "nothing_there"
    with pytest.raises(ImportRefused) as caught:
        read_old(runtime, runtime.database_url)
    assert caught.value.code == "own_database"


# --- the command line --------------------------------------------------------------------------------------


@pytest.fixture
def command(runtime: Runtime, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The environment of the command, in a folder of its own; a folder for token files."""
    environ = {
        **sandbox.environment(),
        "DATABASE_URL": runtime.database_url,
        "COOKIE_SECRET": "cookie-secret-of-a-test",
        "CRON_SECRET": "cron-secret-of-a-test",
        "TOKEN_ENCRYPTION_KEYS": KEY,
        "LANG": "en_US.UTF-8",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "tokens"
    folder.mkdir()
    return folder


def test_the_command_shows_first_and_writes_only_when_told(
    runtime: Runtime, sandbox: Sandbox, command: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = authorized_user(sandbox, runtime.settings, "seoyeon", scopes=(MODIFY,))
    (command / "heejae_gmail.json").write_text(json.dumps(document))
    (command / "package.json").write_text(json.dumps(GARBAGE))
    before = everything(runtime)
    assert main([str(command)]) == 0
    shown = capsys.readouterr().out
    assert "Nothing has been written. With --apply 1 token would be." in shown
    for expected in ("heejae_gmail.json", "Keep until its owner is known", "gmail.modify", "accepts it"):
        assert expected in shown
    assert "There is no access token and no refresh token in it." in shown
    assert everything(runtime) == before
    assert main([str(command), "--apply", "--new-people"]) == 0
    said = capsys.readouterr()
    assert "1 token was imported." in said.out
    assert row(runtime, "heejae").status == "refresh_due"
    for name in ("token", "refresh_token", "client_secret"):
        assert document[name] not in shown + said.out + said.err


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nowhere", "There is nothing to import: nowhere."),
        ("postgresql://u:hush-hush@127.0.0.1:9/none", "The old database cannot be reached"),
    ],
)
def test_the_command_says_what_is_wrong(
    command: Path, capsys: pytest.CaptureFixture[str], source: str, said: str
) -> None:
    assert main([source]) == 1
    out = capsys.readouterr()
    assert said in out.err
    assert "hush" not in out.err + out.out
