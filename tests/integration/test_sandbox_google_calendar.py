"""Calendar as google-api-python-client sees it in the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from tests.integration.google_client import CALENDAR, READ, Client, running

SEOUL = {"timeZone": "Asia/Seoul"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Client]:
    with running() as client:
        yield client


@pytest.fixture
def client(sandbox: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
    sandbox.control("POST", "/reset")
    sandbox.control("DELETE", "/people/seoyeon/events")
    return sandbox


@pytest.fixture
def api(client: Client) -> Any:
    return client.api(client.connect(scopes=[CALENDAR]), "calendar.v3")


def add(client: Client, **event: Any) -> dict[str, Any]:
    return client.control("POST", "/people/seoyeon/events", **event)


def timed(start: str, end: str, zone: str = "Asia/Seoul") -> dict[str, Any]:
    return {"start": {"dateTime": start, "timeZone": zone}, "end": {"dateTime": end, "timeZone": zone}}


def listed(api: Any, start: str, end: str, **options: Any) -> list[dict[str, Any]]:
    asked = {"singleEvents": True, "orderBy": "startTime"} | options
    answer = api.events().list(calendarId="primary", timeMin=start, timeMax=end, **asked).execute()
    items: list[dict[str, Any]] = answer["items"]
    return items


def starts(items: list[dict[str, Any]]) -> list[str]:
    return [item["start"].get("dateTime") or item["start"]["date"] for item in items]


def test_a_day_lists_what_touches_it_in_order(client: Client, api: Any) -> None:
    add(client, summary="late", **timed("2026-11-23T16:00:00+09:00", "2026-11-23T17:00:00+09:00"))
    add(client, summary="early", **timed("2026-11-23T09:00:00+09:00", "2026-11-23T09:30:00+09:00"))
    add(client, summary="over midnight", **timed("2026-11-22T23:00:00+09:00", "2026-11-23T01:00:00+09:00"))
    add(
        client, summary="ended at midnight", **timed("2026-11-22T22:00:00+09:00", "2026-11-23T00:00:00+09:00")
    )
    add(client, summary="tomorrow", **timed("2026-11-24T00:00:00+09:00", "2026-11-24T01:00:00+09:00"))
    add(client, summary="all day", start={"date": "2026-11-23"}, end={"date": "2026-11-24"})
    add(client, summary="day before", start={"date": "2026-11-22"}, end={"date": "2026-11-23"})
    found = listed(api, "2026-11-23T00:00:00+09:00", "2026-11-24T00:00:00+09:00")
    assert [event["summary"] for event in found] == ["over midnight", "all day", "early", "late"]
    assert found[1]["start"] == {"date": "2026-11-23"}


def test_recurring_events_become_instances_with_googles_ids(client: Client, api: Any) -> None:
    master = add(
        client,
        id="standup",
        summary="Stand-up",
        recurrence=["RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "EXDATE;TZID=Asia/Seoul:20261125T093000"],
        **timed("2026-11-02T09:30:00+09:00", "2026-11-02T09:45:00+09:00"),
    )
    found = listed(api, "2026-11-23T00:00:00+09:00", "2026-11-30T00:00:00+09:00")
    assert [start[:10] for start in starts(found)] == ["2026-11-23", "2026-11-24", "2026-11-26", "2026-11-27"]
    assert found[0]["id"] == f"{master['id']}_20261123T003000Z"
    assert found[0]["recurringEventId"] == "standup"
    assert found[0]["originalStartTime"]["dateTime"] == "2026-11-23T09:30:00+09:00"
    assert all("recurrence" not in event for event in found)
    masters = listed(
        api, "2026-11-23T00:00:00+09:00", "2026-11-30T00:00:00+09:00", singleEvents=False, orderBy=None
    )
    assert [event["id"] for event in masters] == ["standup"]
    assert (
        api.events().get(calendarId="primary", eventId=found[1]["id"]).execute()["start"] == found[1]["start"]
    )


def test_changed_and_cancelled_instances_replace_the_regular_ones(client: Client, api: Any) -> None:
    add(
        client,
        id="weekly",
        recurrence=["RRULE:FREQ=WEEKLY;COUNT=4"],
        **timed("2026-11-02T10:00:00+09:00", "2026-11-02T11:00:00+09:00"),
    )
    original = {"dateTime": "2026-11-09T10:00:00+09:00"}
    add(
        client,
        id="weekly_20261109T010000Z",
        recurringEventId="weekly",
        originalStartTime=original,
        **timed("2026-11-10T15:00:00+09:00", "2026-11-10T16:00:00+09:00"),
    )
    add(
        client,
        id="weekly_20261116T010000Z",
        recurringEventId="weekly",
        status="cancelled",
        originalStartTime={"dateTime": "2026-11-16T10:00:00+09:00"},
    )
    window = ("2026-11-01T00:00:00+09:00", "2026-12-31T00:00:00+09:00")
    assert [start[:13] for start in starts(listed(api, *window))] == [
        "2026-11-02T10",
        "2026-11-10T15",
        "2026-11-23T10",
    ]
    deleted = listed(api, *window, showDeleted=True)
    assert [event["id"] for event in deleted if event["status"] == "cancelled"] == ["weekly_20261116T010000Z"]


def test_a_weekly_call_keeps_its_wall_clock_over_the_end_of_summer_time(client: Client, api: Any) -> None:
    add(
        client,
        recurrence=["RRULE:FREQ=WEEKLY;UNTIL=20261115T000000Z"],
        **timed("2026-10-26T09:00:00-04:00", "2026-10-26T10:00:00-04:00", "America/New_York"),
    )
    found = listed(api, "2026-10-20T00:00:00Z", "2026-12-01T00:00:00Z", timeZone="Asia/Seoul")
    assert starts(found) == [
        "2026-10-26T22:00:00+09:00",
        "2026-11-02T23:00:00+09:00",
        "2026-11-09T23:00:00+09:00",
    ]
    assert found[0]["start"]["timeZone"] == "America/New_York"


def test_yearly_all_day_events_recur_by_date(client: Client, api: Any) -> None:
    add(client, recurrence=["RRULE:FREQ=YEARLY"], start={"date": "2020-11-23"}, end={"date": "2020-11-24"})
    found = listed(api, "2026-11-23T00:00:00+09:00", "2026-11-24T00:00:00+09:00")
    assert [(event["start"], event["end"]) for event in found] == [
        ({"date": "2026-11-23"}, {"date": "2026-11-24"})
    ]
    assert listed(api, "2026-11-24T00:00:00+09:00", "2026-11-25T00:00:00+09:00") == []


def test_lists_page_and_mask(client: Client, api: Any) -> None:
    for hour in range(10, 15):
        add(
            client,
            summary=str(hour),
            **timed(f"2026-11-23T{hour}:00:00+09:00", f"2026-11-23T{hour}:30:00+09:00"),
        )
    seen: list[str] = []
    request = api.events().list(
        calendarId="primary",
        singleEvents=True,
        orderBy="startTime",
        maxResults=2,
        fields="nextPageToken,items/summary",
    )
    while request is not None:
        answer = request.execute()
        assert set(answer) <= {"items", "nextPageToken"}
        seen += [event["summary"] for event in answer["items"]]
        request = api.events().list_next(request, answer)
    assert seen == ["10", "11", "12", "13", "14"]


def test_an_event_keeps_what_it_was_given(client: Client, api: Any) -> None:
    given = {
        "attendees": [{"email": "seoyeon@mail.example", "self": True, "responseStatus": "declined"}],
        "hangoutLink": "https://meet.example/abc",
        "conferenceData": {"entryPoints": [{"entryPointType": "video", "uri": "https://meet.example/abc"}]},
        "location": "회의실 2",
        "eventType": "focusTime",
    }
    add(client, **given, **timed("2026-11-23T10:00:00+09:00", "2026-11-23T11:00:00+09:00"))
    (found,) = listed(api, "2026-11-23T00:00:00+09:00", "2026-11-24T00:00:00+09:00")
    assert given.items() <= found.items()


def test_the_calendar_list_holds_the_primary_calendar(api: Any) -> None:
    (entry,) = api.calendarList().list().execute()["items"]
    assert (entry["id"], entry["primary"], entry["timeZone"]) == ("seoyeon@mail.example", True, "Asia/Seoul")


@pytest.mark.parametrize(
    ("query", "status", "reason"),
    [
        ("orderBy=startTime", 400, "orderByNotSupported"),
        ("timeMin=2026-11-23T00:00:00", 400, "badRequest"),
        ("timeMin=tomorrow", 400, "badRequest"),
        ("timeMin=2026-11-23T00:00:00Z&timeMax=2026-11-22T00:00:00Z", 400, "timeRangeEmpty"),
        ("timeZone=Mars/Olympus", 400, "invalid"),
        ("pageToken=x", 400, "invalid"),
    ],
)
def test_wrong_questions_are_refused(client: Client, query: str, status: int, reason: str) -> None:
    tokens = client.connect(scopes=[CALENDAR])
    answer = client.get(f"/calendar/v3/calendars/primary/events?{query}", tokens)
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (status, reason)


def test_nobody_sees_another_persons_calendar(client: Client, api: Any) -> None:
    with pytest.raises(HttpError) as refused:
        api.events().list(calendarId="minjun@mail.example").execute()
    assert refused.value.status_code == 404
    mail_only = client.connect("minjun", [READ])
    answer = client.get("/calendar/v3/calendars/primary/events", mail_only)
    assert answer.json()["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({"summary": "x"}, "start and end"),
        ({"start": {"dateTime": "noon"}, "end": {"dateTime": "noon"}}, "times cannot be read"),
        (timed("2026-11-23T11:00:00+09:00", "2026-11-23T10:00:00+09:00"), "ends before it begins"),
        (
            timed("2026-11-23T10:00:00+09:00", "2026-11-23T11:00:00+09:00") | {"recurrence": ["RRULE:OFTEN"]},
            "times cannot be read",
        ),
    ],
)
def test_an_event_that_makes_no_sense_is_not_added(
    client: Client, event: dict[str, Any], problem: str
) -> None:
    answer = client.http.post(f"{client.base}/_control/people/seoyeon/events", json=event)
    assert answer.status_code == 400
    assert problem in answer.json()["error"]
