"""The primary calendar over real sockets: what is asked, what comes of it, and answers that are broken."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from google.oauth2.credentials import Credentials

from services.errors import SourceError, SourceRefused, SourceUnavailable
from services.sources.calendar import EVENT_LIMIT, fetch_events
from services.sources.records import Event
from tests.integration.google_server import Google, Reply, Request, error_reply, google, json_reply

SEOUL = ZoneInfo("Asia/Seoul")
TODAY = datetime(2026, 11, 20, tzinfo=SEOUL)


def fetch(server: Google) -> tuple[Event, ...]:
    return fetch_events(
        Credentials(token="t"),  # type: ignore[no-untyped-call]
        root=server.root,
        owner="kim@example.com",
        zone=SEOUL,
        start=TODAY,
        end=TODAY + timedelta(days=1),
    )


def event(n: int, **fields: Any) -> dict[str, Any]:
    start, end = ({"dateTime": f"2026-11-20T{hour:02}:00:00+09:00"} for hour in (9, 10))
    return {"id": f"e{n}", "summary": f"회의 {n}", "start": start, "end": end} | fields


def query(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}


def test_one_day_of_the_primary_calendar_is_asked_for_instance_by_instance() -> None:
    with google(lambda request: json_reply({"items": [event(1)]})) as server:
        assert [e.title for e in fetch(server)] == ["회의 1"]
    (request,) = server.seen
    asked = query(request)
    assert urlsplit(request.path).path == "/calendar/v3/calendars/primary/events"
    assert asked.pop("fields").startswith("nextPageToken,items(")
    assert asked == {
        "timeMin": "2026-11-20T00:00:00+09:00",
        "timeMax": "2026-11-21T00:00:00+09:00",
        "timeZone": "Asia/Seoul",
        "singleEvents": "true",
        "orderBy": "startTime",
        "showDeleted": "false",
        "maxResults": "250",
        "maxAttendees": "1",
        "alt": "json",
    }


def test_broken_cancelled_and_distant_items_are_left_out_declined_ones_are_not() -> None:
    items = [
        event(1),
        {"id": "e2"},
        "no object",
        event(3, start={"dateTime": "soon"}),
        event(4, status="cancelled"),
        event(5, start={"date": "2026-11-19"}, end={"date": "2026-11-20"}),
        event(6, attendees=[{"self": True, "responseStatus": "declined"}]),
    ]
    with google(lambda request: json_reply({"items": items})) as server:
        assert [(e.id, e.answer) for e in fetch(server)] == [("e1", ""), ("e6", "declined")]


@pytest.mark.parametrize("answer", [{}, {"items": None}, {"items": []}])
def test_an_empty_day_is_no_error(answer: dict[str, Any]) -> None:
    with google(lambda request: json_reply(answer)) as server:
        assert fetch(server) == ()


def test_further_pages_are_read() -> None:
    def script(request: Request) -> Reply:
        if query(request).get("pageToken") == "p2":
            return json_reply({"items": [event(2)]})
        return json_reply({"items": [event(1)], "nextPageToken": "p2"})

    with google(script) as server:
        assert [e.id for e in fetch(server)] == ["e1", "e2"]


def test_pages_without_end_are_bounded() -> None:
    page = {"items": [event(n) for n in range(100)], "nextPageToken": "again"}
    with google(lambda request: json_reply(page)) as server:
        assert len(fetch(server)) == EVENT_LIMIT
    assert len(server.seen) == 4


FAILURES: list[tuple[Reply, type[SourceError], str]] = [
    (error_reply(401, "authError"), SourceRefused, "unauthorized"),
    (error_reply(403, "insufficientPermissions"), SourceRefused, "missing_scope"),
    (error_reply(403, "rateLimitExceeded"), SourceUnavailable, "rate_limited"),
    (error_reply(404, "notFound"), SourceRefused, "not_found"),
    (error_reply(500, "backendError"), SourceUnavailable, "unavailable"),
    (Reply(200, b"<html>", "text/html"), SourceUnavailable, "unavailable"),
    (Reply(200), SourceUnavailable, "unavailable"),
    (json_reply({"items": {"a": 1}}), SourceUnavailable, "unavailable"),
    (Reply(drop=True), SourceUnavailable, "unavailable"),
]


@pytest.mark.parametrize(("reply", "kind", "code"), FAILURES)
def test_failures_are_told_apart(reply: Reply, kind: type[SourceError], code: str) -> None:
    with google(lambda request: reply) as server, pytest.raises(kind) as caught:
        fetch(server)
    assert caught.value.code == code
