"""How often a caller may call: a token bucket each, kept as one moment (GCRA), in this process's memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

KEPT = 10_000


class RateLimit:
    """`burst` calls at once, then `per_minute`; thread-safe, and never more than `KEPT` callers remembered.

    A flood is refused without a query: that is why this is not in the database.
    """

    def __init__(self, *, burst: int, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._each = 60 / per_minute
        self._reach = burst * self._each
        self._clock = clock
        self._lock = threading.Lock()
        self._filled_again: dict[str, float] = {}

    def take(self, caller: str) -> float:
        """0 where the call may go ahead; otherwise the seconds until one may, and nothing was taken."""
        with self._lock:
            now = self._clock()
            filled = max(self._filled_again.get(caller, now), now) + self._each
            wait = filled - now - self._reach
            if wait > 1e-9:  # sums of floats
                return wait
            self._filled_again.pop(caller, None)
            self._filled_again[caller] = filled
            while len(self._filled_again) > KEPT:
                del self._filled_again[next(iter(self._filled_again))]
            return 0.0
