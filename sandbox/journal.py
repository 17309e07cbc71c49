"""What the sandbox was asked, for assertions and for looking. Never a token, never a query string."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime

KEPT = 5_000


@dataclass(slots=True)
class Seen:
    """One request. `status` is 0 where no answer was given, `inner` marks a part of a batch."""

    op: str
    method: str
    path: str
    person: str
    at: datetime
    inner: bool = False
    status: int = 0


@dataclass(slots=True)
class Journal:
    """The last requests, oldest first, and how many there were of each kind since the last reset."""

    requests: deque[Seen] = field(default_factory=lambda: deque(maxlen=KEPT))
    by_operation: Counter[str] = field(default_factory=Counter)

    def note(self, seen: Seen) -> Seen:
        """Keep a request; its status may be filled in later."""
        self.requests.append(seen)
        self.by_operation[seen.op] += 1
        return seen

    def clear(self) -> None:
        self.requests.clear()
        self.by_operation.clear()
