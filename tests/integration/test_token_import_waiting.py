"""Imported tokens that nobody is known to own, until an admin says whose they are."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from services.crypto import SecretBox
from services.db.engine import transaction
from services.db.models import BriefingSettings, GmailToken, TokenImport, User
from services.errors import EncryptionError
from services.people.sign_in import SignInClaims, sign_in
from services.runtime import Runtime
from services.tokens import importing
from services.tokens.importing import ImportRefused
from services.tokens.refresh import credentials_for
from tests.integration.journeys import Sandbox, arrive, connect
from tests.integration.old_tokens import authorized_user
from tests.integration.token_imports import (
    ADMIN,
    bring_in,
    everything,
    row,
    waiting_ids,
)


@pytest.fixture
def seoyeon(runtime: Runtime, sandbox: Sandbox) -> str:
    return arrive(runtime, sandbox.person("seoyeon"))


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
        slack_team_id=sandbox.slack.team_id,
        digest="d" * 64,
    )
    assert sign_in(runtime, claims, now=datetime.now(UTC)).id == old_id
    with transaction(runtime.sessions) as session:
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
