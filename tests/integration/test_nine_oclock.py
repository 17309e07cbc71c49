"""Composed ahead of its time and sent at it; late ones once, marked; changes in between count."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text, update

import scheduler
from services import jobs, preferences
from services.db.engine import transaction
from services.db.models import Briefing, BriefingSettings, OutboundMessage, User
from services.runtime import Runtime
from tests.integration.journeys import CALENDAR, Sandbox, arrive, connect

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
MINUTE = timedelta(minutes=1)
AHEAD = scheduler.AHEAD


@pytest.fixture
def now(runtime: Runtime) -> datetime:
    """The database's clock, which is far from midnight in UTC for whoever waits a quarter of an hour."""
    with transaction(runtime.sessions) as session:
        return session.execute(select(func.now())).scalar_one()


def join(
    runtime: Runtime, sandbox: Sandbox, due: datetime, *, key: str = "seoyeon", connected: bool = True
) -> str:
    """Somebody of a zone in which it is noon, whose next briefing is due then, to the second, each day."""
    user_id = arrive(runtime, sandbox.person(key))
    if connected:
        connect(runtime, sandbox, user_id, key, scopes=(CALENDAR,))
    zone = noon_zone(due)
    with transaction(runtime.sessions) as session:
        session.get_one(User, user_id).timezone = zone
        settings = session.get_one(BriefingSettings, user_id)
        settings.send_at = due.astimezone(ZoneInfo(zone)).time()
        settings.weekdays = list(EVERY_DAY)
        settings.next_due_at = due
    return user_id


def noon_zone(moment: datetime) -> str:
    """A zone where that moment is in the hour before or after noon: no date changes under the test."""
    return f"Etc/GMT{moment.astimezone(UTC).hour - 12:+d}"


def an_hour_later(now: datetime) -> time:
    """On the wall of whoever joined with a time within the next minutes."""
    return (now + timedelta(hours=1)).astimezone(ZoneInfo(noon_zone(now + 5 * MINUTE))).time()


def tick(runtime: Runtime, **when: Any) -> None:
    scheduler.tick(runtime, ahead=AHEAD, **when)
    work(runtime)


def work(runtime: Runtime, **when: Any) -> None:
    asyncio.run(jobs.run_worker(runtime, wait=False, **when))


def briefing(runtime: Runtime) -> Briefing | None:
    with transaction(runtime.sessions) as session:
        return session.scalars(select(Briefing).order_by(Briefing.due_at.desc())).first()


def message(runtime: Runtime) -> OutboundMessage:
    with transaction(runtime.sessions) as session:
        return session.scalars(select(OutboundMessage)).one()


def its_time_comes(runtime: Runtime, by: timedelta = AHEAD) -> None:
    """Everything that is written down moves into the past."""
    with transaction(runtime.sessions) as session:
        shift = {"by": by}
        session.execute(
            text(
                "UPDATE briefings SET due_at = due_at - :by, deadline_at = deadline_at - :by,"
                " composed_at = composed_at - :by"
            ),
            shift,
        )
        session.execute(
            text(
                "UPDATE outbound_messages SET send_after = send_after - :by, deadline_at = deadline_at - :by,"
                " created_at = created_at - :by"
            ),
            shift,
        )
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = scheduled_at - :by"), shift)


def said(sandbox: Sandbox, key: str = "seoyeon") -> list[str]:
    return [json.dumps(dm.blocks, ensure_ascii=False) for dm in sandbox.dms(key)]


def change(runtime: Runtime, user_id: str, **changes: Any) -> preferences.Preferences:
    with transaction(runtime.sessions) as session:
        return preferences.change(session, user_id, **changes)


def test_it_is_composed_ahead_and_sent_at_its_time(runtime: Runtime, sandbox: Sandbox, now: datetime) -> None:
    due = now + 9 * MINUTE
    user_id = join(runtime, sandbox, due)
    tick(runtime)
    composed = briefing(runtime)
    assert composed is not None
    assert (composed.status, composed.completeness, composed.due_at) == ("sending", "complete", due)
    assert abs(message(runtime).send_after - due) < timedelta(seconds=5)
    assert said(sandbox) == []
    with transaction(runtime.sessions) as session:
        assert preferences.read(session, user_id).next_due_at == due  # what the person is told
    tick(runtime)
    assert said(sandbox) == []
    its_time_comes(runtime)
    work(runtime)
    (dm,) = said(sandbox)
    assert "늦" not in dm


