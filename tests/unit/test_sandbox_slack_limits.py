"""How often Slack lets itself be asked."""

from __future__ import annotations

from sandbox.slack.limits import Limiter, Rate

ONE_A_SECOND = Rate(60, 3)


def test_a_burst_is_let_through_then_one_a_second() -> None:
    limiter = Limiter()
    waits = [limiter.take("post", {"channel": ONE_A_SECOND}, 100.0) for _ in range(5)]
    assert waits == [0, 0, 0, 1, 1]
    assert limiter.take("post", {"channel": ONE_A_SECOND}, 101.0) == 0
    assert limiter.take("post", {"channel": ONE_A_SECOND}, 101.0) == 1
    assert limiter.refused == {"post": 3}


def test_seconds_to_wait_are_enough() -> None:
    limiter, rates = Limiter(), {"method": Rate(20, 1)}
    limiter.take("m", rates, 0.0)
    assert limiter.take("m", rates, 0.5) == 3
    assert limiter.take("m", rates, 3.5) == 0


def test_a_quiet_hour_saves_up_no_more_than_a_burst() -> None:
    limiter, rates = Limiter(), {"channel": ONE_A_SECOND}
    limiter.take("post", rates, 0.0)
    assert [limiter.take("post", rates, 3600.0) for _ in range(4)] == [0, 0, 0, 1]


def test_a_refused_call_uses_nothing_up() -> None:
    limiter, narrow, wide = Limiter(), {"a": Rate(60, 1)}, {"b": Rate(60, 1)}
    limiter.take("post", narrow, 0.0)
    assert limiter.take("post", narrow | wide, 0.0) == 1
    assert limiter.take("post", wide, 0.0) == 0


def test_a_reset_forgives() -> None:
    limiter, rates = Limiter(), {"a": Rate(60, 1)}
    limiter.take("post", rates, 0.0)
    limiter.take("post", rates, 0.0)
    limiter.reset()
    assert (limiter.take("post", rates, 0.0), limiter.refused) == (0, {})
