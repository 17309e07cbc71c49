"""Status day by day, as the sidecar counts it, and the grants that end in the days to come."""

from __future__ import annotations

import pytest
from sqlalchemy import text

import scheduler
from services.access import Actor
from services.db.engine import transaction
from services.errors import Forbidden
from services.runtime import Runtime
from services.tokens import trends

ADMIN = Actor("an admin", is_admin=True)
READONLY = '["https://www.googleapis.com/auth/gmail.readonly"]'


def execute(runtime: Runtime, statement: str, **values: object) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(text(statement), values)


def over_time(runtime: Runtime) -> list[trends.StatusDay]:
    with transaction(runtime.sessions) as session:
        return trends.status_over_time(session, runtime.settings, ADMIN)


def stored(runtime: Runtime) -> int:
    with transaction(runtime.sessions) as session:
        statement = text("SELECT count FROM token_status_days WHERE status = 'not_connected'")
        return int(session.scalars(statement).one())


def test_the_sidecar_counts_once_an_hour_over_the_days_line(runtime: Runtime) -> None:
    execute(runtime, "INSERT INTO users (id) VALUES ('a'), ('b')")
    scheduler.tick(runtime)
    assert stored(runtime) == 2
    execute(runtime, "INSERT INTO users (id) VALUES ('c')")
    scheduler.tick(runtime)
    assert stored(runtime) == 2
    execute(runtime, "UPDATE token_status_days SET counted_at = now() - interval '61 minutes'")
    scheduler.tick(runtime)
    assert stored(runtime) == 3


def test_today_is_shown_as_it_is_now(runtime: Runtime) -> None:
    (today,) = over_time(runtime)
    assert not any(today.counts.values())
    execute(runtime, "INSERT INTO users (id) VALUES ('a')")
    scheduler.tick(runtime)
    execute(runtime, "INSERT INTO users (id) VALUES ('b')")
    (today,) = over_time(runtime)
    assert today.counts == dict.fromkeys(today.counts, 0) | {"not_connected": 2}


def test_days_come_oldest_first_and_old_ones_not_at_all(runtime: Runtime) -> None:
    execute(
        runtime,
        "INSERT INTO token_status_days (day, status, count)"
        " SELECT current_date - n, 'healthy', n FROM generate_series(1, 40) n",
    )
    *before, today = over_time(runtime)
    assert [day.counts["healthy"] for day in before][-28:] == list(range(28, 0, -1))
    assert before[0].counts["healthy"] < 30
    assert today.day > before[-1].day


def test_grants_end_on_their_day(runtime: Runtime) -> None:
    execute(runtime, "INSERT INTO users (id, active) VALUES ('gone', false)")
    for user_id, status, ends in (
        ("a", "healthy", "1 minute"),
        ("b", "healthy", "5 days"),
        ("c", "expiring_soon", "5 days"),
        ("d", "healthy", "20 days"),
        ("e", "reconnect_required", "5 days"),
        ("f", "healthy", "-1 day"),
        ("gone", "healthy", "5 days"),
    ):
        execute(
            runtime,
            "INSERT INTO gmail_tokens (user_id, token_data, scopes, status, refresh_token_expires_at)"
            " VALUES (:user_id, '{}', CAST(:scopes AS jsonb), :status, now() + CAST(:ends AS interval))",
            user_id=user_id,
            status=status,
            ends=ends,
            scopes=READONLY,
        )
    with transaction(runtime.sessions) as session:
        ahead = trends.deaths_ahead(session, runtime.settings, ADMIN)
    assert len(ahead) == trends.AHEAD_DAYS
    assert [day.day for day in ahead] == sorted({day.day for day in ahead})
    assert sum(day.count for day in ahead) == 3
    assert ahead[5].count == 2


def test_only_admins_see_them(runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session:
        with pytest.raises(Forbidden):
            trends.status_over_time(session, runtime.settings, Actor("a member"))
        with pytest.raises(Forbidden):
            trends.deaths_ahead(session, runtime.settings, Actor("a member"))