def test_nobody_is_composed_for_earlier_than_that(runtime: Runtime, sandbox: Sandbox, now: datetime) -> None:
    join(runtime, sandbox, now + AHEAD + MINUTE)
    tick(runtime)
    assert briefing(runtime) is None


def test_the_words_composed_ahead_apologise_where_they_come_late(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    join(runtime, sandbox, now + 5 * MINUTE)
    tick(runtime)
    its_time_comes(runtime, timedelta(hours=2))
    work(runtime)
    (dm,) = said(sandbox)
    assert "늦" in dm
    kept = message(runtime).content
    with transaction(runtime.sessions) as session:
        (logged,) = session.execute(text("SELECT blocks FROM conversation_log")).scalars()
    assert len(kept["blocks"]) == len(logged) == len(sandbox.dms("seoyeon")[0].blocks)


@pytest.mark.parametrize(
    ("down", "states"),
    [
        (timedelta(hours=2), [("sent", None)]),
        (timedelta(hours=26), [("missed", "superseded"), ("sent", None)]),
        (timedelta(days=3, hours=2), [*[("missed", "superseded")] * 3, ("sent", None)]),
        (timedelta(hours=10), [("missed", "too_late")]),
        (timedelta(days=1, hours=10), [("missed", "superseded"), ("missed", "too_late")]),
    ],
    ids=str,
)
def test_after_a_standstill_comes_what_is_still_worth_having_once_and_marked(
    runtime: Runtime, sandbox: Sandbox, now: datetime, down: timedelta, states: list[tuple[str, str | None]]
) -> None:
    join(runtime, sandbox, now - down)
    for _ in range(2):
        tick(runtime)
    with transaction(runtime.sessions) as session:
        rows = session.execute(select(Briefing.status, Briefing.error).order_by(Briefing.due_at)).all()
    assert [tuple(row) for row in rows] == states
    sent = said(sandbox)
    assert len(sent) == sum(status == "sent" for status, _ in states)
    assert all("늦" in dm for dm in sent)


def test_a_late_one_is_given_up_when_its_own_deadline_has_passed(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    join(runtime, sandbox, now - timedelta(hours=8))
    sandbox.fault(op="chat.postMessage", status=429, retry_after=30)
    tick(runtime)
    late = briefing(runtime)
    assert late is not None
    assert abs(late.deadline_at - (now + timedelta(hours=1))) < MINUTE
    assert abs(message(runtime).deadline_at - late.deadline_at) < MINUTE


def test_a_new_time_counts_from_the_next_one_not_composed_yet(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    due = now + 5 * MINUTE
    user_id = join(runtime, sandbox, due)
    tick(runtime)
    zone_day = timedelta(days=1)
    changed = change(runtime, user_id, send_at=an_hour_later(now))
    assert changed.next_due_at == due  # composed: it keeps its time
    with transaction(runtime.sessions) as session:
        following = session.get_one(BriefingSettings, user_id).next_due_at
    assert following is not None
    assert due + timedelta(hours=12) < following < due + zone_day + timedelta(hours=2)


def test_one_not_composed_yet_takes_the_new_time(runtime: Runtime, sandbox: Sandbox, now: datetime) -> None:
    user_id = join(runtime, sandbox, now + 5 * MINUTE)
    scheduler.tick(runtime, ahead=AHEAD)  # opened, and no worker yet
    changed = change(runtime, user_id, send_at=an_hour_later(now))
    assert changed.next_due_at is not None
    assert abs(changed.next_due_at - (now + timedelta(hours=1))) <= MINUTE
    work(runtime)
    assert briefing(runtime) is None
    assert said(sandbox) == []


@pytest.mark.parametrize("composed", [False, True])
@pytest.mark.parametrize("how", ["off", "holiday_until"])
def test_one_that_is_not_wanted_any_more_is_not_sent_and_can_be_wanted_again(
    runtime: Runtime, sandbox: Sandbox, now: datetime, composed: bool, how: str
) -> None:
    due = now + 5 * MINUTE
    user_id = join(runtime, sandbox, due)
    scheduler.tick(runtime, ahead=AHEAD)
    if composed:
        work(runtime)
    today = due.date()
    change(runtime, user_id, **({"enabled": False} if how == "off" else {"paused_until": today}))
    work(runtime)
    assert briefing(runtime) is None
    again = change(runtime, user_id, enabled=True, paused_until=None)
    assert again.next_due_at is not None
    assert abs(again.next_due_at - due) <= MINUTE
    tick(runtime)
    its_time_comes(runtime)
    work(runtime)
    assert len(said(sandbox)) == 1


def test_being_turned_off_while_it_is_composed_counts_too(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    user_id = join(runtime, sandbox, now + 5 * MINUTE)
    scheduler.tick(runtime, ahead=AHEAD)
    with transaction(runtime.sessions) as session:
        session.execute(
            update(Briefing).values(status="claimed", lease="somebody", lease_until=func.now() + MINUTE)
        )
    change(runtime, user_id, enabled=False)
    its_time_comes(runtime)
    work(runtime)
    assert briefing(runtime) is None
    assert said(sandbox) == []


def test_who_connects_before_the_time_gets_the_full_one_at_it(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    user_id = join(runtime, sandbox, now + 5 * MINUTE, connected=False)
    tick(runtime)
    partial = briefing(runtime)
    assert partial is not None
    assert partial.completeness == "partial"
    connect(runtime, sandbox, user_id, "seoyeon", scopes=(CALENDAR,))
    work(runtime)
    its_time_comes(runtime)
    work(runtime)
    sent = briefing(runtime)
    assert sent is not None
    assert (sent.id, sent.status, sent.completeness) == (partial.id, "sent", "complete")
    assert len([dm for dm in said(sandbox) if "authuser=" in dm]) == 1


def test_a_passing_failure_ahead_of_time_is_over_by_the_time(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    join(runtime, sandbox, now + 5 * MINUTE)
    sandbox.fault(op="batch", status=500)
    tick(runtime)
    waiting = briefing(runtime)
    assert waiting is not None
    assert (waiting.status, waiting.error, waiting.content) == ("retry_wait", "unavailable", None)
    sandbox.control("/faults", method="DELETE")
    retry(runtime)
    its_time_comes(runtime)
    work(runtime)
    sent = briefing(runtime)
    assert sent is not None
    assert (sent.status, sent.completeness) == ("sent", "complete")


def retry(runtime: Runtime) -> None:
    """The wait is over."""
    with transaction(runtime.sessions) as session:
        session.execute(update(Briefing).values(retry_at=func.now()))
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now()"))
    work(runtime)


def everything_fails(sandbox: Sandbox) -> None:
    for op in ("batch", "calendar.events.list"):
        sandbox.fault(op=op, status=500)


def test_with_every_source_failing_it_waits_longer_each_time_and_says_so_in_the_end(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    join(runtime, sandbox, now - 20 * MINUTE)
    everything_fails(sandbox)
    tick(runtime)
    waiting = briefing(runtime)
    assert waiting is not None
    assert (waiting.status, waiting.error, said(sandbox)) == ("retry_wait", "unavailable", [])
    assert waiting.retry_at is not None
    assert 14 * MINUTE < waiting.retry_at - now < 27 * MINUTE  # as long again, more or less
    its_time_comes(runtime, timedelta(hours=8, minutes=39))
    retry(runtime)
    (dm,) = said(sandbox)
    sent = briefing(runtime)
    assert sent is not None
    assert (sent.status, sent.completeness) == ("sent", "partial")
    assert {missing["source"] for missing in sent.missing} == {"mail", "calendar"}
    assert "⚠️" in dm


def test_one_source_that_is_there_is_reason_enough_to_send(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    join(runtime, sandbox, now - MINUTE)
    sandbox.fault(op="batch", status=500)
    tick(runtime)
    assert len(said(sandbox)) == 1


@pytest.mark.parametrize(("when_empty", "messages"), [("line", 1), ("nothing", 0)])
def test_nothing_new_is_one_line_or_nothing_by_setting(
    runtime: Runtime, sandbox: Sandbox, now: datetime, when_empty: str, messages: int
) -> None:
    user_id = join(runtime, sandbox, now - MINUTE)
    change(runtime, user_id, when_empty=when_empty, sections=["mail"])
    with transaction(runtime.sessions) as session:
        session.get_one(BriefingSettings, user_id).next_due_at = now - MINUTE
        session.get_one(BriefingSettings, user_id).covered_until = now + timedelta(hours=2)
    tick(runtime)
    found = briefing(runtime)
    assert found is not None
    assert (found.status, found.error) == (("sent", None) if messages else ("skipped", "nothing_new"))
    assert len(said(sandbox)) == messages
    assert isinstance(found.local_date, date)
