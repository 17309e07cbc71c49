"""What somebody wants in their briefing and when, and the words they are spoken to in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from services.db.models import SECTIONS, Briefing, BriefingSettings, User
from services.delivery import ahead
from services.due import countries, is_wanted_on, next_due, zone_named, zone_of
from services.errors import PreferenceRefused
from services.i18n import LANGUAGES
from services.people.registry import UnknownPerson

FEED_LIMIT = 20
SENDER_LIMIT = 200
TEXT_LIMIT = 2_000
LONGEST_PAUSE = timedelta(days=366)
# Nearly every page reads it; making a statement takes as long as running it, so it is made once.
_OWN = (
    select(User, BriefingSettings, ahead.next_due())
    .join(BriefingSettings)
    .where(User.id == bindparam("user_id"))
)
ADDRESS = re.compile(r"[^\s@<>,;\"]{1,64}@[^\s@<>,;\"]{1,253}")


@dataclass(frozen=True, slots=True)
class Preferences:
    """A person's settings. `weekdays` are ISO numbers, Monday 1; `paused_until` is the last day without.
    `holidays_of` is the country on whose public holidays there is none; `when_empty` is line or nothing.

    `next_due_at` is when the next briefing comes (None: none will), `covered_until` how far mail has been
    told.
    """

    send_at: time
    timezone: str
    weekdays: tuple[int, ...]
    enabled: bool
    paused_until: date | None
    holidays_of: str | None
    when_empty: str
    email_fallback: bool
    sections: tuple[str, ...]
    feeds: tuple[str, ...]
    vips: tuple[str, ...]
    muted: tuple[str, ...]
    locale: str
    next_due_at: datetime | None
    covered_until: datetime | None


def read(session: Session, user_id: str) -> Preferences:
    """Somebody's settings. Raises UnknownPerson."""
    found = session.execute(_OWN, {"user_id": user_id}).first()
    if found is None:
        raise UnknownPerson(f"nobody is known as {user_id!r}")
    return _preferences(*found)


