"""The owner's appointments from Google Calendar, in their zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog

from services.errors import SourceUnavailable
from services.sources.calendar_event import read_event, touches
from services.sources.google_api import build_api, execute
from services.sources.records import Event

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from googleapiclient._apis.calendar.v3 import CalendarResource

EVENT_LIMIT = 250
PAGE_LIMIT = 4  # Google may answer short pages

_FIELDS = (
    "nextPageToken,items(id,status,summary,start,end,location,hangoutLink,htmlLink,eventType,"
    "recurringEventId,recurrence,conferenceData/entryPoints(entryPointType,uri),"
    "attendees(self,responseStatus),organizer(displayName,email))"
)

_log = structlog.get_logger(__name__)


def fetch_events(
    credentials: Credentials,
    *,
    root: str,
    owner: str,
    zone: ZoneInfo,
    start: datetime,
    end: datetime,
) -> tuple[Event, ...]:
    """Appointments of the primary calendar that touch [start, end), by start, at most 250.

    Recurring ones are single instances; cancelled ones are left out, declined ones are in it with their
    answer. `start` and `end` are aware; the events' times are in `zone`. A broken item is skipped. Raises
    SourceError as `google_errors` says.
    """
    events: list[Event] = []
    for item in _items(credentials, _events(root), zone, start, end):
        event = _parsed(item, owner, zone)
        if event is not None and touches(event, start, end, zone):
            events.append(event)
    return tuple(events[:EVENT_LIMIT])


@cache
def _events(root: str) -> CalendarResource.EventsResource:
    resource: CalendarResource.EventsResource = build_api("calendar", "v3", root).resource.events()
    return resource


def _items(
    credentials: Credentials,
    events: CalendarResource.EventsResource,
    zone: ZoneInfo,
    start: datetime,
    end: datetime,
) -> Iterator[object]:
    page_token: str | None = None
    for _ in range(PAGE_LIMIT):
        answer = execute(credentials, _page(events, zone, start, end, page_token))
        items = answer.get("items") or []
        if not isinstance(items, list):
            raise SourceUnavailable("the calendar's list of events is malformed")
        yield from items
        page_token = answer.get("nextPageToken")
        if not page_token:
            return


def _page(
    events: CalendarResource.EventsResource,
    zone: ZoneInfo,
    start: datetime,
    end: datetime,
    page_token: str | None,
) -> str:
    request = events.list(
        calendarId="primary",
        timeMin=start.isoformat(timespec="seconds"),
        timeMax=end.isoformat(timespec="seconds"),
        timeZone=zone.key,
        singleEvents=True,
        orderBy="startTime",
        showDeleted=False,
        maxResults=EVENT_LIMIT,
        # Of the guests only the owner's own entry is needed; all-hands have hundreds.
        maxAttendees=1,
        fields=_FIELDS,
        pageToken=page_token,
    )
    return request.uri


def _parsed(item: object, owner: str, zone: ZoneInfo) -> Event | None:
    try:
        return read_event(item, owner=owner, zone=zone) if isinstance(item, dict) else None
    except ValueError as exc:
        _log.warning("event_unreadable", error=str(exc))
        return None
