"""Refreshing: when due, by one caller at a time, and what is written down when it fails."""

from __future__ import annotations

import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from services.access import Actor
from services.crypto import SecretBox
from services.db.engine import Sessions, make_engine, make_sessions, transaction
from services.db.models import GmailToken, TokenEvent
from services.errors import NotConnected, PortalError, SourceUnavailable
from services.runtime import Runtime
from services.tokens.refresh import credentials_for, refresh_now
from tests.integration.journeys import Sandbox, arrive, connect


@pytest.fixture
def connected(runtime: Runtime, sandbox: Sandbox) -> str:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon")
    sandbox.control("/requests", method="DELETE")
    return user_id


def run_out(runtime: Runtime, *, minutes: float = -1) -> None:
    """Let the access token have so many minutes left."""
    with transaction(runtime.sessions) as session:
        session.execute(
            text(
                "UPDATE gmail_tokens SET expiry = now() + make_interval(secs => :s), retry_refresh_at = NULL"
            ),
            {"s": minutes * 60},
        )


def row(runtime: Runtime) -> GmailToken:
    with transaction(runtime.sessions) as session:
        return session.scalars(select(GmailToken)).one()


def events(runtime: Runtime) -> list[str]:
    with transaction(runtime.sessions) as session:
        return list(session.scalars(select(TokenEvent.kind).order_by(TokenEvent.id)))


def refreshes(sandbox: Sandbox) -> int:
    return sandbox.calls("oauth.token")


def test_a_fresh_token_is_used_as_it_is(runtime: Runtime, sandbox: Sandbox, connected: str) -> None:
    first, second = credentials_for(runtime, connected), credentials_for(runtime, connected)
    assert first.token == second.token
    assert refreshes(sandbox) == 0


@pytest.mark.parametrize(("minutes", "calls"), [(16, 0), (14, 1), (-60, 1)])
def test_a_token_is_refreshed_a_quarter_of_an_hour_ahead(
    runtime: Runtime, sandbox: Sandbox, connected: str, minutes: int, calls: int
) -> None:
    before = credentials_for(runtime, connected).token
    run_out(runtime, minutes=minutes)
    after = credentials_for(runtime, connected).token
    assert refreshes(sandbox) == calls
    assert (before != after) == bool(calls)
    assert credentials_for(runtime, connected).token == after


def test_a_refresh_keeps_the_refresh_token_that_the_answer_omits(
    runtime: Runtime, sandbox: Sandbox, connected: str
) -> None:
    before = row(runtime).token_data["refresh_token"]
    run_out(runtime)
    credentials_for(runtime, connected)
    assert row(runtime).token_data["refresh_token"] == before
    assert events(runtime)[-1] == "refreshed"


def test_a_rejected_token_is_replaced_though_it_had_time_left(
    runtime: Runtime, sandbox: Sandbox, connected: str
) -> None:
    rejected = credentials_for(runtime, connected).token
    renewed = credentials_for(runtime, connected, rejected=rejected).token
    assert renewed != rejected
    assert credentials_for(runtime, connected, rejected=rejected).token == renewed
    assert refreshes(sandbox) == 1


def test_many_threads_make_one_call(runtime: Runtime, sandbox: Sandbox, connected: str) -> None:
    run_out(runtime)
    with ThreadPoolExecutor(16) as pool:
        tokens = {c.token for c in pool.map(lambda _: credentials_for(runtime, connected), range(16))}
    assert len(tokens) == 1
    assert refreshes(sandbox) == 1


def test_a_claim_left_by_a_dead_process_lapses(runtime: Runtime, sandbox: Sandbox, connected: str) -> None:
    run_out(runtime)
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE gmail_tokens SET refreshing_until = now() + interval '1 second'"))
    assert credentials_for(runtime, connected).token
    assert refreshes(sandbox) == 1


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        ({}, "revoked_or_expired"),
        ({"description": "reauth related error (invalid_rapt)", "subtype": "invalid_rapt"}, "invalid_rapt"),
        ({"error": "invalid_client", "description": "Unauthorized", "status": 401}, "client_changed"),
        ({"error": "unauthorized_client"}, "client_changed"),
        ({"error": "admin_policy_enforced"}, "admin_policy"),
        ({"error": "invalid_scope"}, "missing_scope"),
    ],
)
def test_a_refusal_is_written_down_and_not_asked_for_again(
    runtime: Runtime, sandbox: Sandbox, connected: str, failure: dict[str, object], reason: str
) -> None:
    run_out(runtime)
    sandbox.control("/people/seoyeon/refresh-failure", failure)
    for _ in range(3):
        with pytest.raises(NotConnected) as caught:
            credentials_for(runtime, connected)
        assert caught.value.code == reason
    assert refreshes(sandbox) == 1
    assert (row(runtime).status, row(runtime).status_reason) == ("reconnect_required", reason)
    assert row(runtime).status_detail
    assert events(runtime).count("reconnect_required") == 1


