"""Shared limits: everybody together keeps to them, by the database's clock, also where somebody dies."""

from __future__ import annotations

import itertools
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from services import limits
from services.db.engine import Sessions, transaction
from services.db.models import RateLimit
from services.limits import Limit, Turn

NO_PATIENCE = timedelta(0)
LONG = timedelta(hours=1)
# Takes as many turns as it is told to and says how far off each is, in seconds.
TAKER = """
import sys
from datetime import timedelta
from services import limits
from services.db.engine import make_engine, make_sessions, transaction
sessions = make_sessions(make_engine(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    with transaction(sessions) as session:
        turn = limits.take(session, limits.Limit("k", 60), patience=timedelta(hours=1))
    print(turn.wait.total_seconds(), flush=True)
"""


def take(sessions: Sessions, limit: Limit, cost: float = 1, *, patience: timedelta = NO_PATIENCE) -> Turn:
    with transaction(sessions) as session:
        return limits.take(session, limit, cost, patience=patience)


def pass_time(sessions: Sessions, seconds: float) -> None:
    """As if what is written down had been so long ago."""
    with transaction(sessions) as session:
        session.execute(
            text("UPDATE rate_limits SET full_at = full_at - :time, blocked_until = blocked_until - :time"),
            {"time": timedelta(seconds=seconds)},
        )


def seconds(turn: Turn) -> float:
    return turn.wait.total_seconds()


def test_turns_come_one_after_the_other_at_the_rate(sessions: Sessions) -> None:
    turns = []
    for _ in range(4):
        with transaction(sessions) as session:
            clock = session.execute(text("SELECT clock_timestamp()")).scalar_one()
            turns.append(clock + limits.take(session, Limit("k", 60), patience=LONG).wait)
    apart = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(turns)]
    assert apart == pytest.approx([1, 1, 1], abs=0.5)


def test_a_turn_too_far_away_is_not_taken_and_costs_nothing(sessions: Sessions) -> None:
    limit = Limit("k", 6)
    assert take(sessions, limit).taken
    for _ in range(3):
        refused = take(sessions, limit, patience=timedelta(seconds=5))
        assert not refused.taken
        assert 8 < seconds(refused) <= 10
    pass_time(sessions, 10)
    assert take(sessions, limit) == Turn(True, NO_PATIENCE)


def test_a_burst_is_there_at_once_after_a_quiet_while_and_comes_back_bit_by_bit(sessions: Sessions) -> None:
    limit = Limit("k", 6, burst=3)
    assert [take(sessions, limit).taken for _ in range(4)] == [True, True, True, False]
    pass_time(sessions, 20)
    assert [take(sessions, limit).taken for _ in range(3)] == [True, True, False]
    pass_time(sessions, 86_400)
    assert [take(sessions, limit).taken for _ in range(4)] == [
        True,
        True,
        True,
        False,
    ]  # never more than full


def test_what_costs_more_than_the_burst_waits_for_a_full_bucket(sessions: Sessions) -> None:
    limit = Limit("k", 60, burst=10)
    assert take(sessions, limit, 25) == Turn(True, NO_PATIENCE)
    assert 24 < seconds(take(sessions, limit, 25)) <= 25


def test_a_retry_after_holds_everybody_to_the_second(sessions: Sessions) -> None:
    limit = Limit("k", 600, burst=5)
    with transaction(sessions) as session:
        limits.hold_back(session, "k", 30)
        limits.hold_back(session, "k", 5)  # the longer one stays
    refused = take(sessions, limit)
    assert not refused.taken
    assert 29 < seconds(refused) <= 30
    with transaction(sessions) as session:
        assert 29 < limits.held_back_for(session, "k").total_seconds() <= 30
    pass_time(sessions, 29)
    assert 0 < seconds(take(sessions, limit)) <= 1
    pass_time(sessions, 1)
    assert take(sessions, limit).taken
    with transaction(sessions) as session:
        assert limits.held_back_for(session, "k") == NO_PATIENCE


def test_whoever_waits_out_a_retry_after_comes_back_one_by_one(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        limits.hold_back(session, "k", 30)
    waits = [seconds(take(sessions, Limit("k", 60), patience=LONG)) for _ in range(3)]
    assert waits == pytest.approx([30, 31, 32], abs=0.5)


def test_keys_do_not_touch_each_other(sessions: Sessions) -> None:
    assert take(sessions, Limit("a", 1)).taken
    assert take(sessions, Limit("b", 1)).taken


def test_threads_share_a_limit(sessions: Sessions) -> None:
    with ThreadPoolExecutor(8) as pool:
        turns = list(pool.map(lambda _: take(sessions, Limit("k", 60, burst=5)), range(40)))
    assert sum(turn.taken for turn in turns) == pytest.approx(5, abs=2)  # and one for each second it takes


def test_processes_share_a_limit_and_one_that_is_killed_takes_nothing_along(
    sessions: Sessions, database_url: str
) -> None:
    def start(turns: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", TAKER, database_url, str(turns)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    endless, counted = start(1_000_000), start(20)
    assert endless.stdout is not None
    first = [float(endless.stdout.readline()) for _ in range(5)]
    endless.kill()
    own = [float(line) for line in counted.communicate(timeout=60)[0].split()]
    endless.communicate()
    with transaction(sessions) as session:
        booked = session.execute(
            text("SELECT extract(epoch FROM full_at - now()) FROM rate_limits WHERE key = 'k'")
        ).scalar_one()
    gaps = [later - earlier for earlier, later in itertools.pairwise(own)]
    assert len(first) == 5
    assert len(own) == 20
    assert all(gap > 0.5 for gap in gaps)  # no turn was given twice
    assert float(booked) >= max(own) - 5
    assert take(sessions, Limit("k", 60), patience=timedelta(days=365)).taken  # nobody is locked out


def test_what_says_nothing_any_more_is_idle(sessions: Sessions) -> None:
    take(sessions, Limit("old", 60))
    pass_time(sessions, 7200)
    take(sessions, Limit("new", 60))
    with transaction(sessions) as session:
        limits.hold_back(session, "held", 60)
        assert session.scalars(select(RateLimit.key).where(limits.is_idle())).all() == ["old"]
