"""A person's calendar: events as Google's JSON has them, recurring ones expanded into their instances."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

INSTANCES_LIMIT = 2_500

EventResource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Window:
    """The time asked for; either end may be open."""

    start: datetime | None
    end: datetime | None

    def holds(self, begins: datetime, ends: datetime) -> bool:
        """Google's rule: it ends after the start and begins before the end."""
        after = self.start is None or ends > self.start or (begins == ends and ends >= self.start)
        return after and (self.end is None or begins < self.end)


@dataclass(slots=True)
class Calendar:
    """One person's primary calendar. `events` holds masters and changed instances by id."""

    owner: str
    timezone: str
    events: dict[str, EventResource] = field(default_factory=dict)

    def add(self, event: EventResource) -> None:
        """Take an event in; an event of the same id is replaced."""
        self.events[event["id"]] = event

    def within(self, window: Window, *, expand: bool, deleted: bool) -> list[EventResource]:
        """Events in a window. `expand`: instances in place of recurring masters."""
        found = self._expanded(window) if expand else list(self.events.values())
        zone = ZoneInfo(self.timezone)
        return [
            event
            for event in found
            if (deleted or event.get("status") != "cancelled")
            and ("recurrence" in event or window.holds(*span(event, zone)))
        ]

    def _expanded(self, window: Window) -> list[EventResource]:
        singles = [event for event in self.events.values() if "recurrence" not in event]
        changed = {event["id"] for event in singles}
        for master in self.events.values():
            if "recurrence" in master:
                singles += [i for i in self._instances(master, window) if i["id"] not in changed]
        return singles

    def _instances(self, master: EventResource, window: Window) -> Iterator[EventResource]:
        all_day = "date" in master["start"]
        zone = ZoneInfo("UTC" if all_day else master["start"].get("timeZone", self.timezone))
        begins, ends = span(master, zone)
        length = ends - begins
        rules = rrulestr("\n".join(master["recurrence"]), dtstart=begins.astimezone(zone), forceset=True)
        earliest = (window.start or begins) - length - timedelta(days=1)
        latest = (window.end or begins + timedelta(days=730)) + timedelta(days=1)
        for start in islice(rules.xafter(earliest, inc=True), INSTANCES_LIMIT):
            if start > latest:
                return
            yield _instance(master, start, length, all_day=all_day)


def _instance(master: EventResource, start: datetime, length: timedelta, *, all_day: bool) -> EventResource:
    stamp = start.strftime("%Y%m%d") if all_day else start.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    kept = {name: value for name, value in master.items() if name != "recurrence"}
    original = _moment(start, master["start"], all_day=all_day)
    return kept | {
        "id": f"{master['id']}_{stamp}",
        "recurringEventId": master["id"],
        "originalStartTime": original,
        "start": original,
        "end": _moment(start + length, master["end"], all_day=all_day),
    }


def _moment(at: datetime, like: dict[str, str], *, all_day: bool) -> dict[str, str]:
    if all_day:
        return {"date": at.date().isoformat()}
    return {"dateTime": at.isoformat(), "timeZone": like.get("timeZone", "UTC")}


def span(event: EventResource, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When an event begins and ends; all-day events at midnight in `zone`."""
    if "start" not in event:  # a cancelled instance may say no more than what it was
        at = moment(event["originalStartTime"], zone)
        return at, at
    return moment(event["start"], zone), moment(event["end"], zone)


def moment(value: dict[str, str], zone: ZoneInfo) -> datetime:
    """A `start` or `end` as an aware datetime."""
    if "date" in value:
        return datetime.combine(date.fromisoformat(value["date"]), time(), zone)
    at = datetime.fromisoformat(value["dateTime"])
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(value.get("timeZone", zone.key)))


def complete_event(event: object, calendar: Calendar) -> EventResource:
    """An event given by hand, with what Google would add. ValueError where it makes no sense."""
    if not isinstance(event, dict):
        raise ValueError("an event is a JSON object")
    missing = [name for name in ("start", "end") if not isinstance(event.get(name), dict)]
    if missing and event.get("status") != "cancelled":
        raise ValueError(f"an event needs {' and '.join(missing)}")
    digest = hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()[:26]
    event_id = str(event.get("id", digest))
    complete = {"iCalUID": f"{event_id}@google.com", "organizer": {"email": calendar.owner, "self": True}}
    complete |= event | {"id": event_id}
    try:
        begins, ends = span(complete, ZoneInfo(calendar.timezone))
        if "recurrence" in complete:
            rrulestr("\n".join(complete["recurrence"]), dtstart=begins, forceset=True)
    except (KeyError, TypeError, ValueError) as exc:
        raise ValueError(f"the event's times cannot be read: {exc}") from exc
    if ends < begins:
        raise ValueError("the event ends before it begins")
    return complete
