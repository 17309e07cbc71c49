"""Every command of docs/coming-from-robeing.md, taken out of it and run against a running portal.

Shell blocks run in bash with the real curl; jq and psql too where the machine has them, else the stand-in
below and the embedded server's own psql.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from psycopg.rows import dict_row
from sqlalchemy import select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from portal import runtime as portal_runtime
from services.db.embedded_place import shipped_installation
from services.db.engine import transaction
from services.db.models import AuthSession
from services.runtime import Runtime
from tests.integration.api_callers import key_of
from tests.integration.conftest import KEY
from tests.integration.journeys import Sandbox, arrive, connect
from tests.integration.portal_process import COOKIE_SECRET, CRON_SECRET, ROOT, running_portal

DOCUMENT = ROOT / "docs" / "coming-from-robeing.md"
BLOCK = re.compile(r"^```(\w+)( refused)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
A_PERSON, A_SLACK_USER = "7d3f0a52-6c1e-4b8e-9a54-2f8c1d0e6b11", "U01EXAMPLE1"
JQ = """#!{python}
import json, re, sys
raw, paths = "-r" in sys.argv, sys.argv[-1].split(",")
def walk(value, steps):
    if not steps:
        print(value if raw and isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False))
    elif steps[0] == "[]":
        for one in value: walk(one, steps[1:])
    else:
        walk(value[steps[0]], steps[1:])
document = json.load(sys.stdin)
for path in paths:
    walk(document, re.findall(r"\\w+|\\[\\]", path))
"""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of the document; `name` is its heading and its place below it."""

    name: str
    language: str
    refused: bool
    body: str


def blocks() -> list[Block]:
    """Everything in the document that somebody could run, in its order."""
    written = DOCUMENT.read_text()
    found: list[Block] = []
    place = 0
    for block in BLOCK.finditer(written):
        heading = HEADING.findall(written, 0, block.start())[-1]
        place = place + 1 if found and found[-1].name.startswith(heading) else 1
        found.append(Block(f"{heading} {place}", block[1], bool(block[2]), block[3]))
    return found


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the commands run: their environment, and whose ids stand for the document's."""

    environ: dict[str, str]
    ids: dict[str, str]

    def run(self, block: Block) -> str:
        """What a block prints, or the rows of a query."""
        body = block.body
        for written, real in self.ids.items():
            body = body.replace(written, real)
        if block.language == "sql":
            return self._query(body, block.refused)
        command = {"bash": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}
        done = subprocess.run(
            [*command[block.language], body],
            env=self.environ,
            cwd=ROOT,
            capture_output=True,
            timeout=60,
            text=True,
        )
        assert done.returncode == 0, f"{block.name}: {done.stdout}{done.stderr}"
        return done.stdout

    def _query(self, statement: str, refused: bool) -> str:
        with psycopg.connect(self.environ["DATABASE_URL"], row_factory=dict_row) as connection:
            if refused:
                with pytest.raises(
                    (errors.ObjectNotInPrerequisiteState, errors.InsufficientPrivilege)
                ) as caught:
                    connection.execute(statement.encode())
                return str(caught.value)
            return "\n".join(str(row) for row in connection.execute(statement.encode()))


@pytest.fixture
def minjun(runtime: Runtime, sandbox: Sandbox) -> str:
    """Somebody of the old system who has connected here."""
    user_id = arrive(runtime, sandbox.person("minjun"))
    connect(runtime, sandbox, user_id, "minjun")
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE users SET username = 'minjun'"))
        session.execute(text("UPDATE gmail_tokens SET robing_id = 'rb1'"))
    return user_id


@pytest.fixture
def machine(runtime: Runtime, sandbox: Sandbox, minjun: str, tmp_path: Path) -> Iterator[Machine]:
    portal_runtime.use(runtime)
    with transaction(runtime.sessions) as session:
        session_id = session.execute(select(AuthSession.id)).scalar_one()
    with running_portal(sandbox, runtime.database_url, KEY, tmp_path) as portal:
        environ = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}:{_programs(tmp_path)}",
            "HOME": str(tmp_path),
            "DATA_DIR": str(tmp_path),
            "DATABASE_URL": make_url(runtime.database_url)
            .set(drivername="postgresql", query={})  # an older psql knows not all of them
            .render_as_string(hide_password=False),
            "COOKIE_SECRET": COOKIE_SECRET,
            "CRON_SECRET": CRON_SECRET,
            "TOKEN_ENCRYPTION_KEYS": KEY,
            "PORTAL_URL": portal.url,
            "MAIL_KEY": key_of(runtime, minjun)["Authorization"].removeprefix("Bearer "),
            "SESSION_ID": session_id,
            "TOKEN_FILES": str(_old_token_files(tmp_path, sandbox)),
            **sandbox.environment(),
        }
        yield Machine(environ, {A_PERSON: minjun, A_SLACK_USER: sandbox.person("minjun").slack_user_id})


def _old_token_files(folder: Path, sandbox: Sandbox) -> Path:
    """A folder with a token file as the old system wrote them."""
    place = folder / "tokens"
    place.mkdir()
    google = sandbox.environment()
    old = {
        "token": "an-old-access-token",
        "refresh_token": "an-old-refresh-token",
        "token_uri": google["GOOGLE_TOKEN_URI"],
        "client_id": google["GOOGLE_CLIENT_ID"],
        "client_secret": google["GOOGLE_CLIENT_SECRET"],
        "scopes": [READONLY],
    }
    (place / "seoyeon_gmail.json").write_text(json.dumps(old))
    return place


