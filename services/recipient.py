"""Whom a briefing is for: everything about a person that composing needs, read in one go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.db.engine import transaction
from services.db.models import BriefingSettings, GmailToken, User
from services.delivery import briefings, completion
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
    `seen_ids` are mails that earlier briefings have counted; `completes` are the sections that the day's
    briefing lacked, where this one completes it.
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
    completes: frozenset[str] = frozenset()


def read_recipient(
    runtime: Runtime, user_id: str, *, now: datetime, completing: date | None = None
) -> Recipient:
    """Read a person and their settings; decrypts nothing. Raises UnknownPerson for one who has left.

    `completing`: what the daily briefing of that local date told does not count as told.
    """
    with transaction(runtime.sessions) as session:
        user = session.get(User, user_id)
        if user is None:
            raise UnknownPerson(f"nobody is known as {user_id!r}")
        settings = session.get_one(BriefingSettings, user_id)
        token = session.query(GmailToken.details, GmailToken.scopes).filter_by(user_id=user_id).first()
        daily = session.scalar(completion.daily_of(user_id, completing)) if completing else None
        covered_until, but = settings.covered_until, daily.id if daily else None
        if covered_until and daily and daily.covers_since:
            covered_until = min(covered_until, daily.covers_since)
        cursor = covered_until or now - FIRST_LOOK_BACK
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
            read_from=cursor - OVERLAP if covered_until else cursor,
            covers_since=briefings.last_composed_at(session, user_id, but=but) or cursor,
            seen_ids=briefings.seen_message_ids(session, user_id, since=cursor - OVERLAP, but=but),
            silent_when_empty=settings.when_empty == "nothing",
            completes=completion.lacked(daily) if daily else frozenset(),
        )
