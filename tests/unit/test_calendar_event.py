"""Google's event JSON → Event: zones, whole days, links, answers, and items that are broken."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sources.calendar_event import TEXT_LIMIT, clean, read_event, touches
from services.sources.records import Event

SEOUL = ZoneInfo("Asia/Seoul")
NEW_YORK = ZoneInfo("America/New_York")
OWNER = "kim.sora+work@example.com"


def item(**fields: Any) -> dict[str, Any]:
    return {
        "id": "e1",
        "status": "confirmed",
        "summary": "주간 회의",
        "start": {"dateTime": "2026-11-20T10:00:00+09:00"},
        "end": {"dateTime": "2026-11-20T11:00:00+09:00"},
    } | fields


def read(zone: ZoneInfo = SEOUL, **fields: Any) -> Event:
    event = read_event(item(**fields), owner=OWNER, zone=zone)
    assert event is not None
    return event


def timed(start: str, end: str, **more: str) -> dict[str, Any]:
    return {"start": {"dateTime": start} | more, "end": {"dateTime": end} | more}


def whole(first: str, after: str) -> dict[str, Any]:
    return {"start": {"date": first}, "end": {"date": after}}


SPANS: list[tuple[str, ZoneInfo, dict[str, Any], str, str]] = [
    ("same zone", SEOUL, {}, "2026-11-20T10:00:00+09:00", "2026-11-20T11:00:00+09:00"),
    (
        "New York seen from Seoul, in winter",
        SEOUL,
        timed("2026-11-20T17:30:00-05:00", "2026-11-20T18:00:00-05:00"),
        "2026-11-21T07:30:00+09:00",
        "2026-11-21T08:00:00+09:00",
    ),
    (
        "New York seen from Seoul, in summer",
        SEOUL,
        timed("2026-07-20T17:30:00-04:00", "2026-07-20T18:00:00-04:00"),
        "2026-07-21T06:30:00+09:00",
        "2026-07-21T07:00:00+09:00",
    ),
    (
        "UTC as Z",
        SEOUL,
        timed("2026-11-20T01:00:00Z", "2026-11-20T02:00:00Z"),
        "2026-11-20T10:00:00+09:00",
        "2026-11-20T11:00:00+09:00",
    ),
    (
        "no offset, but a zone",
        SEOUL,
        timed("2026-11-20T09:00:00", "2026-11-20T10:00:00", timeZone="Europe/Berlin"),
        "2026-11-20T17:00:00+09:00",
        "2026-11-20T18:00:00+09:00",
    ),
    (
        "neither offset nor zone",
        SEOUL,
        timed("2026-11-20T09:00:00", "2026-11-20T10:00:00"),
        "2026-11-20T09:00:00+09:00",
        "2026-11-20T10:00:00+09:00",
    ),
    (
        "over the spring gap",
        NEW_YORK,
        timed("2026-03-08T06:30:00Z", "2026-03-08T07:30:00Z"),
        "2026-03-08T01:30:00-05:00",
        "2026-03-08T03:30:00-04:00",
    ),
    (
        "over the repeated hour",
        NEW_YORK,
        timed("2026-11-01T05:45:00Z", "2026-11-01T06:15:00Z"),
        "2026-11-01T01:45:00-04:00",
        "2026-11-01T01:15:00-05:00",
    ),
    (
        "over several days",
        SEOUL,
        timed("2026-11-19T18:00:00+09:00", "2026-11-22T09:00:00+09:00"),
        "2026-11-19T18:00:00+09:00",
        "2026-11-22T09:00:00+09:00",
    ),
    (
        "end before start",
        SEOUL,
        timed("2026-11-20T10:00:00Z", "2026-11-20T09:00:00Z"),
        "2026-11-20T19:00:00+09:00",
        "2026-11-20T19:00:00+09:00",
    ),
    ("no end", SEOUL, {"end": None}, "2026-11-20T10:00:00+09:00", "2026-11-20T10:00:00+09:00"),
]


@pytest.mark.parametrize(
    ("zone", "fields", "start", "end"), [s[1:] for s in SPANS], ids=[s[0] for s in SPANS]
)
def test_times_are_told_in_the_persons_zone(
    zone: ZoneInfo, fields: dict[str, Any], start: str, end: str
) -> None:
    event = read(zone, **fields)
    assert (event.start.isoformat(), event.end.isoformat(), event.all_day) == (start, end, False)


WHOLE_DAYS: list[tuple[str, dict[str, Any], date, date]] = [
    ("one day", whole("2026-11-20", "2026-11-21"), date(2026, 11, 20), date(2026, 11, 20)),
    ("three days", whole("2026-11-20", "2026-11-23"), date(2026, 11, 20), date(2026, 11, 22)),
    ("end is start", whole("2026-11-20", "2026-11-20"), date(2026, 11, 20), date(2026, 11, 20)),
    ("end before start", whole("2026-11-20", "2026-11-01"), date(2026, 11, 20), date(2026, 11, 20)),
    ("no end", {"start": {"date": "2026-11-20"}, "end": None}, date(2026, 11, 20), date(2026, 11, 20)),
    (
        "birthday",
        whole("2026-11-20", "2026-11-21") | {"eventType": "birthday"},
        date(2026, 11, 20),
        date(2026, 11, 20),
    ),
    (
        "out of office from midnight to midnight",
        timed("2026-11-20T00:00:00+09:00", "2026-11-22T00:00:00+09:00") | {"eventType": "outOfOffice"},
        date(2026, 11, 20),
        date(2026, 11, 21),
    ),
]


@pytest.mark.parametrize(
    ("fields", "first", "last"), [w[1:] for w in WHOLE_DAYS], ids=[w[0] for w in WHOLE_DAYS]
)
def test_whole_days_end_on_their_last_day(fields: dict[str, Any], first: date, last: date) -> None:
    event = read(**fields)
    assert (event.start, event.end, event.all_day) == (first, last, True)


def test_an_afternoon_out_of_office_keeps_its_times() -> None:
    assert not read(eventType="outOfOffice").all_day


@pytest.mark.parametrize("fields", [{"status": "cancelled"}, {"eventType": "workingLocation"}])
def test_what_is_no_appointment_is_none(fields: dict[str, Any]) -> None:
    assert read_event(item(**fields), owner=OWNER, zone=SEOUL) is None


@pytest.mark.parametrize("kind", ["default", "focusTime", "outOfOffice", "birthday", "fromGmail", "newKind"])
def test_other_kinds_are_appointments(kind: str) -> None:
    assert read(eventType=kind).title == "주간 회의"


MEET = "https://meet.example.com/abc"
ZOOM = "https://zoom.example.com/j/1?pwd=x"
VIDEO = {
    "entryPoints": [{"entryPointType": "phone", "uri": "tel:+1"}, {"entryPointType": "video", "uri": ZOOM}]
}
PLACES: list[tuple[str, dict[str, Any], str, str]] = [
    ("nowhere", {}, "", ""),
    ("a room", {"location": "  회의실\n3A "}, "회의실 3A", ""),
    ("hangoutLink", {"hangoutLink": MEET}, "", MEET),
    ("conference", {"conferenceData": VIDEO}, "", ZOOM),
    ("hangoutLink before conference", {"hangoutLink": MEET, "conferenceData": VIDEO}, "", MEET),
    ("place is a link", {"location": f" {ZOOM} "}, "", ZOOM),
    ("place with a link", {"location": f"Room 1 ({ZOOM})."}, f"Room 1 ({ZOOM}).", ZOOM),
    ("place is a link and there is another", {"location": ZOOM, "hangoutLink": MEET}, "", MEET),
    ("a long link is not cut", {"location": f"{ZOOM}{'y' * 500}"}, "", f"{ZOOM}{'y' * 500}"),
    ("no web link", {"hangoutLink": "javascript:alert(1)", "location": "tel:+82"}, "tel:+82", ""),
    ("wrong types", {"hangoutLink": 7, "conferenceData": [1], "location": {"a": 1}}, "", ""),
    ("wrong types within", {"conferenceData": {"entryPoints": [3, {"entryPointType": "video"}]}}, "", ""),
]


@pytest.mark.parametrize(
    ("fields", "location", "meeting_link"), [p[1:] for p in PLACES], ids=[p[0] for p in PLACES]
)
def test_where_it_takes_place(fields: dict[str, Any], location: str, meeting_link: str) -> None:
    event = read(**fields)
    assert (event.location, event.meeting_link) == (location, meeting_link)


def test_the_link_opens_the_event_as_its_owner() -> None:
    link = read(htmlLink="https://www.google.com/calendar/event?eid=YWJj&authuser=0").link
    assert link == "https://www.google.com/calendar/event?eid=YWJj&authuser=kim.sora%2Bwork%40example.com"


def test_without_a_link_there_is_none() -> None:
    assert read().link == ""


ANSWERS = [
    ("nobody was asked", None, ""),
    ("declined", [{"responseStatus": "accepted"}, {"self": True, "responseStatus": "declined"}], "declined"),
    ("others only", [{"responseStatus": "accepted"}], ""),
    ("unknown word", [{"self": True, "responseStatus": "perhaps"}], ""),
    ("wrong types", ["x", {"self": True, "responseStatus": ["declined"]}], ""),
]


@pytest.mark.parametrize(("attendees", "answer"), [a[1:] for a in ANSWERS], ids=[a[0] for a in ANSWERS])
def test_the_owners_answer(attendees: object, answer: str) -> None:
    assert read(attendees=attendees).answer == answer


def test_a_nameless_event_has_an_empty_title() -> None:
    private = item(visibility="private")
    del private["summary"]
    event = read_event(private, owner=OWNER, zone=SEOUL)
    assert event is not None
    assert event.title == ""


@pytest.mark.parametrize("fields", [{"recurringEventId": "r1"}, {"recurrence": ["RRULE:FREQ=DAILY"]}])
def test_recurring_events_say_so(fields: dict[str, Any]) -> None:
    assert (read(**fields).recurring, read().recurring) == (True, False)


@pytest.mark.parametrize(
    ("organizer", "name"),
    [
        ({"displayName": "이정민", "email": "lee@example.com"}, "이정민"),
        ({"email": "lee@example.com"}, "lee@example.com"),
        (None, ""),
        ("lee", ""),
    ],
)
def test_the_organizers_name_or_else_address(organizer: object, name: str) -> None:
    assert read(organizer=organizer).organizer == name


BROKEN: list[dict[str, Any]] = [
    {"start": None},
    {"start": {}},
    {"start": {"dateTime": "tomorrow"}},
    {"start": {"dateTime": 5}},
    {"start": {"date": "2026-13-01"}},
    {"start": {"date": "2026-11-20"}},  # and the end is a time
    {"start": {"dateTime": "0001-01-01T00:00:00+14:00"}},
    {"end": {"dateTime": "9999-12-31T23:59:59-12:00"}},
    {"end": "noon"},
    timed("2026-11-20T09:00:00", "2026-11-20T10:00:00", timeZone="Atlantis/Center"),
    timed("2026-11-20T09:00:00", "2026-11-20T10:00:00", timeZone="../../etc/passwd"),
]


@pytest.mark.parametrize("fields", BROKEN)
def test_times_that_cannot_be_read_are_a_value_error(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(**fields)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KINDS_OF_FIELDS = [
    *("id", "status", "summary", "start", "end", "location", "hangoutLink", "htmlLink", "eventType"),
    *("recurringEventId", "conferenceData", "attendees", "organizer"),
]


@given(st.dictionaries(st.sampled_from(KINDS_OF_FIELDS), JSON, max_size=6))
def test_no_item_raises_anything_else(fields: dict[str, Any]) -> None:
    try:
        event = read_event(item(**fields), owner=OWNER, zone=SEOUL)
    except ValueError:
        return
    assert event is None or len(event.title) <= TEXT_LIMIT


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\r\n\tb  c", "a b c"),
        ("\u202eabc\u2066\u200b\x00\x1b[31m\ud800", "abc[31m"),
        ("가" * 1000, "가" * TEXT_LIMIT),
        ("🎉🥳", "🎉🥳"),
        (None, ""),
        (5, ""),
    ],
)
def test_text_is_one_clean_bounded_line(text: object, cleaned: str) -> None:
    assert clean(text) == cleaned


DAY = datetime(2026, 11, 20, tzinfo=SEOUL)
TOUCHING: list[tuple[str, dict[str, Any], bool]] = [
    ("within", {}, True),
    ("ends as the day begins", timed("2026-11-19T23:00:00+09:00", "2026-11-20T00:00:00+09:00"), False),
    ("reaches in", timed("2026-11-19T23:00:00+09:00", "2026-11-20T00:00:01+09:00"), True),
    ("begins as the day ends", timed("2026-11-21T00:00:00+09:00", "2026-11-21T01:00:00+09:00"), False),
    ("no length, at the beginning", timed("2026-11-20T00:00:00+09:00", "2026-11-20T00:00:00+09:00"), True),
    ("over the whole day", timed("2026-11-19T00:00:00+09:00", "2026-11-22T00:00:00+09:00"), True),
    ("that whole day", whole("2026-11-20", "2026-11-21"), True),
    ("yesterday", whole("2026-11-19", "2026-11-20"), False),
    ("tomorrow", whole("2026-11-21", "2026-11-22"), False),
    ("a week around it", whole("2026-11-16", "2026-11-23"), True),
]


@pytest.mark.parametrize(("fields", "inside"), [t[1:] for t in TOUCHING], ids=[t[0] for t in TOUCHING])
def test_whether_an_event_lies_in_a_day(fields: dict[str, Any], inside: bool) -> None:
    for start, end in (
        (DAY, DAY + timedelta(days=1)),
        (DAY.astimezone(UTC), (DAY + timedelta(days=1)).astimezone(UTC)),
    ):
        assert touches(read(**fields), start, end, SEOUL) is inside


def test_an_event_in_the_second_of_two_equal_hours_is_not_in_the_first() -> None:
    event = read(NEW_YORK, **timed("2026-11-01T06:10:00Z", "2026-11-01T06:20:00Z"))
    first_hour = datetime(2026, 11, 1, 1, 0, tzinfo=NEW_YORK)
    second_hour = first_hour.replace(fold=1)
    assert not touches(event, first_hour, second_hour, NEW_YORK)
    assert touches(event, second_hour, datetime(2026, 11, 1, 2, 0, tzinfo=NEW_YORK), NEW_YORK)
