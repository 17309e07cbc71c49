"""Gmail's quota units: counted always, enforced where the control API says so."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.google.errors import rate_limited

WINDOW = timedelta(minutes=1)

# As Google counts for projects since May 2026; attachments and threads in proportion to the others.
UNITS = {
    "gmail.users.getProfile": 1,
    "gmail.users.history.list": 2,
    "gmail.users.labels.get": 1,
    "gmail.users.labels.list": 1,
    "gmail.users.messages.attachments.get": 20,
    "gmail.users.messages.get": 20,
    "gmail.users.messages.list": 5,
    "gmail.users.messages.send": 100,
    "gmail.users.threads.get": 40,
    "gmail.users.threads.list": 10,
}


@dataclass(slots=True)
class Quota:
    """Units each person's calls cost. `per_minute` None: counted, not enforced."""

    per_minute: int | None = None
    used: Counter[str] = field(default_factory=Counter)
    _recent: dict[str, deque[tuple[datetime, int]]] = field(default_factory=dict)

    def charge(self, person: str, operation: str, now: datetime) -> None:
        """Count one call; a call past the limit costs nothing and raises."""
        units = UNITS.get(operation, 0)
        if self.per_minute is not None and units:
            self._enforce(person, units, now, self.per_minute)
        self.used[person] += units

    def _enforce(self, person: str, units: int, now: datetime, limit: int) -> None:
        recent = self._recent.setdefault(person, deque())
        while recent and recent[0][0] <= now - WINDOW:
            recent.popleft()
        if sum(cost for _, cost in recent) + units > limit:
            wait = (recent[0][0] + WINDOW - now).total_seconds() if recent else WINDOW.total_seconds()
            raise rate_limited(
                "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of "
                "service 'gmail.googleapis.com'.",
                "userRateLimitExceeded",
                max(1, round(wait)),
            )
        recent.append((now, units))
