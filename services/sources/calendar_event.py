"""One event as Google Calendar's JSON has it → `Event` in a given zone (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from services.sources.gmail.characters import clean_line
from services.sources.records import Event

TEXT_LIMIT = 300  # characters of a title or place
LINK_LIMIT = 2_000

# Where somebody works from today is nothing they go to.
_NO_APPOINTMENTS = ("workingLocation",)
_ONE_DAY = timedelta(days=1)
_WEB_LINK = re.compile(r"https?://[^\s<>\"'|]+", re.IGNORECASE)


def read_event(item: Mapping[str, Any], *, owner: str, zone: ZoneInfo) -> Event | None:
    """The event, its times in `zone`; None for a cancelled one and for what is no appointment.

    A missing title (a private event, or one that nobody named) is empty; `link` opens the event as `owner`.
    Raises ValueError for an item that is broken.
    """
    if item.get("status") == "cancelled" or item.get("eventType") in _NO_APPOINTMENTS:
        return None
    try:
        start, end, all_day = _span(item, zone)
    except (TypeError, AttributeError, LookupError, ArithmeticError) as exc:
        raise ValueError(f"an event's times cannot be read: {type(exc).__name__}") from exc
    location, meeting_link = _places(item)
    return Event(
        id=clean(item.get("id")),
        title=clean(item.get("summary")),
        start=start,
        end=end,
        all_day=all_day,
        location=location,
        meeting_link=meeting_link,
        link=_as_owner(_web_link(item.get("htmlLink")), owner),
        answer=_answer(item.get("attendees")),
        recurring=bool(item.get("recurringEventId") or item.get("recurrence")),
        organizer=_organizer(item.get("organizer")),
    )


def touches(event: Event, start: datetime, end: datetime, zone: ZoneInfo) -> bool:
    """Whether any of the event lies in [start, end); whole days are those of `zone`."""
    if isinstance(event.start, datetime) and isinstance(event.end, datetime):
        # By the instant: within one zone Python compares what clocks show, wrong in a repeated hour.
        begins, ends = event.start.timestamp(), event.end.timestamp()
        return begins < end.timestamp() and (ends > start.timestamp() or begins == start.timestamp())
    last_day = (end.astimezone(UTC) - timedelta.resolution).astimezone(zone).date()
    return event.start <= last_day and event.end >= start.astimezone(zone).date()


def clean(value: object) -> str:
    """Text on one line, at most TEXT_LIMIT characters; "" for what is no text."""
    return clean_line(value, TEXT_LIMIT) if isinstance(value, str) else ""


def _span(item: Mapping[str, Any], zone: ZoneInfo) -> tuple[datetime | date, datetime | date, bool]:
    """Start, end (never before it) and whether these are whole days, the last one inclusive."""
    begin, finish = item["start"], item.get("end") or item["start"]
    if begin.get("date"):
        first, after = date.fromisoformat(begin["date"]), date.fromisoformat(finish["date"])
        return first, max(first, after - _ONE_DAY), True
    started = _instant(begin, zone)
    start, end = (m.astimezone(zone) for m in (started, max(started, _instant(finish, zone))))
    midnights = start.time() == end.time() == time() and end.date() > start.date()
    if midnights and item.get("eventType") == "outOfOffice":
        # Google has no whole days out of office: it sends them from midnight to midnight.
        return start.date(), end.date() - _ONE_DAY, True
    return start, end, False


def _instant(point: Mapping[str, Any], zone: ZoneInfo) -> datetime:
    """The point in time, in UTC."""
    moment = datetime.fromisoformat(point["dateTime"])
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(point["timeZone"]) if point.get("timeZone") else zone)
    return moment.astimezone(UTC)


def _places(item: Mapping[str, Any]) -> tuple[str, str]:
    """Where it takes place and the link to join it; a place that is nothing but a link is only the latter."""
    place = item.get("location")
    link_in_place = _web_link(place)
    meeting_link = _web_link(item.get("hangoutLink")) or _conference_link(item) or link_in_place
    only_link = isinstance(place, str) and place.strip() == link_in_place
    return ("" if only_link else clean(place)), meeting_link


def _conference_link(item: Mapping[str, Any]) -> str:
    conference = item.get("conferenceData")
    points = conference.get("entryPoints") if isinstance(conference, dict) else None
    links = (
        _web_link(point.get("uri"))
        for point in (points if isinstance(points, list) else ())
        if isinstance(point, dict) and point.get("entryPointType") == "video"
    )
    return next(filter(None, links), "")


def _web_link(value: object) -> str:
    """The first http(s) link in a text, or ""."""
    found = _WEB_LINK.search(value[:LINK_LIMIT]) if isinstance(value, str) else None
    return found[0].rstrip(".,;:)]") if found else ""


def _as_owner(link: str, owner: str) -> str:
    """The link, opened as `owner` where somebody is signed in with several accounts."""
    if not link:
        return ""
    parts = urlsplit(link)
    query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k != "authuser"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("authuser", owner)])))


def _answer(attendees: object) -> str:
    own = (
        guest.get("responseStatus")
        for guest in (attendees if isinstance(attendees, list) else ())
        if isinstance(guest, dict) and guest.get("self")
    )
    answer = next(own, "")
    return answer if answer in ("accepted", "tentative", "declined", "needsAction") else ""


def _organizer(value: object) -> str:
    if not isinstance(value, dict):
        return ""
    return clean(value.get("displayName")) or clean(value.get("email"))
