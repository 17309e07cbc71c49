"""Exchanging encryption keys while everything goes on."""

from __future__ import annotations

import base64
import dataclasses
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from services.connect import flow
from services.crypto import SecretBox
from services.crypto.__main__ import outcome
from services.crypto.rotation import rotate, survey
from services.db.engine import transaction
from services.db.models import GmailToken
from services.runtime import Runtime
from services.tokens import store
from services.tokens.refresh import credentials_for
from tests.integration.conftest import KEY
from tests.integration.journeys import Sandbox, arrive, callback_of, connect

NEW_KEY = base64.urlsafe_b64encode(b"fedcba9876543210fedcba9876543210").decode()
OLD, NEW, BOTH = (SecretBox.from_setting(keys) for keys in (KEY, NEW_KEY, f"{NEW_KEY},{KEY}"))
ROOT = Path(__file__).parents[2]
PEOPLE = ("seoyeon", "minjun", "jiwoo", "emma")


def with_box(runtime: Runtime, box: SecretBox) -> Runtime:
    return dataclasses.replace(runtime, box=box)


def fill(runtime: Runtime, count: int) -> None:
    """So many people's tokens, encrypted as the runtime does."""
    with transaction(runtime.sessions) as session:
        for number in range(count):
            user_id = f"p{number}"
            grant = store.Grant(f"ya29.{number}", f"1//{number}", 3600, ("a",))
            store.save_connection(
                session, runtime.box, runtime.settings, user_id=user_id, grant=grant, details={}
            )


def opened(runtime: Runtime, user_id: str) -> tuple[str, str | None]:
    with transaction(runtime.sessions) as session:
        token = store.load(session, runtime.box, runtime.settings, user_id)
        assert token is not None
        return token.access_token, token.refresh_token


