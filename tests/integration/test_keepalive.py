"""Tokens are tried before they are needed, no oftener than that, and what is found is written down."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select, text

from services import jobs
from services.db.engine import transaction
from services.db.models import GmailToken, TokenEvent
from services.runtime import Runtime
from services.tokens import health, keepalive
from tests.integration.journeys import Sandbox, arrive, connect


def execute(runtime: Runtime, statement: str, **values: object) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(text(statement), values)


def row(runtime: Runtime) -> GmailToken:
    with transaction(runtime.sessions) as session:
        return session.scalars(select(GmailToken)).one()


def events(runtime: Runtime) -> list[str]:
    with transaction(runtime.sessions) as session:
        return list(session.scalars(select(TokenEvent.kind).order_by(TokenEvent.id)))


def start(runtime: Runtime) -> int:
    """One minute's choice, worked off; how many tokens were tried."""
    with transaction(runtime.sessions) as session:
        now = session.execute(text("SELECT now()")).scalar_one()
        tried = keepalive.start_due(session, now=now)
    asyncio.run(jobs.run_worker(runtime, wait=False))
    return tried


def age(runtime: Runtime, hours: float) -> None:
    """Let the last use lie so many hours back."""
    execute(
        runtime,
        "UPDATE gmail_tokens SET last_used_at = now() - make_interval(secs => :s),"
        " connected_at = now() - make_interval(secs => :s), kept_alive_at = NULL",
        s=hours * 3600,
    )


def due_in(runtime: Runtime, minutes: float) -> None:
    execute(
        runtime,
        "UPDATE briefing_settings SET next_due_at = now() + make_interval(secs => :s)",
        s=minutes * 60,
    )


@pytest.fixture
def emma(runtime: Runtime, sandbox: Sandbox) -> str:
    user_id = arrive(runtime, sandbox.person("emma"))
    connect(runtime, sandbox, user_id, "emma")
    sandbox.control("/requests", method="DELETE")
    due_in(runtime, 600)
    return user_id


@pytest.mark.parametrize(
    ("unused_hours", "minutes_to_briefing", "tried"),
    [
        (1, 600, 0),
        (23, 600, 0),
        (25, 600, 1),
        (1, 50, 0),
        (20, 50, 1),
        (20, 59, 1),
        (20, 80, 0),
        (20, -1, 0),
    ],
)
def test_which_tokens_are_tried(
    runtime: Runtime,
    sandbox: Sandbox,
    emma: str,
    unused_hours: float,
    minutes_to_briefing: float,
    tried: int,
) -> None:
    age(runtime, unused_hours)
    due_in(runtime, minutes_to_briefing)
    assert start(runtime) == tried
    assert start(runtime) == 0  # not twice
    assert sandbox.calls("oauth.token") == tried
    assert sandbox.calls("gmail.users.getProfile") == tried


def test_trying_refreshes_and_counts_as_a_use(runtime: Runtime, sandbox: Sandbox, emma: str) -> None:
    age(runtime, 25)
    before = row(runtime)
    start(runtime)
    after = row(runtime)
    assert after.token_data["access_token"] != before.token_data["access_token"]
    assert before.last_used_at is not None
    assert after.last_used_at is not None
    assert after.last_used_at > before.last_used_at
    assert events(runtime)[-2:] == ["refreshed", "used"]


def test_a_token_that_cannot_be_tried_is_not_tried_each_minute(
    runtime: Runtime, sandbox: Sandbox, emma: str
) -> None:
    age(runtime, 25)
    sandbox.fault(path="/token", status=500)
    assert start(runtime) == 1
    assert row(runtime).status == "failing"
    assert start(runtime) == 0
    execute(runtime, "UPDATE gmail_tokens SET kept_alive_at = kept_alive_at - interval '25 hours'")
    sandbox.control("/faults", method="DELETE")
    execute(runtime, "UPDATE gmail_tokens SET retry_refresh_at = NULL")
    assert start(runtime) == 1
    assert row(runtime).status == "healthy"


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [
        ({"status": 403, "reason": "insufficientPermissions"}, "reconnect_required", "missing_scope"),
        ({"status": 403, "reason": "domainPolicy"}, "reconnect_required", "admin_policy"),
        ({"status": 401}, "failing", None),
        ({"status": 500}, "healthy", None),
    ],
)
def test_what_the_real_call_says_is_written_down(
    runtime: Runtime, sandbox: Sandbox, emma: str, fault: dict[str, object], status: str, reason: str | None
) -> None:
    age(runtime, 25)
    sandbox.fault(op="gmail.users.getProfile", **fault)
    start(runtime)
    assert (row(runtime).status, row(runtime).status_reason) == (status, reason)


