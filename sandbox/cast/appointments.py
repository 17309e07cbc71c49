"""The cast's appointments as Google's JSON, around the day on which the sandbox started."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.cast.letters import Address, address
from sandbox.cast.reading import address_in, content_for
from sandbox.google.events import EventResource
from sandbox.world import Person

_WEEKDAYS = "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"


def appointments_for(person: Person, now: datetime) -> list[EventResource]:
    """Everything in a person's calendar at the start."""
    entries = [*content_for(person.key, "event"), *content_for(person.locale, "event")]
    return [event for entry in entries for event in _events(entry, person, now)]


def _events(entry: dict[str, Any], person: Person, now: datetime) -> list[EventResource]:
    zone = ZoneInfo(entry.get("zone", person.timezone))
    day = now.astimezone(zone).date() + timedelta(days=entry.get("day", 0))
    if entry.get("weekdays"):
        return _every_weekday(entry, person, day, zone)
    return [_event(entry, person) | _times(entry, day, zone)]


def _every_weekday(entry: dict[str, Any], person: Person, day: date, zone: ZoneInfo) -> list[EventResource]:
    """A series that began weeks ago, whose next occasion after today is called off."""
    began = day - timedelta(days=day.weekday() + 28)
    master = _event(entry, person) | _times(entry, began, zone) | {"recurrence": [_WEEKDAYS]}
    off = day + timedelta(days={4: 3, 5: 2}.get(day.weekday(), 1))
    start = _times(entry, off, zone)["start"]
    stamp = datetime.fromisoformat(start["dateTime"]).astimezone(ZoneInfo("UTC")).strftime("%Y%m%dT%H%M%SZ")
    called_off = {
        "id": f"{master['id']}_{stamp}",
        "status": "cancelled",
        "recurringEventId": master["id"],
        "originalStartTime": start,
    }
    return [master, called_off]


def _times(entry: dict[str, Any], day: date, zone: ZoneInfo) -> dict[str, Any]:
    if days := entry.get("all_day"):
        last = day + timedelta(days=days)
        return {"start": {"date": day.isoformat()}, "end": {"date": last.isoformat()}}
    start = datetime.combine(day, time.fromisoformat(entry["at"]), zone)
    end = start + timedelta(minutes=entry["minutes"])
    return {
        "start": {"dateTime": start.isoformat(), "timeZone": zone.key},
        "end": {"dateTime": end.isoformat(), "timeZone": zone.key},
    }


def _event(entry: dict[str, Any], person: Person) -> EventResource:
    event_id = f"{person.key}{entry['key'].replace('-', '')}"
    organizer = address_in(entry.get("organizer", "me"), person)
    event: EventResource = {
        "id": event_id,
        "iCalUID": f"{event_id}@google.com",
        "status": "cancelled" if entry.get("cancelled") else "confirmed",
        "summary": entry["title"],
        "organizer": _party(organizer, person),
        "htmlLink": f"https://www.google.com/calendar/event?eid={event_id}",
    }
    if "location" in entry:
        event["location"] = entry["location"]
    if "answer" in entry:
        guest = _party(address(person), person) | {"responseStatus": entry["answer"]}
        event["attendees"] = [_party(organizer, person) | {"responseStatus": "accepted"}, guest]
    return event | (_meeting(entry["meeting"]) if "meeting" in entry else {})


def _party(who: Address, person: Person) -> dict[str, Any]:
    mine = {"self": True} if who[1] == person.google_email else {}
    return {"email": who[1], "displayName": who[0]} | mine


def _meeting(link: str) -> dict[str, Any]:
    entry_point = {"entryPointType": "video", "uri": link, "label": link.removeprefix("https://")}
    return {"hangoutLink": link, "conferenceData": {"entryPoints": [entry_point]}}
