"""Gmail's quota is kept by all workers together: nobody is refused, and a refusal holds to the second."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, text

from services.db.engine import transaction
from services.db.models import RateLimit
from services.errors import SourceUnavailable
from services.runtime import Runtime
from services.sources.gmail import quota
from services.sources.gmail.fetch import fetch_mail
from services.sources.records import MailBatch
from services.tokens.refresh import credentials_for
from tests.integration.journeys import Sandbox, arrive, connect
from tests.integration.test_daily import environment_of

PEOPLE = ("seoyeon", "emma")
TIMES = 6  # in each process, for each person, all at once
ALLOWED = 1_800  # a minute; nine mails and four searches cost 200
READER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from services.errors import SourceUnavailable
from services.runtime import open_runtime
from services.settings import load_settings
from services.sources.gmail import quota
from services.sources.gmail.fetch import fetch_mail
from services.tokens.refresh import credentials_for

def read(user_id):
    try:
        now = datetime.now(UTC)
        fetch_mail(credentials_for(runtime, user_id), root=runtime.settings.gmail_api_url, owner="",
                   since=now - timedelta(days=3), now=now, meter=quota.meter_of(runtime, user_id))
    except SourceUnavailable as exc:
        return f"{exc.code} {exc}"
    return "read"

with open_runtime(load_settings(env_file=None)) as runtime, ThreadPoolExecutor(len(sys.argv)) as pool:
    print(*pool.map(read, sys.argv[1:]), sep="\\n")
"""


def read(runtime: Runtime, user_id: str) -> MailBatch:
    now = datetime.now(UTC)
    return fetch_mail(
        credentials_for(runtime, user_id),
        root=runtime.settings.gmail_api_url,
        owner="",
        since=now - timedelta(days=3),
        now=now,
        meter=quota.meter_of(runtime, user_id),
    )


def join(runtime: Runtime, sandbox: Sandbox, key: str) -> str:
    user_id = arrive(runtime, sandbox.person(key))
    connect(runtime, sandbox, user_id, key)
    return user_id


def forget_what_was_spent(runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(text("DELETE FROM rate_limits"))


def keys(runtime: Runtime, *, held: bool = False) -> set[str]:
    with transaction(runtime.sessions) as session:
        found = select(RateLimit.key).where(RateLimit.key.startswith("gmail:"))
        return set(session.scalars(found.where(RateLimit.blocked_until.is_not(None)) if held else found))


def allowing(runtime: Runtime, **settings: int) -> Runtime:
    return dataclasses.replace(runtime, settings=runtime.settings.model_copy(update=settings))


def test_two_processes_that_want_more_than_there_is_are_never_refused_by_google(
    runtime: Runtime, sandbox: Sandbox, tmp_path: Path
) -> None:
    people = [join(runtime, sandbox, key) for key in PEOPLE]
    costs = [read(runtime, user_id).units for user_id in people]
    assert all(2 * TIMES * cost > ALLOWED for cost in costs)  # or nothing would be shown
    forget_what_was_spent(runtime)
    sandbox.control("/quota", {"per_minute": ALLOWED})
    environ = environment_of(runtime, sandbox, tmp_path) | {
        "GMAIL_UNITS_PER_PERSON": str(ALLOWED),
        "WORKER_CONCURRENCY": "12",
    }
    command = [sys.executable, "-c", READER, *people * TIMES]
    both = [subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outcomes = Counter(line for process in both for line in process.communicate(timeout=120)[0].splitlines())
    assert sum(outcomes.values()) == 2 * TIMES * len(people)
    assert outcomes["read"] >= len(people)
    assert set(outcomes) <= {"read", "rate_limited Gmail's quota is used up for now"}
    assert keys(runtime, held=True) == set()


def test_the_projects_quota_is_shared_by_everybody(runtime: Runtime, sandbox: Sandbox) -> None:
    first, second = (join(runtime, sandbox, key) for key in PEOPLE)
    forget_what_was_spent(runtime)
    scarce = allowing(runtime, gmail_units_per_minute=100)
    quota.meter_of(scarce, first).take(200)
    with pytest.raises(SourceUnavailable) as refused:
        quota.meter_of(scarce, second).take(20)
    assert refused.value.code == "rate_limited"
    assert 60 < (refused.value.retry_after or 0) <= 134
    calls = sandbox.calls("batch")
    with pytest.raises(SourceUnavailable):
        read(scarce, second)
    assert sandbox.calls("batch") == calls
    with transaction(runtime.sessions) as session:  # a refusal by one limit has spent nothing of the other
        owed = select(RateLimit.full_at > func.now()).where(RateLimit.key == f"gmail:person:{second}")
        assert session.scalars(owed).all() == [False]


def test_a_call_costs_one_statement(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = join(runtime, sandbox, "seoyeon")
    taken: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        taken.extend([statement] if "rate_limits" in statement else [])

    calls = sandbox.calls("batch")
    event.listen(runtime.engine, "before_cursor_execute", count)
    try:
        read(runtime, user_id)
    finally:
        event.remove(runtime.engine, "before_cursor_execute", count)
    assert len(taken) == sandbox.calls("batch") - calls == 2
    assert keys(runtime) == {"gmail:project", f"gmail:person:{user_id}"}


@pytest.mark.parametrize(
    ("limit", "whose"),
    [("Queries per minute per user", "gmail:person:{user_id}"), ("Queries per minute", "gmail:project")],
)
def test_a_retry_after_holds_back_whom_it_concerns(
    runtime: Runtime, sandbox: Sandbox, limit: str, whose: str
) -> None:
    user_id = join(runtime, sandbox, "seoyeon")
    message = f"Quota exceeded for quota metric 'Queries' and limit '{limit}' of service 'gmail'."
    error = {"code": 429, "message": message, "errors": [{"reason": "rateLimitExceeded"}]}
    sandbox.fault(op="batch", status=429, retry_after=40, body={"error": error}, times=1)
    with pytest.raises(SourceUnavailable):
        read(runtime, user_id)
    assert keys(runtime, held=True) == {whose.format(user_id=user_id)}
    with pytest.raises(SourceUnavailable) as refused:
        quota.meter_of(runtime, user_id).take(1)
    assert 35 < (refused.value.retry_after or 0) <= 40