def change(session: Session, user_id: str, **changes: Any) -> Preferences:
    """Change some settings, all or none, and work out when the next briefing comes.

    Raises PreferenceRefused whose `field` names the setting and whose code says what is wrong with it:
    unknown_field, wrong_type, unknown_timezone, unknown_language, no_weekday, no_section, unknown_section,
    pause_too_long, unknown_country, too_many, not_an_address, not_a_feed, vip_and_muted.
    Raises UnknownPerson.
    """
    checked = {name: _checked(name, value) for name, value in changes.items()}
    found = session.execute(
        select(User, BriefingSettings)
        .join(BriefingSettings)
        .where(User.id == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise UnknownPerson(f"nobody is known as {user_id!r}")
    user, record = found
    wanted = [day for day in ahead.days(session, user.id) if is_wanted_on(record, day)]
    for name, value in checked.items():
        setattr(user if name in {"timezone", "locale"} else record, name, value)
    if set(record.vips) & set(record.muted):
        raise _refused("vip_and_muted", "muted" if "muted" in changes else "vips")
    now = session.execute(select(func.now())).scalar_one()
    if record.paused_until is not None and record.paused_until > now.date() + LONGEST_PAUSE:
        raise _refused("pause_too_long", "paused_until")
    _adjust_those_under_way(session, user, record, wanted)
    record.next_due_at = _following(session, user, record, now)
    session.flush()
    return read(session, user_id)


def _adjust_those_under_way(
    session: Session, user: User, record: BriefingSettings, wanted: list[date]
) -> None:
    """Let briefings on their way follow the change: one not composed yet before its time takes the new time.

    One that is composed keeps its time, and one whose time has come still comes, unless none is wanted on
    its day any more; what was `wanted` on no setting's account (by hand, on a day off) comes in any case.
    """
    ahead.withdraw(session, user.id)
    for day in wanted:
        if not is_wanted_on(record, day):
            ahead.call_off(session, user.id, day)


def _following(session: Session, user: User, record: BriefingSettings, now: datetime) -> datetime | None:
    """The next due instant of a day that has no briefing yet.

    One whose time has come and that has not been started is kept, unless it still comes today, or is not
    wanted any more.
    """
    zone, pending = zone_of(user.timezone), record.next_due_at
    had = set(
        session.scalars(
            select(Briefing.local_date).where(
                Briefing.user_id == user.id,
                Briefing.kind == "daily",
                Briefing.local_date >= now.date() - timedelta(days=1),
            )
        )
    )
    following = next_due(record, user.timezone, after=now)
    while following is not None and following.astimezone(zone).date() in had:
        following = next_due(record, user.timezone, after=following)
    if pending is None or pending > now or following is None:
        return following
    today = now.astimezone(zone).date()
    comes_today = following.astimezone(zone).date() == today
    kept = is_wanted_on(record, pending.astimezone(zone).date()) and not comes_today
    return pending if kept else following


def _preferences(user: User, record: BriefingSettings, waiting: datetime | None) -> Preferences:
    return Preferences(
        send_at=record.send_at,
        timezone=user.timezone,
        weekdays=tuple(record.weekdays),
        enabled=record.enabled,
        paused_until=record.paused_until,
        holidays_of=record.holidays_of,
        when_empty=record.when_empty,
        email_fallback=record.email_fallback,
        sections=tuple(record.sections),
        feeds=tuple(record.feeds),
        vips=tuple(record.vips),
        muted=tuple(record.muted),
        locale=user.locale,
        next_due_at=waiting or record.next_due_at,
        covered_until=record.covered_until,
    )


def _refused(code: str, field: str) -> PreferenceRefused:
    return PreferenceRefused(f"{field}: {code}", code=code, field=field)


def _checked(field: str, value: Any) -> Any:
    check = CHECKS.get(field)
    if check is None:
        raise _refused("unknown_field", field)
    try:
        return check(field, value)
    except (TypeError, AttributeError) as exc:
        raise _refused("wrong_type", field) from exc


def _time(field: str, value: time) -> time:
    if not isinstance(value, time):
        raise _refused("wrong_type", field)
    return value.replace(second=0, microsecond=0, tzinfo=None)


def _timezone(field: str, value: str) -> str:
    if zone_named(value) is None:
        raise _refused("unknown_timezone", field)
    return value


def _locale(field: str, value: str) -> str:
    if value not in LANGUAGES:
        raise _refused("unknown_language", field)
    return value


def _weekdays(field: str, value: Iterable[int]) -> list[int]:
    days = sorted(set(value))
    if not days or not set(days) <= set(range(1, 8)):
        raise _refused("no_weekday", field)
    return days


def _yes_or_no(field: str, value: bool) -> bool:
    if not isinstance(value, bool):
        raise _refused("wrong_type", field)
    return value


def _day(field: str, value: date | None) -> date | None:
    if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
        raise _refused("wrong_type", field)
    return value


def _country(field: str, value: str | None) -> str | None:
    if value is not None and value not in countries():
        raise _refused("unknown_country", field)
    return value


def _when_empty(field: str, value: str) -> str:
    if value not in {"line", "nothing"}:
        raise _refused("wrong_type", field)
    return value


def _sections(field: str, value: Iterable[str]) -> list[str]:
    wanted = set(value)
    if not wanted <= set(SECTIONS):
        raise _refused("unknown_section", field)
    if not wanted:
        raise _refused("no_section", field)
    return [name for name in SECTIONS if name in wanted]


def _feeds(field: str, value: Iterable[str]) -> list[str]:
    """Addresses only: whether one may be fetched is decided where it is."""
    feeds = _texts(field, value, FEED_LIMIT)
    for feed in feeds:
        try:
            parts = urlsplit(feed)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
        except ValueError:
            usable = False
        if not usable or not feed.isprintable() or " " in feed:
            raise _refused("not_a_feed", field)
    return feeds


def _addresses(field: str, value: Iterable[str]) -> list[str]:
    addresses = list(dict.fromkeys(text.lower() for text in _texts(field, value, SENDER_LIMIT)))
    if not all(ADDRESS.fullmatch(address) and address.isprintable() for address in addresses):
        raise _refused("not_an_address", field)
    return addresses


def _texts(field: str, value: Iterable[str], most: int) -> list[str]:
    """Each once, in the order given, blank ones left out."""
    if isinstance(value, str):
        raise _refused("wrong_type", field)
    texts = [text for text in dict.fromkeys(text.strip() for text in value) if text]
    if len(texts) > most or any(len(text) > TEXT_LIMIT for text in texts):
        raise _refused("too_many", field)
    return texts


CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "send_at": _time,
    "timezone": _timezone,
    "weekdays": _weekdays,
    "enabled": _yes_or_no,
    "paused_until": _day,
    "holidays_of": _country,
    "when_empty": _when_empty,
    "email_fallback": _yes_or_no,
    "sections": _sections,
    "feeds": _feeds,
    "vips": _addresses,
    "muted": _addresses,
    "locale": _locale,
}
