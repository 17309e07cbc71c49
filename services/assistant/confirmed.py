"""A change as a button carries it, and read again when the button comes back: strictly, it may be forged."""

from __future__ import annotations

import re
from datetime import time

from services.assistant.understanding.requests import ChangeTime, Resume

_TIME = re.compile(r"time ([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_RESUME = "resume"


def written(change: ChangeTime | Resume) -> str:
    """`time 07:45` or `resume`."""
    return f"time {change.at:%H:%M}" if isinstance(change, ChangeTime) else _RESUME


def read(value: str) -> ChangeTime | Resume | None:
    """What `written` wrote; None for anything else."""
    if value == _RESUME:
        return Resume()
    found = _TIME.fullmatch(value)
    return ChangeTime(time(int(found[1]), int(found[2]))) if found else None
