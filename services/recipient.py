"""Whom a briefing is for: everything about a person that composing needs, read in one go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.db.engine import transaction
from services.db.models import BriefingSettings, GmailToken, User
from services.delivery import briefings
from services.due import zone_of
from services.people.registry import UnknownPerson
from services.runtime import Runtime
from services.tokens import scopes

OVERLAP = timedelta(hours=1)
FIRST_LOOK_BACK = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person as the briefing sees them.

    `sections` are those turned on; `calendar_granted` says whether Google was asked for it. `read_from` is
    where reading mail starts (the cursor with an hour's overlap), `covers_since` what the message says;
    `seen_ids` are mails that earlier briefings have counted.
    """

    user_id: str
    name: str
    locale: str
    zone: ZoneInfo
    sections: frozenset[str]
    feeds: tuple[str, ...]
    vips: frozenset[str]
    muted: frozenset[str]
    google_email: str
    calendar_granted: bool
    read_from: datetime
    covers_since: datetime
    seen_ids: frozenset[str]
    silent_when_empty: bool


def read_recipient(runtime: Runtime, user_id: str, *, now: datetime) -> Recipient:
    """Read a person and their settings; decrypts nothing. Raises UnknownPerson for one who has left."""
    with transaction(runtime.sessions) as session:
        user = session.get(User, user_id)
        if user is None:
            raise UnknownPerson(f"nobody is known as {user_id!r}")
        settings = session.get_one(BriefingSettings, user_id)
        token = session.query(GmailToken.details, GmailToken.scopes).filter_by(user_id=user_id).first()
        cursor = settings.covered_until or now - FIRST_LOOK_BACK
        return Recipient(
            user_id=user.id,
            name=user.display_name,
            locale=user.locale,
            zone=zone_of(user.timezone),
            sections=frozenset(settings.sections),
            feeds=tuple(settings.feeds),
            vips=frozenset(settings.vips),
            muted=frozenset(settings.muted),
            google_email=str((token.details or {}).get("email") or "") if token else "",
            calendar_granted=bool(token and scopes.CALENDAR & set(token.scopes or ())),
            read_from=cursor - OVERLAP if settings.covered_until else cursor,
            covers_since=briefings.last_composed_at(session, user_id) or cursor,
            seen_ids=briefings.seen_message_ids(session, user_id, since=cursor - OVERLAP),
            silent_when_empty=settings.when_empty == "nothing",
        )