def dump(runtime: Runtime) -> str:
    """Every value in every table that could hold a secret."""
    with transaction(runtime.sessions) as session:
        tables = session.scalars(
            text("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        ).all()
        return "\n".join(
            str(row) for table in tables for row in session.execute(text(f"SELECT t::text FROM {table} t"))
        )


def environment(runtime: Runtime, keys: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": runtime.database_url,
        "COOKIE_SECRET": "cookie-secret-of-a-test",
        "CRON_SECRET": "cron-secret-of-a-test",
        "TOKEN_ENCRYPTION_KEYS": keys,
    }


def test_every_secret_comes_under_the_first_key(runtime: Runtime, sandbox: Sandbox) -> None:
    """Also those of a consent that is under way, which then goes on with the new key alone."""
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon")
    before = opened(runtime, user_id)
    consent = flow.begin(runtime, user_id)
    assert OLD.current_key_id in dump(runtime)
    rotated = rotate(runtime.sessions, BOTH)
    assert (rotated.after.left, rotated.unreadable) == (0, 0)
    assert OLD.current_key_id not in dump(runtime)  # nothing was forgotten
    alone = with_box(runtime, NEW)
    assert opened(alone, user_id) == before
    back = sandbox.control("/consent", {"url": consent.url, "person": "seoyeon"})["location"]
    flow.finish(alone, callback_of(back, user_id, consent.browser_secret))
    assert credentials_for(alone, user_id).token


def test_a_second_rotation_changes_nothing(runtime: Runtime) -> None:
    fill(runtime, 3)
    rotate(runtime.sessions, BOTH)
    before = dump(runtime)
    assert rotate(runtime.sessions, BOTH).changed == 0
    assert dump(runtime) == before


def test_refreshes_in_the_middle_are_never_lost(runtime: Runtime, sandbox: Sandbox) -> None:
    """Keys are exchanged back and forth while everybody's token is refreshed again and again."""
    both = with_box(runtime, BOTH)
    people = [arrive(runtime, sandbox.person(key)) for key in PEOPLE]
    for user_id, key in zip(people, PEOPLE, strict=True):
        connect(runtime, sandbox, user_id, key)
    stop = threading.Event()
    rotations = threading.Thread(target=_back_and_forth, args=(runtime, stop))
    rotations.start()
    try:
        for _ in range(8):
            for user_id in people:
                rejected = opened(both, user_id)[0]
                fresh = credentials_for(both, user_id, rejected=rejected).token
                assert fresh != rejected
                assert opened(both, user_id)[0] == fresh
    finally:
        stop.set()
        rotations.join()
    assert rotate(runtime.sessions, BOTH).after.left == 0


def _back_and_forth(runtime: Runtime, stop: threading.Event) -> None:
    boxes = (BOTH, SecretBox.from_setting(f"{KEY},{NEW_KEY}"))
    turn = 0
    while not stop.is_set():
        rotate(runtime.sessions, boxes[turn % 2])
        turn += 1


def test_a_killed_rotation_is_finished_by_the_next(runtime: Runtime) -> None:
    """kill -9 after the first batch; everything can be read in between, with both keys."""
    fill(runtime, 1_200)
    script = (
        "import sys; from services.crypto import SecretBox; from services.crypto.rotation import rotate;"
        "from services.db.engine import make_engine, make_sessions;"
        "say = lambda done: (print(done, flush=True), sys.stdin.readline());"
        "rotate(make_sessions(make_engine(sys.argv[1])), SecretBox.from_setting(sys.argv[2]), say)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, runtime.database_url, f"{NEW_KEY},{KEY}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) > 0
        process.send_signal(signal.SIGKILL)
    halfway = survey(runtime.sessions, BOTH)
    assert 0 < halfway.left < sum(halfway.keys.values())
    both = with_box(runtime, BOTH)
    assert [opened(both, f"p{n}")[0] for n in range(1_200)] == [f"ya29.{n}" for n in range(1_200)]
    assert rotate(runtime.sessions, BOTH).after.left == 0


def test_the_command_rotates_and_says_when_the_old_key_may_go(runtime: Runtime) -> None:
    fill(runtime, 10)
    command = [sys.executable, "-m", "services.crypto", "rotate"]

    def run(keys: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, env=environment(runtime, keys), capture_output=True, text=True, timeout=60, check=False
        )

    done = run(f"{NEW_KEY},{KEY}")
    assert done.returncode == 0, done.stderr
    assert "30 of 30 stored secrets are under another key." in done.stdout
    assert f"30 encrypted anew with key {NEW.current_key_id}." in done.stdout
    assert f"Nothing else needs key {OLD.current_key_id} any longer: it may be removed" in done.stdout
    for secret in (KEY, NEW_KEY, "ya29.", "1//"):
        assert secret not in done.stdout + done.stderr
    alone = run(NEW_KEY)
    assert alone.returncode == 0
    assert "may be removed" not in alone.stdout
    lost = run(KEY)
    assert lost.returncode == 1
    assert "Warning: 30 cannot be decrypted" in lost.stdout


def test_a_process_that_still_uses_the_old_key_is_noticed(runtime: Runtime) -> None:
    """Another process keeps storing under the old key: nobody is told that it may go."""
    fill(runtime, 2)

    def store_again(done: int) -> None:
        if done:
            fill(runtime, 2)

    rotated = rotate(runtime.sessions, BOTH, store_again)
    assert rotated.unsettled
    said = " ".join(outcome(BOTH, rotated))
    assert f"still encrypts with key {OLD.current_key_id}" in said
    assert "may be removed" not in said


@pytest.mark.parametrize("damage", ["lost key", "garbage", "another row's"])
def test_what_cannot_be_read_is_left_as_it_is_and_counted(runtime: Runtime, damage: str) -> None:
    fill(runtime, 2)
    foreign: dict[str, Any] = {
        "lost key": SecretBox([b"z" * 32]).encrypt("x", belongs_to=store.belongs("p0", "refresh_token")),
        "garbage": "v1.00000000.%%%",
        "another row's": runtime.box.encrypt("x", belongs_to=store.belongs("p1", "refresh_token")),
    }
    with transaction(runtime.sessions) as session:
        row = session.scalars(select(GmailToken).where(GmailToken.user_id == "p0")).one()
        row.token_data = {**row.token_data, "refresh_token": foreign[damage]}
    rotated = rotate(runtime.sessions, BOTH)
    assert (rotated.changed, rotated.unreadable, rotated.unsettled) == (5, 1, False)
    assert "1 cannot be decrypted" in " ".join(outcome(BOTH, rotated))
    with transaction(runtime.sessions) as session:
        stored = session.scalars(select(GmailToken.token_data).where(GmailToken.user_id == "p0")).one()
    assert stored["refresh_token"] == foreign[damage]
    assert opened(with_box(runtime, NEW), "p1") == ("ya29.1", "1//1")


def test_whoever_encrypts_is_known_to_the_rotation() -> None:
    """A new place that holds secrets belongs into PLACES, and its file here."""
    encrypting = {
        str(path.relative_to(ROOT))
        for folder in ("services", "portal")
        for path in (ROOT / folder).rglob("*.py")
        if "box.encrypt(" in path.read_text()
    }
    assert encrypting == {
        "services/connect/flow.py",
        "services/crypto/rotation.py",
        "services/people/join_work.py",
        "services/tokens/handover.py",
        "services/tokens/importing/writing.py",
        "services/tokens/mailbox_check.py",
        "services/tokens/store.py",
    }