def test_connecting_again_mends_it(runtime: Runtime, sandbox: Sandbox, connected: str) -> None:
    run_out(runtime)
    sandbox.control("/people/seoyeon/revoke")
    with pytest.raises(NotConnected):
        credentials_for(runtime, connected)
    connect(runtime, sandbox, connected, "seoyeon")
    assert credentials_for(runtime, connected).token
    assert (row(runtime).status, row(runtime).status_reason) == ("healthy", None)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 503, "body": ""},
        {"status": 429, "retry_after": 1},
        {"status": 200, "body": "<html>"},
        {"status": 200, "body": ""},
        {"status": 200, "body": {}},
        {"drop": "before"},
        {"drop": "after"},
    ],
)
def test_passing_trouble_is_failing_and_counted_once_a_day(
    runtime: Runtime, sandbox: Sandbox, connected: str, fault: dict[str, object]
) -> None:
    sandbox.fault(path="/token", **fault)
    for _ in range(2):
        run_out(runtime)
        with pytest.raises(SourceUnavailable):
            credentials_for(runtime, connected)
    assert (row(runtime).status, row(runtime).failure_count) == ("failing", 1)
    sandbox.control("/faults", method="DELETE")
    run_out(runtime)
    assert credentials_for(runtime, connected).token
    assert (row(runtime).status, row(runtime).failure_count) == ("healthy", 0)


def test_what_google_says_of_its_trouble_is_kept(runtime: Runtime, sandbox: Sandbox, connected: str) -> None:
    failure = {"error": "server_error", "description": "Try again later.", "status": 500}
    sandbox.control("/people/seoyeon/refresh-failure", failure)
    run_out(runtime)
    with pytest.raises(SourceUnavailable):
        credentials_for(runtime, connected)
    assert row(runtime).status == "failing"
    assert "answered 500 server_error: Try again later." in (row(runtime).status_detail or "")


def test_after_trouble_google_is_left_alone_for_half_a_minute(
    runtime: Runtime, sandbox: Sandbox, connected: str
) -> None:
    run_out(runtime)
    sandbox.fault(path="/token", status=400, body={"error": "temporarily_unavailable"})
    for _ in range(3):
        with pytest.raises(SourceUnavailable):
            credentials_for(runtime, connected)
    assert refreshes(sandbox) == 2  # once more at once, then not


def test_a_token_with_some_life_left_serves_through_the_trouble(
    runtime: Runtime, sandbox: Sandbox, connected: str
) -> None:
    before = credentials_for(runtime, connected).token
    run_out(runtime, minutes=5)
    sandbox.fault(path="/token", status=400, body={"error": "temporarily_unavailable"})
    assert credentials_for(runtime, connected).token == before


def test_five_minutes_of_clock_skew_do_not_matter(runtime: Runtime, sandbox: Sandbox, connected: str) -> None:
    for seconds in (300, -300):
        sandbox.control("/clock", {"skew_seconds": seconds})
        run_out(runtime)
        assert credentials_for(runtime, connected).token


def test_a_wrong_encryption_key_is_a_reason_of_its_own_and_loses_nothing(
    runtime: Runtime, sandbox: Sandbox, connected: str
) -> None:
    stranger = dataclasses.replace(runtime, box=SecretBox([b"x" * 32]))
    with pytest.raises(NotConnected) as caught:
        credentials_for(stranger, connected)
    assert caught.value.code == "undecryptable"
    assert row(runtime).status_reason == "undecryptable"
    assert credentials_for(runtime, connected).token  # the right key still opens it


def test_nobody_without_a_token_gets_one(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("minjun"))
    with pytest.raises(NotConnected) as caught:
        credentials_for(runtime, user_id)
    assert caught.value.code == "not_connected"


def test_the_database_away_is_one_clear_error(runtime: Runtime, connected: str) -> None:
    runtime.engine.dispose()
    with transaction(runtime.sessions) as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND datname = current_database()"
            )
        )
    assert credentials_for(runtime, connected).token  # a cut connection is noticed and replaced
    gone = dataclasses.replace(runtime, sessions=_unreachable())
    with pytest.raises(PortalError) as caught:
        credentials_for(gone, connected)
    assert caught.value.code == "database_unavailable"


def _unreachable() -> Sessions:
    return make_sessions(make_engine("postgresql+psycopg://u:p@127.0.0.1:9/none"))


def test_a_hiccup_of_the_token_endpoint_is_not_noticed(
    runtime: Runtime, sandbox: Sandbox, connected: str
) -> None:
    run_out(runtime)
    sandbox.fault(path="/token", status=500, times=1)
    assert credentials_for(runtime, connected).token
    assert row(runtime).status == "healthy"


def test_a_token_endpoint_that_keeps_silent_is_given_up(
    runtime: Runtime, sandbox: Sandbox, connected: str
) -> None:
    run_out(runtime)
    sandbox.fault(path="/token", latency_ms=60_000, times=1)
    began = time.monotonic()
    with pytest.raises(SourceUnavailable):
        credentials_for(runtime, connected)
    assert time.monotonic() - began < 40  # ten seconds, on a machine that has time
    assert (row(runtime).status, row(runtime).refreshing_until) == ("failing", None)
    assert refreshes(sandbox) == 1


def test_a_manual_refresh_does_not_wait_for_the_cooldown(
    runtime: Runtime, sandbox: Sandbox, connected: str
) -> None:
    run_out(runtime)
    sandbox.fault(path="/token", status=400, body={"error": "temporarily_unavailable"})
    with pytest.raises(SourceUnavailable):
        credentials_for(runtime, connected)
    sandbox.control("/faults", method="DELETE")
    with pytest.raises(SourceUnavailable):
        credentials_for(runtime, connected)  # by itself it waits
    assert refresh_now(runtime, connected, Actor(connected)) == "healthy"
