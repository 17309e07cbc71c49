"""When an old access token ends, of the many ways in which that was written. Pure."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

LONGEST = timedelta(days=1)
MILLISECONDS = 1e11  # more seconds than these are the year 5138


def read_expiry(value: object, *, now: datetime) -> datetime | None:
    """The moment meant; None where none is, or one that no access token lives to see.

    ISO 8601 (without a zone UTC, as google-auth and oauth2client write it), or seconds or milliseconds since
    1970 as a number or its digits.
    """
    found = _from_number(value) or _from_text(value)
    return found if found is not None and found - now < LONGEST else None


def _from_number(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
        seconds = number / 1000 if abs(number) > MILLISECONDS else number
        return datetime.fromtimestamp(seconds, UTC) if math.isfinite(seconds) and seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def _from_text(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
