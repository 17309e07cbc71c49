"""The API's token buckets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.routes.api.limit import KEPT, RateLimit


class Clock:
    """Goes when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_a_rate() -> None:
    clock = Clock()
    limit = RateLimit(burst=3, per_minute=60, clock=clock)
    assert [limit.take("a") for _ in range(3)] == [0, 0, 0]
    assert limit.take("a") == pytest.approx(1)
    assert limit.take("b") == 0
    clock.now += 1
    assert limit.take("a") == 0
    assert limit.take("a") == pytest.approx(1)
    clock.now += 3_600
    assert [limit.take("a") > 0 for _ in range(4)] == [False, False, False, True]


@given(st.lists(st.floats(min_value=0, max_value=30), max_size=60))
def test_never_more_than_promised(pauses: list[float]) -> None:
    clock = Clock()
    limit = RateLimit(burst=5, per_minute=60, clock=clock)
    began, taken = clock.now, 0
    for pause in pauses:
        clock.now += pause
        wait = limit.take("a")
        taken += wait == 0
        assert taken <= 5 + (clock.now - began) + 1e-6
        if wait:
            clock.now += wait + 1e-6
            assert limit.take("a") == 0
            taken += 1


def test_threads_share_a_bucket() -> None:
    limit = RateLimit(burst=50, per_minute=60, clock=Clock())
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(lambda _: limit.take("a"), range(200))).count(0) == 50


def test_a_flood_of_callers_is_forgotten_oldest_first() -> None:
    limit = RateLimit(burst=1, per_minute=1, clock=Clock())
    limit.take("first")
    for number in range(KEPT):
        limit.take(str(number))
    assert limit.take(str(KEPT - 1)) > 0
    assert limit.take("first") == 0
