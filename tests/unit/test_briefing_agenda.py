"""What of a day's events is told, and how they stand to each other and to now."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from services.briefing.agenda import compose_agenda
from services.briefing.model import Agenda
from services.sources.records import Event
from tests.unit.briefing_cast import SEOUL, at, event

TODAY = date(2026, 11, 20)
NINE = at(20, 9)


def agenda(*events: Event, now: datetime = NINE, zone: ZoneInfo = SEOUL) -> Agenda:
    return compose_agenda(events, day=TODAY, now=now, zone=zone)


def titles(composed: Agenda) -> list[str]:
    return [one.event.title for one in composed.timed]


def test_events_come_by_time_with_whole_days_apart() -> None:
    composed = agenda(event("late", at(20, 15)), event("early", at(20, 10)), event("day", TODAY))
    assert titles(composed) == ["early", "late"]
    assert [one.title for one in composed.all_day] == ["day"]


def test_declined_events_are_left_out() -> None:
    composed = agenda(event("no", at(20, 15), answer="declined"), event("no day", TODAY, answer="declined"))
    assert composed == Agenda()


@pytest.mark.parametrize(
    ("start", "end", "is_told"),
    [
        (date(2026, 11, 18), date(2026, 11, 20), True),
        (date(2026, 11, 20), date(2026, 11, 25), True),
        (date(2026, 11, 18), date(2026, 11, 19), False),
        (date(2026, 11, 21), date(2026, 11, 21), False),
        (date(2026, 11, 20), date(2026, 11, 1), True),
    ],
)
def test_whole_days_are_told_on_each_of_their_days(start: date, end: date, is_told: bool) -> None:
    assert bool(agenda(event("fair", start, end=end)).all_day) is is_told


def test_a_timed_event_that_fills_the_day_is_a_whole_day_one_and_overlaps_nothing() -> None:
    composed = agenda(event("trip", at(19, 9), end=at(21, 18)), event("call", at(20, 10)))
    assert [one.title for one in composed.all_day] == ["trip"]
    assert [one.overlaps for one in composed.timed] == [False]


def test_times_are_those_of_the_readers_zone() -> None:
    new_york = ZoneInfo("America/New_York")
    call = event("call", datetime(2026, 11, 19, 20, 0, tzinfo=new_york))
    (one,) = agenda(call).timed
    assert (one.start.date(), one.start.hour) == (TODAY, 10)
    assert agenda(call, zone=new_york).timed == ()


@pytest.mark.parametrize(
    ("start", "minutes", "is_told"),
    [(at(19, 23), 60, False), (at(19, 23), 660, True), (at(20, 23), 600, True), (at(21, 0), 60, False)],
)
def test_events_across_midnight_belong_to_every_day_they_touch(
    start: datetime, minutes: int, is_told: bool
) -> None:
    composed = compose_agenda([event("x", start, minutes)], day=TODAY, now=at(20, 0), zone=SEOUL)
    assert bool(composed.timed) is is_told


def test_what_is_over_is_counted_and_what_runs_or_comes_next_is_marked() -> None:
    composed = agenda(
        event("over", at(20, 8), 30),
        event("runs", at(20, 8, 30)),
        event("next", at(20, 10)),
        event("also next", at(20, 10), 15),
        event("later", at(20, 12)),
    )
    states = {one.event.title: one.state for one in composed.timed}
    assert states == {"runs": "now", "next": "next", "also next": "next", "later": "later"}
    assert composed.over == 1


def test_an_event_that_ends_now_is_over_and_one_that_starts_now_runs() -> None:
    composed = agenda(event("ends", at(20, 8)), event("starts", at(20, 9)), event("moment", at(20, 9), 0))
    assert {one.event.title: one.state for one in composed.timed} == {"starts": "now", "moment": "now"}
    assert composed.over == 1


def test_all_events_that_overlap_are_marked() -> None:
    composed = agenda(
        event("long", at(20, 10), 120),
        event("within", at(20, 10, 30), 15),
        event("within too", at(20, 11), 15),
        event("right after", at(20, 12)),
    )
    assert [one.event.title for one in composed.timed if one.overlaps] == ["long", "within", "within too"]


def test_the_repeated_hour_of_autumn_does_not_turn_events_around() -> None:
    new_york = ZoneInfo("America/New_York")
    before = event("before", datetime(2026, 11, 1, 5, 30, tzinfo=UTC), 30)  # 1:30, the first time
    after = event("after", datetime(2026, 11, 1, 6, 10, tzinfo=UTC), 30)  # 1:10, the second time
    now = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
    composed = compose_agenda([after, before], day=date(2026, 11, 1), now=now, zone=new_york)
    assert titles(composed) == ["before", "after"]
    assert not any(one.overlaps for one in composed.timed)


@pytest.mark.parametrize(
    ("start", "is_told"),
    [(at(21, 7, 30), True), (at(21, 9), False), (at(22, 7), False)],
)
def test_tomorrows_early_start_is_told(start: datetime, is_told: bool) -> None:
    assert (agenda(event("airport", start)).tomorrow is not None) is is_told


def test_only_tomorrows_first_event_counts_as_its_start() -> None:
    composed = agenda(event("second", at(21, 8)), event("first", at(21, 7)))
    assert composed.tomorrow is not None
    assert composed.tomorrow.event.title == "first"


@pytest.mark.parametrize(
    "broken",
    [
        event("ends before it starts", at(20, 12), end=at(20, 11)),
        event("without a zone", datetime(2026, 11, 20, 12, 0)),
    ],
)
def test_odd_events_are_told_all_the_same(broken: Event) -> None:
    (one,) = agenda(broken).timed
    assert one.start.tzinfo is not None
    assert one.end >= one.start


def test_the_ends_of_the_calendar_do_no_harm() -> None:
    first = datetime.min.replace(tzinfo=UTC)
    last = datetime.max.replace(tzinfo=UTC)
    assert [one.title for one in agenda(event("always", first, end=last)).all_day] == ["always"]
