"""Calendars as Google has them: series, exceptions, zones, whole days, scopes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from google.oauth2.credentials import Credentials

from services.errors import SourceRefused
from services.sources.calendar import fetch_events
from services.sources.records import Event
from tests.integration.google_client import CALENDAR, READ, REDIRECT, Client, code_in, running

SEOUL = ZoneInfo("Asia/Seoul")
OWNER = "seoyeon@mail.example"
DAY = datetime(2026, 11, 20, tzinfo=SEOUL)


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[Client]:
    with running() as client:
        yield client


@pytest.fixture
def sandbox(running_sandbox: Client) -> Client:
    """A sandbox in which Seoyeon's calendar is empty."""
    running_sandbox.control("POST", "/reset")
    running_sandbox.control("DELETE", "/people/seoyeon/events")
    return running_sandbox


def add(sandbox: Client, summary: str, start: str, end: str, zone: str = "Asia/Seoul", **fields: Any) -> None:
    kind = "date" if len(start) == 10 else "dateTime"
    times = {name: {kind: value, "timeZone": zone} for name, value in (("start", start), ("end", end))}
    sandbox.control("POST", "/people/seoyeon/events", summary=summary, **times, **fields)


def fetch(sandbox: Client, days: int = 1, scopes: Sequence[str] = (CALENDAR,)) -> tuple[Event, ...]:
    asked = {
        "client_id": sandbox.client_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": " ".join(scopes),
        "state": "s",
    }
    url = f"{sandbox.base}/o/oauth2/v2/auth?{urlencode(asked)}"
    code = code_in(sandbox.control("POST", "/consent", url=url, person="seoyeon")["location"])
    answer = sandbox.token_call(grant_type="authorization_code", code=code, redirect_uri=REDIRECT).json()
    return fetch_events(
        Credentials(token=answer["access_token"]),  # type: ignore[no-untyped-call]
        root=sandbox.base,
        owner=OWNER,
        zone=SEOUL,
        start=DAY,
        end=DAY + timedelta(days=days),
    )


def test_a_day_in_order(sandbox: Client) -> None:
    add(sandbox, "점심", "2026-11-20T12:00:00+09:00", "2026-11-20T13:00:00+09:00")
    link: dict[str, Any] = {"htmlLink": "https://calendar.example.com/event?eid=x"}
    add(sandbox, "아침 회의", "2026-11-20T09:30:00+09:00", "2026-11-20T10:00:00+09:00", **link)
    add(sandbox, "어제", "2026-11-19T09:30:00+09:00", "2026-11-19T10:00:00+09:00")
    add(sandbox, "내일", "2026-11-21T09:30:00+09:00", "2026-11-21T10:00:00+09:00")
    events = fetch(sandbox)
    assert [event.title for event in events] == ["아침 회의", "점심"]
    assert events[0].link == "https://calendar.example.com/event?eid=x&authuser=seoyeon%40mail.example"


def test_a_series_is_one_event_a_day_without_the_cancelled_one(sandbox: Client) -> None:
    series: dict[str, Any] = {"id": "standup", "recurrence": ["RRULE:FREQ=DAILY;COUNT=5"]}
    add(sandbox, "스탠드업", "2026-11-19T09:00:00+09:00", "2026-11-19T09:15:00+09:00", **series)
    cancelled: dict[str, Any] = {
        "id": "standup_20261121T000000Z",
        "recurringEventId": "standup",
        "originalStartTime": {"dateTime": "2026-11-21T09:00:00+09:00"},
        "status": "cancelled",
    }
    add(sandbox, "스탠드업", "2026-11-21T09:00:00+09:00", "2026-11-21T09:15:00+09:00", **cancelled)
    events = fetch(sandbox, days=3)
    assert [event.start for event in events] == [
        DAY + timedelta(hours=9),
        DAY + timedelta(days=2, hours=9),
    ]
    assert all(event.recurring for event in events)


def test_a_call_in_new_york_is_told_in_seouls_time_in_both_seasons(sandbox: Client) -> None:
    add(sandbox, "Call", "2026-11-19T18:00:00-05:00", "2026-11-19T18:30:00-05:00", "America/New_York")
    (event,) = fetch(sandbox)
    assert event.start.isoformat() == "2026-11-20T08:00:00+09:00"


def test_whole_days_and_what_lasts_longer_than_the_day(sandbox: Client) -> None:
    add(sandbox, "연차", "2026-11-19", "2026-11-21")
    add(sandbox, "창립기념일", "2026-11-20", "2026-11-21")
    add(sandbox, "출장", "2026-11-18T08:00:00+09:00", "2026-11-22T20:00:00+09:00")
    found = {event.title: (event.all_day, event.start, event.end) for event in fetch(sandbox)}
    assert found["연차"] == (True, date(2026, 11, 19), date(2026, 11, 20))
    assert found["창립기념일"] == (True, date(2026, 11, 20), date(2026, 11, 20))
    assert found["출장"][0] is False


def test_a_declined_invitation_is_told_as_declined(sandbox: Client) -> None:
    guests = [{"email": OWNER, "self": True, "responseStatus": "declined"}, {"email": "a@example.com"}]
    add(sandbox, "세미나", "2026-11-20T15:00:00+09:00", "2026-11-20T16:00:00+09:00", attendees=guests)
    (event,) = fetch(sandbox)
    assert event.answer == "declined"


def test_a_consent_to_mail_alone_is_a_missing_scope(sandbox: Client) -> None:
    with pytest.raises(SourceRefused) as caught:
        fetch(sandbox, scopes=(READ,))
    assert caught.value.code == "missing_scope"


def test_the_casts_calendars_are_read_whole(running_sandbox: Client) -> None:
    """Whatever the cast has in its calendars this week: nothing is unreadable."""
    running_sandbox.control("POST", "/reset")
    assert isinstance(fetch(running_sandbox, days=7), tuple)
