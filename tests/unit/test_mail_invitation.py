"""Calendar parts of mails."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from tests.unit.gmail_answers import multipart, part, read_parts

INVITE = """BEGIN:VCALENDAR\r
METHOD:{method}\r
BEGIN:VTIMEZONE\r
TZID:Office\r
BEGIN:STANDARD\r
TZOFFSETTO:+0900\r
END:STANDARD\r
END:VTIMEZONE\r
BEGIN:VEVENT\r
SUMMARY:4분기 실적\\, 그리고\r
  전망\\; 1부\r
{start}\r
LOCATION:본사 3층\\n대회의실\r
BEGIN:VALARM\r
SUMMARY:alarm\r
END:VALARM\r
END:VEVENT\r
END:VCALENDAR\r
"""
SEOUL_TEN = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("DTSTART:20261120T010000Z", SEOUL_TEN),
        ("DTSTART;TZID=Asia/Seoul:20261120T100000", SEOUL_TEN),
        ('DTSTART;TZID="Korea Standard Time":20261120T100000', SEOUL_TEN),
        ("DTSTART;TZID=/mozilla.org/20050126_1/Asia/Seoul:20261120T100000", SEOUL_TEN),
        ("DTSTART;TZID=Office:20261120T100000", SEOUL_TEN),
        ('DTSTART;TZID="(UTC+09:00) Seoul":20261120T100000', SEOUL_TEN),
        ("DTSTART;VALUE=DATE:20261120", date(2026, 11, 20)),
        ("DTSTART:20261120T100000", date(2026, 11, 20)),
        ("DTSTART;TZID=../../etc/passwd:20261120T100000", date(2026, 11, 20)),
        ("DTSTART:20269999T100000Z", None),
        ("DTSTART:soon", None),
        ("X-NOTHING:1", None),
    ],
)
def test_an_invitation_is_read_from_its_calendar_part(start: str, expected: datetime | date | None) -> None:
    calendar = part(
        "text/calendar; method=REQUEST; charset=utf-8", INVITE.format(method="REQUEST", start=start)
    )
    mail = read_parts(
        multipart("alternative", part("text/plain", "초대합니다"), calendar, **{"Auto-Submitted": "yes"})
    )
    assert mail.invitation is not None
    assert (mail.invitation.method, mail.invitation.summary) == ("REQUEST", "4분기 실적, 그리고 전망; 1부")
    assert (mail.invitation.start, mail.invitation.location) == (expected, "본사 3층 대회의실")
    assert (mail.text, mail.attachments, mail.bulk) == ("초대합니다", (), False)


def test_an_invitation_kept_elsewhere_is_known_by_its_fields() -> None:
    calendar = part("text/calendar; method=cancel", body={"attachmentId": "x", "size": 900})
    found = read_parts(multipart("mixed", calendar, Subject="취소: 회의")).invitation
    assert found is not None
    assert (found.method, found.summary, found.start) == ("CANCEL", "취소: 회의", None)


def test_a_calendar_file_of_no_particular_type_is_an_invitation() -> None:
    text = INVITE.format(method="REQUEST", start="DTSTART:20261120T010000Z")
    mail = read_parts(multipart("mixed", part("application/octet-stream", text, filename="invite.ICS")))
    assert mail.invitation is not None
    assert (mail.invitation.start, mail.attachment_count) == (SEOUL_TEN, 1)


def test_calendars_that_are_none_are_no_invitation() -> None:
    assert read_parts(part("text/calendar", "BEGIN:VCALENDAR\nEND:VCALENDAR")).invitation is None
    assert read_parts(part("text/calendar", "hello")).invitation is None


def test_a_start_stays_in_the_zone_it_was_written_in() -> None:
    calendar = part(
        "text/calendar", INVITE.format(method="PUBLISH", start="DTSTART;TZID=Office:20261120T100000")
    )
    found = read_parts(calendar).invitation
    assert found is not None
    assert isinstance(found.start, datetime)
    assert found.start.tzinfo == timezone(timedelta(hours=9))
