"""The ticker goes by the machine's clock, which somebody may put back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from scheduler import recall

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def ticker() -> Iterator[BackgroundScheduler]:
    made = BackgroundScheduler(timezone="UTC")
    made.start(paused=True)
    yield made
    made.shutdown()


@pytest.mark.parametrize(("ahead", "comes_in"), [(59, 59), (60, 60), (3_600, 0), (86_400, 0)])
def test_a_tick_is_never_further_off_than_its_interval(
    ticker: BackgroundScheduler, ahead: int, comes_in: int
) -> None:
    ticker.add_job(print, "interval", seconds=60, id="tick", next_run_time=NOW + timedelta(seconds=ahead))
    ticker.add_job(print, "cron", minute=41, id="forget", next_run_time=NOW + timedelta(hours=1))
    recall(ticker, now=NOW)
    assert ticker.get_job("tick").next_run_time == NOW + timedelta(seconds=comes_in)
    assert ticker.get_job("forget").next_run_time == NOW + timedelta(hours=1)
