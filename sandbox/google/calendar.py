"""Calendar's methods, over the primary calendar of the person whose token it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.google.api import Call, Handler, json_answer
from sandbox.google.errors import Answer, ApiError
from sandbox.google.events import Calendar, EventResource, Window, span

LIST_DEFAULT, LIST_LIMIT = 250, 2_500


def _refuse(code: int, reason: str, message: str) -> ApiError:
    """Calendar's errors carry no canonical status."""
    return ApiError(code, reason, message)


def calendar_of(call: Call) -> Calendar:
    """The calendar that `calendarId` names: the token owner's primary one, the only one they can see."""
    if call.path["calendarId"] not in ("primary", call.person.google_email):
        raise _refuse(404, "notFound", "Not Found")
    return call.google.calendar(call.person)


def list_calendars(call: Call) -> Answer:
    calendar = call.google.calendar(call.person)
    return json_answer({"kind": "calendar#calendarList", "items": [_entry(calendar)]})


def get_calendar(call: Call) -> Answer:
    return json_answer(_entry(calendar_of(call)))


def _entry(calendar: Calendar) -> dict[str, Any]:
    return {
        "kind": "calendar#calendarListEntry",
        "id": calendar.owner,
        "summary": calendar.owner,
        "timeZone": calendar.timezone,
        "accessRole": "owner",
        "primary": True,
        "selected": True,
    }


def get_event(call: Call) -> Answer:
    calendar = calendar_of(call)
    everything = calendar.within(Window(None, None), expand=True, deleted=True)
    masters = calendar.events.values()
    wanted = call.path["eventId"]
    event = next((e for e in (*masters, *everything) if e["id"] == wanted), None)
    if event is None:
        raise _refuse(404, "notFound", "Not Found")
    return json_answer(_shown(event, _zone(call, calendar)))


def list_events(call: Call) -> Answer:
    calendar = calendar_of(call)
    zone = _zone(call, calendar)
    expand = call.query.get("singleEvents") == "true"
    by_start = _ordered_by_start(call, expand=expand)
    window = Window(_time(call, "timeMin"), _time(call, "timeMax"))
    if window.start and window.end and window.end <= window.start:
        raise _refuse(400, "timeRangeEmpty", "The specified time range is empty.")
    deleted = call.query.get("showDeleted") == "true"
    found = calendar.within(window, expand=expand, deleted=deleted)
    if by_start:
        found.sort(key=lambda event: span(event, zone))
    page, token = _page(call, [event for event in found if _mentions(event, call.query.get("q", ""))])
    return json_answer(
        {
            "kind": "calendar#events",
            "summary": calendar.owner,
            "timeZone": zone.key,
            "accessRole": "owner",
            "items": [_shown(event, zone) for event in page],
            **token,
        }
    )


def _ordered_by_start(call: Call, *, expand: bool) -> bool:
    order = call.query.get("orderBy", "")
    if order not in ("", "startTime", "updated"):
        raise _refuse(400, "badRequest", "Bad Request")
    if order == "startTime" and not expand:
        message = "The requested ordering is not available for the particular query."
        raise _refuse(400, "orderByNotSupported", message)
    return order == "startTime"


def _zone(call: Call, calendar: Calendar) -> ZoneInfo:
    name = call.query.get("timeZone") or calendar.timezone
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as exc:  # ZoneInfo has an error for each way to be no zone
        raise _refuse(400, "invalid", "Invalid time zone definition.") from exc


def _time(call: Call, name: str) -> datetime | None:
    """An RFC 3339 time, whose offset is mandatory; a `+` that came as a space is a client's mistake."""
    text = call.query.get(name)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as exc:
        raise _refuse(400, "badRequest", "Bad Request") from exc
    if at.tzinfo is None:
        raise _refuse(400, "badRequest", "Bad Request")
    return at


def _mentions(event: EventResource, q: str) -> bool:
    text = " ".join(str(event.get(name, "")) for name in ("summary", "description", "location"))
    return all(word in text.lower() for word in q.lower().split())


def _page(call: Call, found: list[EventResource]) -> tuple[list[EventResource], dict[str, str]]:
    size = call.integer("maxResults", LIST_DEFAULT, LIST_LIMIT) or LIST_DEFAULT
    token = call.query.get("pageToken", "")
    if token and not (token.isascii() and token.isdigit() and len(token) < 10):
        raise _refuse(400, "invalid", "Invalid page token value.")
    start = int(token or 0)
    more = {"nextPageToken": str(start + size)} if start + size < len(found) else {}
    return found[start : start + size], more


def _shown(event: EventResource, zone: ZoneInfo) -> EventResource:
    """Times in the zone asked for, as Google answers them."""
    times = {
        name: _in_zone(event[name], zone) for name in ("start", "end", "originalStartTime") if name in event
    }
    return {"kind": "calendar#event", "status": "confirmed", "eventType": "default"} | event | times


def _in_zone(value: dict[str, str], zone: ZoneInfo) -> dict[str, str]:
    if "dateTime" not in value:
        return value
    at = datetime.fromisoformat(value["dateTime"])
    aware = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(value.get("timeZone", zone.key)))
    return value | {"dateTime": aware.astimezone(zone).isoformat()}


HANDLERS: dict[str, Handler] = {
    "calendar.calendarList.list": list_calendars,
    "calendar.calendarList.get": get_calendar,
    "calendar.calendars.get": get_calendar,
    "calendar.events.list": list_events,
    "calendar.events.get": get_event,
}
