"""What somebody has chosen for their briefing, when two people become one.

Whoever stays keeps what they have changed from what everybody begins with; where they have not, what the
other one has changed holds. The language stays: it is the one they read the portal in.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services import preferences
from services.db.models import SECTIONS, BriefingSettings, User
from services.due import zone_of
from services.settings import Settings

WEEKDAYS = [1, 2, 3, 4, 5]


def settle(session: Session, settings: Settings, gone: User, stays: User, *, kept_token: str | None) -> None:
    """Make one person's settings of two; what had come due and was not begun is due still.

    `kept_token` is whose mailbox it is from now on: that one's cursor holds.
    """
    theirs, own = (session.get_one(BriefingSettings, user.id) for user in (gone, stays))
    cursors = [one.covered_until for one in (theirs, own) if kept_token in (None, one.user_id)]
    own.covered_until = max((cursor for cursor in cursors if cursor), default=None)
    now = session.execute(select(func.now())).scalar_one()
    if theirs.enabled and theirs.next_due_at is not None and theirs.next_due_at <= now:
        own.next_due_at = min(own.next_due_at or theirs.next_due_at, theirs.next_due_at)
    session.flush()
    preferences.change(session, stays.id, **_chosen(settings, theirs, own), **_zone(settings, gone, stays))


def _chosen(settings: Settings, theirs: BriefingSettings, own: BriefingSettings) -> dict[str, Any]:
    beginnings: dict[str, Any] = {
        "enabled": True,
        "send_at": settings.briefing_time,
        "weekdays": WEEKDAYS,
        "sections": list(SECTIONS),
        "feeds": list(settings.news_feeds),
        "vips": [],
        "muted": [],
        "paused_until": None,
    }
    chosen = {
        name: getattr(theirs, name)
        for name, beginning in beginnings.items()
        if getattr(own, name) == beginning != getattr(theirs, name)
    }
    important = chosen.get("vips", own.vips)
    if "vips" in chosen or "muted" in chosen:  # nobody is both
        muted = chosen.get("muted", own.muted)
        chosen["muted"] = [address for address in muted if address not in important]
    return chosen


def _zone(settings: Settings, gone: User, stays: User) -> dict[str, str]:
    known = zone_of(gone.timezone).key == gone.timezone
    return {"timezone": gone.timezone} if known and stays.timezone == settings.briefing_timezone else {}
