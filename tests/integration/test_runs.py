"""Runs started by hand: everybody's day or one person's, never a second briefing for a day."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from services import jobs, preferences, runs
from services.access import Actor
from services.db.engine import transaction
from services.db.models import Briefing, BriefingSettings, OutboundMessage, Run, User
from services.people import UnknownPerson
from services.people.directory import set_active
from services.runtime import Runtime
from tests.integration.journeys import Sandbox, arrive, settled
from tests.integration.test_nine_oclock import join
from tests.integration.test_nine_oclock import now as database_now

__all__ = ["database_now"]  # a fixture

MONDAY = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)  # 10:00 in Seoul
SATURDAY = MONDAY + timedelta(days=5)


@pytest.fixture
def two(runtime: Runtime, sandbox: Sandbox) -> tuple[str, str]:
    """Two people of Seoul, neither of them connected."""
    return arrive(runtime, sandbox.person("seoyeon")), arrive(runtime, sandbox.person("minjun"))


def start(runtime: Runtime, *, now: datetime = MONDAY, **what: object) -> Run:
    with transaction(runtime.sessions) as session:
        return runs.start_run(session, runtime.settings, requested_by="test", now=now, **what)  # type: ignore[arg-type]


def work(runtime: Runtime) -> None:
    asyncio.run(jobs.run_worker(runtime, wait=False))


def report(runtime: Runtime, run: Run) -> dict[str, int]:
    with transaction(runtime.sessions) as session:
        return runs.read_run(session, run.id).counts


def test_everybody_is_briefed_once_however_often_it_is_called(
    runtime: Runtime, sandbox: Sandbox, two: tuple[str, str]
) -> None:
    first, second = start(runtime), start(runtime)
    assert (first.counts, second.counts) == ({"due": 2}, {"already": 2})
    work(runtime)
    assert start(runtime).counts == {"already": 2}
    assert report(runtime, first) == {"sent": 2}
    assert report(runtime, second) == {"already": 2}
    assert [len(sandbox.dms(key)) for key in ("seoyeon", "minjun")] == [1, 1]


def test_calls_at_once_share_the_day(runtime: Runtime, two: tuple[str, str]) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: start(runtime).counts, range(4)))
    assert sum(counts.get("due", 0) for counts in made) == 2


def test_the_schedule_and_calls_at_once_never_wait_for_each_other_in_a_circle(runtime: Runtime) -> None:
    """The schedule takes people by their time, a call by their id: here one the other way round."""
    count = 40
    with transaction(runtime.sessions) as session:
        for n in range(count):
            session.add(User(id=f"{n:03}", display_name="X"))
            session.flush()
            due = MONDAY - timedelta(seconds=n)
            session.add(BriefingSettings(user_id=f"{n:03}", next_due_at=due))

    def act(which: int) -> dict[str, int]:
        if which % 2:
            return dict(start(runtime).counts)
        with transaction(runtime.sessions) as session:
            return dict(runs.start_due(session, runtime.settings, now=MONDAY))

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(act, range(6)))
    assert sum(counts.get("due", 0) for counts in made) == count


def test_a_run_is_of_the_moment_that_the_database_knows(runtime: Runtime, two: tuple[str, str]) -> None:
    """A portal whose clock is wrong sends nothing later or sooner for it."""
    with transaction(runtime.sessions) as session:
        run = runs.start_run(session, runtime.settings, requested_by="test", user_id=two[0])
        assert session.scalars(select(Briefing.due_at)).one() == run.started_at


@pytest.mark.parametrize("ago", [timedelta(hours=2), timedelta(days=2, hours=2)])
def test_who_had_been_promised_it_earlier_gets_it_marked_as_late(
    runtime: Runtime, sandbox: Sandbox, database_now: datetime, ago: timedelta
) -> None:
    """The sidecar was down: an external cron starts the day, and it is not due a second time."""
    due = database_now - timedelta(hours=2)
    user_id = join(runtime, sandbox, database_now - ago)
    with transaction(runtime.sessions) as session:
        run = runs.start_run(session, runtime.settings, requested_by="test")
        next_one = preferences.read(session, user_id).next_due_at
    work(runtime)
    with transaction(runtime.sessions) as session:
        rows = session.scalars(select(Briefing).order_by(Briefing.due_at)).all()
    assert run.counts.get("missed", 0) == ago.days
    assert [row.outcome for row in rows] == [*["missed"] * ago.days, "late"]
    assert rows[-1].due_at == due
    (dm,) = sandbox.dms("seoyeon")
    assert "늦" in str(dm.blocks)
    assert next_one == due + timedelta(days=1)


def test_who_waits_for_it_gets_it_now_and_is_promised_the_next_day(
    runtime: Runtime, sandbox: Sandbox, database_now: datetime
) -> None:
    due = database_now + timedelta(minutes=20)
    user_id = join(runtime, sandbox, due)
    with transaction(runtime.sessions) as session:
        runs.start_run(session, runtime.settings, requested_by="test")
    work(runtime)
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(Briefing.outcome)).all() == ["on_time"]
        assert preferences.read(session, user_id).next_due_at == due + timedelta(days=1)
    (dm,) = sandbox.dms("seoyeon")
    assert "늦" not in str(dm.blocks)


def test_yesterdays_is_not_started_beside_todays(
    runtime: Runtime, sandbox: Sandbox, two: tuple[str, str]
) -> None:
    start(runtime, user_id=two[0])
    yesterday = date(2026, 1, 4)
    assert start(runtime, user_id=two[0], local_date=yesterday).counts == {"other_day": 1}


def test_the_schedule_leaves_alone_who_was_briefed_by_hand(runtime: Runtime, two: tuple[str, str]) -> None:
    start(runtime)
    with transaction(runtime.sessions) as session:
        session.execute(update(BriefingSettings).values(next_due_at=MONDAY - timedelta(hours=1)))
        assert runs.start_due(session, runtime.settings, now=MONDAY) == {"already": 2}


@pytest.mark.parametrize("name", ["id", "slack_user_id"])
def test_one_person_by_either_id_even_on_a_day_off(runtime: Runtime, two: tuple[str, str], name: str) -> None:
    wanted = getattr(settled(runtime, two[0]), name)
    assert start(runtime, now=SATURDAY).counts == {"not_wanted": 2}
    assert start(runtime, now=SATURDAY, user_id=wanted).counts == {"due": 1}
    with transaction(runtime.sessions) as session:
        (briefing,) = session.scalars(select(Briefing))
    assert (briefing.user_id, briefing.local_date) == (two[0], date(2026, 1, 10))


def test_nobody_of_that_name(runtime: Runtime) -> None:
    with pytest.raises(UnknownPerson):
        start(runtime, user_id="nobody")


def test_who_is_off_paused_or_deactivated_is_left_out(runtime: Runtime, two: tuple[str, str]) -> None:
    with transaction(runtime.sessions) as session:
        session.get_one(BriefingSettings, two[0]).paused_until = date(2026, 1, 5)
        session.get_one(User, two[1]).active = False
    assert start(runtime).counts == {"not_wanted": 1, "inactive": 1}
    assert start(runtime, user_id=two[1]).counts == {"inactive": 1}


@pytest.mark.parametrize(("days", "outcome"), [(0, "due"), (-1, "due"), (1, "other_day"), (-2, "other_day")])
def test_only_today_and_yesterday_can_be_asked_for(
    runtime: Runtime, two: tuple[str, str], days: int, outcome: str
) -> None:
    day = date(2026, 1, 5) + timedelta(days=days)
    assert start(runtime, user_id=two[0], local_date=day).counts == {outcome: 1}


def test_a_day_that_failed_before_composing_is_composed_again(
    runtime: Runtime, sandbox: Sandbox, two: tuple[str, str]
) -> None:
    start(runtime, user_id=two[0])
    with transaction(runtime.sessions) as session:
        long_ago = datetime.now(UTC) - timedelta(days=1)
        session.execute(update(Briefing).values(status="failed", error="internal", created_at=long_ago))
    again = start(runtime, user_id=two[0])
    assert again.counts == {"due": 1}
    work(runtime)
    assert report(runtime, again) == {"sent": 1}
    assert len(sandbox.dms("seoyeon")) == 1


def test_a_message_that_slack_refused_is_sent_once_it_can_be(
    runtime: Runtime, sandbox: Sandbox, two: tuple[str, str]
) -> None:
    sandbox.fault(op="chat.postMessage", body={"ok": False, "error": "msg_too_long"}, times=1)
    first = start(runtime, user_id=two[0])
    work(runtime)
    assert report(runtime, first) == {"failed": 1}
    again = start(runtime, user_id=two[0])
    work(runtime)
    assert (report(runtime, again), len(sandbox.dms("seoyeon"))) == ({"sent": 1}, 1)
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(OutboundMessage.status)).one() == "sent"


def test_a_run_that_never_was(runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session, pytest.raises(runs.UnknownRun):
        runs.read_run(session, "nothing")


def test_who_is_deactivated_is_not_looked_at_and_gets_nothing_for_that_time_later(
    runtime: Runtime, two: tuple[str, str]
) -> None:
    admin, user_id = Actor(two[0], is_admin=True), two[1]
    with transaction(runtime.sessions) as session:
        session.get_one(User, two[0]).role = "admin"
        set_active(session, admin, user_id, False)
        assert session.get_one(BriefingSettings, user_id).next_due_at is None
    with transaction(runtime.sessions) as session:
        set_active(session, admin, user_id, True)
        now = session.execute(select(func.now())).scalar_one()
        due = session.get_one(BriefingSettings, user_id).next_due_at
    assert due is not None
    assert due > now
