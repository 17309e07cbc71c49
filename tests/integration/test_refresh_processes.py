"""One refresh at a time among threads, processes and machines, also when the one who refreshes is killed."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select, text

from services.db.engine import transaction
from services.db.models import GmailToken
from services.errors import NotConnected
from services.runtime import Runtime
from services.tokens.refresh import credentials_for
from tests.integration.journeys import Sandbox, arrive, connect

PROCESSES, THREADS = 4, 32

# Two connections for 32 threads: one that is held while its thread waits would be missed at once.
ASK = f"""
    import dataclasses, json, sys, threading
    from services.db.engine import make_engine, make_sessions
    from services.runtime import open_runtime
    from services.settings import load_settings
    from services.tokens.refresh import credentials_for

    with open_runtime(load_settings(env_file=None)) as opened:
        engine = make_engine(opened.database_url, pool_size=1)
        runtime = dataclasses.replace(opened, engine=engine, sessions=make_sessions(engine))
        start, tokens = threading.Barrier({THREADS}), []

        def ask():
            start.wait()
            tokens.append(credentials_for(runtime, sys.argv[1]).token)

        threads = [threading.Thread(target=ask) for _ in range({THREADS})]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        engine.dispose()
        print(json.dumps(tokens))
"""


@pytest.fixture
def connected(runtime: Runtime, sandbox: Sandbox) -> str:
    """Somebody whose access token has run out."""
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon")
    sandbox.control("/requests", method="DELETE")
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE gmail_tokens SET expiry = now() - interval '1 minute'"))
    return user_id


def start(runtime: Runtime, sandbox: Sandbox, folder: Path, user_id: str) -> subprocess.Popen[str]:
    """A process whose 32 threads ask for this person's token at once."""
    environ = {
        "PATH": "/usr/bin:/bin",
        "DATA_DIR": str(folder),
        "DATABASE_URL": runtime.database_url,
        "COOKIE_SECRET": "c",
        "CRON_SECRET": "s",
        "TOKEN_ENCRYPTION_KEYS": runtime.settings.token_encryption_keys.get_secret_value(),
        **sandbox.environment(),
    }
    command = [sys.executable, "-c", textwrap.dedent(ASK), user_id]
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)


def row(runtime: Runtime) -> GmailToken:
    with transaction(runtime.sessions) as session:
        return session.scalars(select(GmailToken)).one()


def wait_for_claim(runtime: Runtime) -> None:
    """Wait until somebody refreshes."""
    give_up = time.monotonic() + 60
    while row(runtime).refreshing_until is None:
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_128_threads_in_four_processes_make_one_call(
    runtime: Runtime, sandbox: Sandbox, connected: str, tmp_path: Path
) -> None:
    sandbox.fault(path="/token", latency_ms=1_500)
    started = [start(runtime, sandbox, tmp_path, connected) for _ in range(PROCESSES)]
    answers = [process.communicate(timeout=120)[0] for process in started]
    assert [process.returncode for process in started] == [0] * PROCESSES
    tokens = [token for answer in answers for token in json.loads(answer)]
    assert len(tokens) == PROCESSES * THREADS
    assert len(set(tokens)) == 1
    assert set(tokens) == {credentials_for(runtime, connected).token}
    assert sandbox.calls("oauth.token") == 1


def test_a_refresh_whose_process_is_killed_is_taken_over(
    runtime: Runtime, sandbox: Sandbox, connected: str, tmp_path: Path
) -> None:
    sandbox.fault(path="/token", latency_ms=60_000, times=1)
    process = start(runtime, sandbox, tmp_path, connected)
    try:
        wait_for_claim(runtime)
    finally:
        process.kill()
        process.communicate(timeout=10)
    sandbox.control("/faults", method="DELETE")  # it may have been killed before it asked
    with transaction(runtime.sessions) as session:
        killed_at = session.execute(text("SELECT now()")).scalar_one()
    assert str(credentials_for(runtime, connected).token).startswith("ya29.")
    after = row(runtime)
    assert after.last_refresh_at is not None
    assert (after.last_refresh_at - killed_at).total_seconds() < 15
    assert (after.status, after.refreshing_until) == ("healthy", None)


def test_many_who_are_refused_made_one_call(runtime: Runtime, sandbox: Sandbox, connected: str) -> None:
    sandbox.control("/people/seoyeon/revoke")

    def ask(_: int) -> str:
        try:
            return str(credentials_for(runtime, connected).token)
        except NotConnected as exc:
            return exc.code

    with ThreadPoolExecutor(THREADS) as pool:
        assert set(pool.map(ask, range(THREADS))) == {"revoked_or_expired"}
    assert sandbox.calls("oauth.token") == 1


def test_who_comes_back_late_takes_nobody_else_s_turn(
    runtime: Runtime, sandbox: Sandbox, connected: str
) -> None:
    """A claim that has lapsed and is another's by now is not given back by the one who had it."""
    sandbox.fault(path="/token", latency_ms=1_000, times=1)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(credentials_for, runtime, connected)
        wait_for_claim(runtime)
        with transaction(runtime.sessions) as session:
            session.execute(text("UPDATE gmail_tokens SET refreshing_until = now() + interval '1 hour'"))
        slow.result()
    assert row(runtime).refreshing_until is not None
