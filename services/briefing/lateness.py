"""What is said of a briefing that comes late: pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.briefing.blocks import context
from services.briefing.moments import in_zone
from services.i18n import Translator

LATE = timedelta(minutes=15)


def lateness(due: datetime, late: timedelta, *, now: datetime, zone: ZoneInfo, t: Translator) -> str:
    """The apology, in words."""
    return t.gettext(
        "It was due {when} and is {late} late. Sorry about that.",
        when=t.day_and_time(in_zone(due, zone), today=in_zone(now, zone).date()),
        late=t.duration(late),
    )


def with_apology(content: dict[str, Any], apology: str) -> dict[str, Any]:
    """A composed message {text, blocks} with the apology below its heading."""
    blocks = list(content.get("blocks") or ())
    return {**content, "blocks": [*blocks[:1], *context([apology]), *blocks[1:]]}
