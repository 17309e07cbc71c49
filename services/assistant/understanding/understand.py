"""What a direct message asks for, Korean or English, as people type. Pure.

The rules are compiled with the first message read: that takes as long as half of all else at a process's
start, and most processes never read one.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from services.assistant.understanding.requests import Request, Unknown

LONGEST = 300


def understand(text: str, *, now: datetime, zone: ZoneInfo, locale: str) -> Request:
    """The request of a message. `now` is aware; `zone` and `locale` are the person's.

    Never raises. What is longer than a few sentences is not understood: such a text is no command.
    """
    from services.assistant.understanding import message, rules

    if len(text) > LONGEST:
        return Unknown()
    return rules.read(message.read_message(text, now=now, zone=zone, locale=locale))


def suggested(text: str, *, now: datetime, zone: ZoneInfo, locale: str) -> tuple[Request, ...]:
    """What a message may have meant, whether it was understood or not; arguments as for `understand`."""
    from services.assistant.understanding import message, suggest

    return suggest.suggestions(message.read_message(text, now=now, zone=zone, locale=locale))
