"""How the benchmark counts round trips: only those count that had to wait for the one before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bench.pages import p95
from bench.preview import rounds

START = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begun", "expected"),
    [
        ([], 0),
        ([0], 1),
        ([0, 1, 2], 1),
        ([0, 50, 100], 3),
        ([0, 2, 52, 55, 110], 3),  # a feed and a token; searches and calendar; messages
        ([110, 0, 52, 2], 3),
        ([0, 49, 98], 2),
    ],
)
def test_requests_beside_each_other_are_one_round(begun: list[int], expected: int) -> None:
    moments = [START + timedelta(milliseconds=at) for at in begun]
    assert rounds(moments, timedelta(milliseconds=50)) == expected


def test_a_twentieth_may_be_slower_than_the_p95() -> None:
    assert p95([float(n) for n in range(1, 101)]) == 95
    assert p95([3.0]) == 3