def test_broken_ones_and_people_who_left_are_not_tried(runtime: Runtime, sandbox: Sandbox, emma: str) -> None:
    age(runtime, 25)
    execute(runtime, "UPDATE users SET active = false")
    assert start(runtime) == 0
    execute(runtime, "UPDATE users SET active = true")
    health.needs_reconnect(runtime.sessions, emma, "revoked_or_expired", "")
    assert start(runtime) == 0


def test_many_at_once_are_spread_the_next_briefings_first(runtime: Runtime) -> None:
    execute(
        runtime,
        "INSERT INTO users (id) SELECT 'p' || n FROM generate_series(1, 1100) n;"
        "INSERT INTO briefing_settings (user_id, next_due_at)"
        " SELECT 'p' || n, now() + make_interval(mins => 10 + n) FROM generate_series(1, 1100) n;"
        "INSERT INTO gmail_tokens (user_id, token_data, status, created_at)"
        " SELECT 'p' || n, '{}', 'healthy', now() - interval '2 days' FROM generate_series(1, 1100) n",
    )
    taken: list[int] = []
    with transaction(runtime.sessions) as session:
        now = session.execute(text("SELECT now()")).scalar_one()
        for _ in range(4):
            taken.append(keepalive.start_due(session, now=now))
            first = session.scalars(
                text("SELECT count(*) FROM gmail_tokens WHERE kept_alive_at IS NOT NULL AND user_id = 'p1'")
            ).one()
            assert first == 1
    assert taken == [500, 500, 100, 0]


def test_a_day_s_history_is_kept_for_three_months_and_consents_for_good(
    runtime: Runtime, sandbox: Sandbox, emma: str
) -> None:
    assert events(runtime) == ["connected", "used"]
    execute(runtime, "UPDATE token_events SET at = now() - interval '91 days'")
    health.mark_used(runtime.sessions, emma)
    with transaction(runtime.sessions) as session:
        health.prune_events(session)
    assert events(runtime) == ["connected", "used"]
    with transaction(runtime.sessions) as session:
        newest = session.scalars(select(TokenEvent).where(TokenEvent.kind == "used")).one()
        assert newest.detail == {"for": "mail"}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("refresh_token_expires_at = now() + interval '2 days'", "expiring_soon"),
        ("refresh_token_expires_at = now() + interval '5 days'", "healthy"),
        (
            "last_used_at = now() - interval '178 days', last_refresh_at = now() - interval '179 days',"
            " created_at = now() - interval '300 days'",
            "expiring_soon",
        ),
        (
            "last_used_at = NULL, last_refresh_at = NULL, created_at = now() - interval '178 days'",
            "expiring_soon",
        ),
        ("last_used_at = now() - interval '178 days', last_refresh_at = now()", "healthy"),
    ],
)
def test_an_end_is_seen_coming(runtime: Runtime, emma: str, change: str, status: str) -> None:
    execute(runtime, f"UPDATE gmail_tokens SET {change}")
    with transaction(runtime.sessions) as session:
        health.note_ends(session)
    assert row(runtime).status == status


def test_working_does_not_hide_an_end_that_is_near(runtime: Runtime, sandbox: Sandbox, emma: str) -> None:
    execute(runtime, "UPDATE gmail_tokens SET refresh_token_expires_at = now() + interval '2 days'")
    age(runtime, 25)
    start(runtime)
    assert row(runtime).status == "expiring_soon"
    connect(runtime, sandbox, emma, "emma")
    assert row(runtime).status == "healthy"
