"""When the next briefing is due: weekdays, pauses, zones, and the nights when clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from services.db.models import BriefingSettings
from services.due import countries, due_instant, next_due

WORKDAYS = [1, 2, 3, 4, 5]


def wanted(
    *, at: time = time(9), weekdays: list[int] | None = None, enabled: bool = True, until: date | None = None
) -> BriefingSettings:
    days = WORKDAYS if weekdays is None else weekdays
    return BriefingSettings(user_id="u", enabled=enabled, send_at=at, weekdays=days, paused_until=until)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "after", "expected"),
    [
        ("Asia/Seoul", "2026-11-20T23:59:59", "2026-11-23T00:00:00"),  # Saturday 08:59 in Seoul → Monday
        ("Asia/Seoul", "2026-11-22T23:59:59", "2026-11-23T00:00:00"),
        ("Asia/Seoul", "2026-11-23T00:00:00", "2026-11-24T00:00:00"),  # strictly after
        ("America/New_York", "2026-03-06T14:00:01", "2026-03-09T13:00:00"),  # over the spring change
        ("Pacific/Kiritimati", "2026-11-22T18:59:00", "2026-11-22T19:00:00"),  # Monday 09:00 at +14
        ("Pacific/Niue", "2026-11-23T19:59:00", "2026-11-23T20:00:00"),  # Monday 09:00 at -11
    ],
)
def test_the_next_workday_at_nine(zone: str, after: str, expected: str) -> None:
    assert next_due(wanted(), zone, after=utc(after)) == utc(expected)


def test_nothing_is_due_when_off_or_on_no_day() -> None:
    now = utc("2026-11-20T00:00:00")
    assert next_due(wanted(enabled=False), "Asia/Seoul", after=now) is None
    assert next_due(wanted(weekdays=[]), "Asia/Seoul", after=now) is None


def test_a_pause_lasts_through_its_last_day() -> None:
    paused = wanted(until=date(2026, 12, 1))
    assert next_due(paused, "Asia/Seoul", after=utc("2026-11-20T00:00:00")) == utc("2026-12-02T00:00:00")


def test_a_time_the_clocks_skip_comes_later_by_the_gap_and_one_that_comes_twice_comes_first() -> None:
    cairo, new_york = ZoneInfo("Africa/Cairo"), ZoneInfo("America/New_York")
    assert due_instant(date(2026, 4, 24), time(0, 30), cairo).astimezone(cairo).time() == time(1, 30)
    assert due_instant(date(2026, 11, 1), time(1, 30), new_york) == utc("2026-11-01T05:30:00")


def test_a_zone_that_does_not_exist_is_read_as_seoul() -> None:
    now = utc("2026-11-20T00:00:00")
    assert next_due(wanted(), "Mars/Olympus", after=now) == next_due(wanted(), "Asia/Seoul", after=now)


@pytest.mark.parametrize(
    ("country", "after", "expected"),
    [
        (None, "2026-09-23T01:00:00", "2026-09-24T00:00:00"),
        ("KR", "2026-09-23T01:00:00", "2026-09-28T00:00:00"),  # Chuseok is Thursday to Saturday
        ("US", "2026-11-25T01:00:00", "2026-11-27T00:00:00"),  # Thanksgiving
        ("DE", "2026-12-24T01:00:00", "2026-12-28T00:00:00"),  # Christmas, a Friday, and Saturday
        ("XX", "2026-12-24T01:00:00", "2026-12-25T00:00:00"),  # a country that is none
    ],
)
def test_public_holidays_of_ones_country_have_none(country: str | None, after: str, expected: str) -> None:
    settings = wanted()
    settings.holidays_of = country
    assert next_due(settings, "Asia/Seoul", after=utc(after)) == utc(expected)


@pytest.mark.parametrize("country", countries())
def test_wherever_one_lives_a_single_weekday_comes_round_again(country: str) -> None:
    for weekday in (1, 5):
        settings = wanted(weekdays=[weekday])
        settings.holidays_of = country
        for month in range(1, 13):
            after = datetime(2026, month, 1, tzinfo=UTC)
            assert next_due(settings, "Asia/Seoul", after=after) is not None


def test_a_holiday_within_a_vacation_changes_nothing() -> None:
    settings = wanted(until=date(2026, 9, 23))
    settings.holidays_of = "KR"
    assert next_due(settings, "Asia/Seoul", after=utc("2026-09-20T00:00:00")) == utc("2026-09-28T00:00:00")
