"""Where old tokens come from: an old database, files and folders by the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from services.db.engine import transaction
from services.db.models import User
from services.runtime import Runtime
from services.tokens import importing
from services.tokens.importing import ImportRefused
from services.tokens.importing.__main__ import main
from services.tokens.importing.documents import Found
from services.tokens.importing.old_database import in_database
from services.tokens.refresh import credentials_for
from tests.integration.conftest import KEY
from tests.integration.journeys import Sandbox
from tests.integration.old_tokens import MODIFY, READONLY, authorized_user, issue
from tests.integration.token_imports import (
    ADMIN,
    GARBAGE,
    everything,
    row,
    verdicts,
)

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