def _programs(folder: Path) -> Path:
    """A folder, last on the path, with what a machine may lack: jq and psql."""
    place = folder / "programs"
    place.mkdir()
    (place / "jq").write_text(JQ.replace("{python}", sys.executable))
    (place / "jq").chmod(0o755)
    (place / "psql").symlink_to(shipped_installation() / "bin" / "psql")
    return place


READONLY = "https://www.googleapis.com/auth/gmail.readonly"
WHO = f"'user_id': '{A_PERSON}'"
# What each block prints, as a regular expression; the person's ids are written as in the document.
EXPECTED = {
    "Starting it 1": r"(?s)make dev.*make test",
    "Tokens, from the shell 1": rf'"user_id":"{A_PERSON}","status":"healthy"',
    "Tokens, from the shell 2": rf'"user_id":"{A_PERSON}","status":"healthy"',
    "Tokens, from the shell 3": r"^http://localhost:\d+/connect$",
    "Tokens, from the shell 4": r"^\[\]$",
    "The briefing by hand 1": r'"run_id":"[-0-9a-f]{36}","counts":\{"(due|not_wanted)":1\}',
    "The briefing by hand 2": r'"run_id":"[-0-9a-f]{36}","counts":\{"(due|already)":1\}',
    "Mail for another program 1": r"^(.+\n){1,9}$",
    "The flat queries on `gmail_token` 1": r"'username': 'minjun', 'has_token': True, 'is_expired': False",
    "The flat queries on `gmail_token` 2": rf"{WHO}, '\?column\?': True",
    "The flat queries on `gmail_token` 3": r"'email': 'minjun@mail.example', 'status': 'healthy'",
    "The flat queries on `gmail_token` 4": r"^ t$",
    "The flat queries on `gmail_token` 5": r"cannot update view",
    "The flat queries on `gmail_token` 6": r"cannot delete from view",
    "Old token files and tables 1": r"(?s)seoyeon_gmail\.json.*--apply",
    "Old token files and tables 2": r"(?s)seoyeon_gmail\.json.*1",
    "The queries on `gmail_tokens` 1": r"(?s)'user_id'.*'robing_id'.*'token_data'.*'oauth_config'.*'scopes'",
    "The queries on `gmail_tokens` 2": r"(?s)gin \(metadata\).*gin \(scopes\)",
    "The queries on `gmail_tokens` 3": r"update_gmail_tokens_updated_at",
    "The queries on `gmail_tokens` 4": r"'access_token': 'v1\.",
    "The queries on `gmail_tokens` 5": r"^$",
    "The queries on `gmail_tokens` 6": rf"{WHO}, 'robing_id': 'rb1'",
    "The queries on `gmail_tokens` 7": WHO,
    "The queries on `gmail_tokens` 8": WHO,
    "The queries on `gmail_tokens` 9": rf"{WHO}, 'gmail_account': 'minjun@mail.example'",
    "Credentials in another service 1": r"^True minjun@mail\.example$",
    "Credentials in another service 2": rf"^healthy \[.*'{READONLY}'.*\] \S+ v1\.$",
    "Connecting, step by step 1": r"^authorized\ntrue\nstarted\nconsent_requested\nauthorized$",
    "Connecting, step by step 2": r"(?s)'started'.*'consent_requested'.*'authorized'",
    "What the old TODO lists asked for 1": r"(?s)'refresh_token'.*'read_mail'.*'system:skill-email'",
    "What the old TODO lists asked for 2": r"access_log is append-only",
    "What the old TODO lists asked for 3": r"'count': 0",
}


@pytest.mark.skipif(shutil.which("curl") is None, reason="the commands are curl's")
def test_every_command_of_the_document_does_what_it_says(machine: Machine) -> None:
    written = blocks()
    assert [block.name for block in written] == list(EXPECTED)
    for block in written:
        printed = machine.run(block)
        for as_written, real in machine.ids.items():
            printed = printed.replace(real, as_written)
        assert re.search(EXPECTED[block.name], printed, re.MULTILINE), (block.name, printed)


def test_nothing_is_written_through_the_view_of_the_flat_table(runtime: Runtime) -> None:
    columns = "user_id, access_token"
    for statement in (
        f"INSERT INTO gmail_token ({columns}) VALUES ('x', 'y')",
        "UPDATE gmail_token SET expires_at = 0",
        "DELETE FROM gmail_token",
    ):
        with pytest.raises(DBAPIError, match="view"), runtime.sessions.begin() as session:
            session.execute(text(statement))


@pytest.mark.parametrize("paths", [".run_id", ".messages[].subject", ".status, .progress.authorized", "."])
def test_the_stand_in_for_jq_prints_what_jq_does(paths: str, tmp_path: Path) -> None:
    if (real := shutil.which("jq")) is None:
        pytest.skip("there is no jq to compare with")
    document = (
        '{"run_id": "a", "status": "b", "progress": {"authorized": true}, "messages": [{"subject": "한글"}]}'
    )
    stand_in = _programs(tmp_path) / "jq"
    run = partial(subprocess.run, input=document, capture_output=True, text=True, check=True)
    assert run([real, "-r", paths]).stdout == run([stand_in, "-r", paths]).stdout
