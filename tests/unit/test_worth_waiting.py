"""When a briefing is composed anew rather than sent as it is, and after how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.briefing.compose import compose_briefing
from services.briefing.model import Briefing, BriefingInputs, Kind, Missing
from services.daily import worth_waiting

DUE = datetime(2026, 11, 20, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PASSING = Missing("mail", "unavailable", passing=True)
FOR_GOOD = Missing("mail", "not_connected")


def briefing(mail: Missing | None, *, kind: Kind = "daily", with_calendar: bool = False) -> Briefing:
    return compose_briefing(
        BriefingInputs(
            person_name="서연",
            locale="ko",
            zone=ZoneInfo("Asia/Seoul"),
            now=DUE,
            local_date=DUE.date(),
            kind=kind,
            scheduled_for=DUE,
            mail=mail,
            calendar=() if with_calendar else None,
            news=None,
            portal_url="http://localhost:8501",
            account_email="",
        )
    )


@pytest.mark.parametrize(
    ("late", "least", "most"),
    [
        (-10 * MINUTE, MINUTE, MINUTE),
        (-0.5 * MINUTE, 0.5 * MINUTE, 0.5 * MINUTE),  # not past its time
        (0 * MINUTE, 0.75 * MINUTE, 1.25 * MINUTE),
        (4 * MINUTE, 3 * MINUTE, 5 * MINUTE),
        (300 * MINUTE, 22.5 * MINUTE, 37.5 * MINUTE),
    ],
    ids=str,
)
def test_the_wait_grows_with_what_has_been_waited(late: timedelta, least: timedelta, most: timedelta) -> None:
    waits = {worth_waiting(briefing(PASSING), DUE, now=DUE + late) for _ in range(50)}
    assert all(wait is not None and least <= wait <= most for wait in waits)
    assert len(waits) > 1 or least == most  # spread, so that not all come again at once


@pytest.mark.parametrize("late", [-10 * MINUTE, 0 * MINUTE, 60 * MINUTE], ids=str)
def test_what_only_a_person_can_mend_is_not_waited_for(late: timedelta) -> None:
    assert worth_waiting(briefing(FOR_GOOD), DUE, now=DUE + late) is None


def test_from_its_time_on_a_section_that_is_there_is_sent() -> None:
    half = briefing(PASSING, with_calendar=True)
    assert worth_waiting(half, DUE, now=DUE - 5 * MINUTE) == MINUTE
    assert worth_waiting(half, DUE, now=DUE) is None


def test_what_somebody_has_asked_for_is_not_put_off() -> None:
    assert worth_waiting(briefing(PASSING, kind="manual"), DUE, now=DUE) is None
