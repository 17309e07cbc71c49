"""Slack's rate limits: one message a second in a channel, some hundreds a minute in a workspace, and a tier
for each method. Whoever asks too often gets HTTP 429 and the seconds to wait.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Rate(NamedTuple):
    """So many calls a minute on average, of which `burst` may come at once."""

    per_minute: float
    burst: int


PER_CHANNEL, PER_WORKSPACE = Rate(60, 4), Rate(300, 60)
TIER_2, TIER_3, TIER_4 = Rate(20, 20), Rate(50, 50), Rate(100, 100)


@dataclass(slots=True)
class Limiter:
    """Token buckets by key. `refused` counts the 429 answers by method; `enabled` switches all of it."""

    enabled: bool = True
    channel: Rate = PER_CHANNEL
    workspace: Rate = PER_WORKSPACE
    methods: Mapping[str, Rate] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    _free_at: dict[str, float] = field(default_factory=dict)

    def take(self, method: str, rates: Mapping[str, Rate], now: float) -> int:
        """Whole seconds to wait before `method` may be called again, 0 when it was admitted.

        All of `rates`, by key, must admit the call; a refused call uses none of them up.
        `now` is in seconds on any clock that only goes forward.
        """
        if not self.enabled:
            return 0
        wait = max(self._wait(key, rate, now) for key, rate in rates.items())
        if wait > 0:
            self.refused[method] += 1
            return math.ceil(wait)
        for key, rate in rates.items():
            self._free_at[key] = max(self._free_at.get(key, 0.0), now) + 60 / rate.per_minute
        return 0

    def _wait(self, key: str, rate: Rate, now: float) -> float:
        reserve = (rate.burst - 1) * 60 / rate.per_minute
        return self._free_at.get(key, 0.0) - reserve - now

    def pass_time(self, seconds: float) -> None:
        """Let every call be so much longer ago."""
        self._free_at = {key: at - seconds for key, at in self._free_at.items()}

    def reset(self) -> None:
        """Forget every call and every refusal; the rates stay."""
        self._free_at.clear()
        self.refused.clear()
