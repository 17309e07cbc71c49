"""After a standstill nobody gets an old one; and what is not wanted any more is not sent."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

import scheduler
from services import jobs
from services.db.engine import transaction
from services.db.models import Briefing, BriefingSettings, OutboundMessage
from services.delivery import briefings
from services.runtime import Runtime
from tests.integration.journeys import Sandbox, connect
from tests.integration.test_by_mail import SEND, mailed, unreachable
from tests.integration.test_nine_oclock import (
    AHEAD,
    MINUTE,
    an_hour_later,
    change,
    everything_fails,
    its_time_comes,
    join,
    now,
    retry,
    said,
    tick,
    work,
)

__all__ = ["now"]  # a fixture


def time_passes(runtime: Runtime, by: timedelta) -> None:
    """Everything that is written down moves into the past, dates by whole days, and nobody was looking."""
    its_time_comes(runtime, by)
    with transaction(runtime.sessions) as session:
        session.execute(
            text("UPDATE briefing_settings SET next_due_at = next_due_at - :by, send_at = send_at - :by"),
            {"by": by},
        )
        session.execute(text("UPDATE briefings SET local_date = local_date - :days"), {"days": by.days})


def wants_mail(runtime: Runtime, sandbox: Sandbox, user_id: str) -> None:
    connect(runtime, sandbox, user_id, "seoyeon", scopes=(SEND,))
    work(runtime)
    with transaction(runtime.sessions) as session:
        session.get_one(BriefingSettings, user_id).email_fallback = True


def be_back(runtime: Runtime) -> None:
    """The sidecar runs again: ticks, sweeps, and works off whatever waits, a few times over."""
    for _ in range(2):
        with transaction(runtime.sessions) as session:
            session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'"))
            session.execute(update(OutboundMessage).values(retry_at=None))
        tick(runtime)


def states(runtime: Runtime) -> list[tuple[str, str | None]]:
    with transaction(runtime.sessions) as session:
        rows = session.execute(select(Briefing.status, Briefing.error).order_by(Briefing.due_at))
        return [(status, error) for status, error in rows]


@pytest.mark.parametrize("mail", [False, True])
@pytest.mark.parametrize("state", ["opened", "composed"])
@pytest.mark.parametrize("down", [timedelta(hours=26), timedelta(hours=48), timedelta(days=3)], ids=str)
def test_what_was_begun_long_ago_is_missed_and_todays_comes_once(
    runtime: Runtime, sandbox: Sandbox, now: datetime, down: timedelta, state: str, mail: bool
) -> None:
    user_id = join(runtime, sandbox, now + 8 * MINUTE)
    if mail:
        wants_mail(runtime, sandbox, user_id)
    scheduler.tick(runtime, ahead=AHEAD)
    if state == "composed":
        work(runtime)
    time_passes(runtime, down)
    be_back(runtime)
    its_time_comes(runtime)
    be_back(runtime)
    found = states(runtime)
    assert found[0] == ("missed", "superseded")
    assert found[-1] == ("sent", None)
    assert {status for status, _ in found[1:-1]} <= {"missed"}
    assert (len(said(sandbox)), mailed(sandbox)) == (1, [])
    with transaction(runtime.sessions) as session:
        covers = session.scalars(select(Briefing.covers_since).where(Briefing.status == "sent")).one()
        claimed = session.scalars(select(Briefing.attempts).order_by(Briefing.due_at)).first()
        left = session.scalars(select(OutboundMessage.status)).all()
    assert covers is not None
    assert left == ["sent"]
    assert claimed == (state == "composed")  # nothing was fetched for it again


@pytest.mark.parametrize("state", ["opened", "composed"])
def test_two_hours_later_it_comes_once_and_says_so(
    runtime: Runtime, sandbox: Sandbox, now: datetime, state: str
) -> None:
    join(runtime, sandbox, now + 8 * MINUTE)
    scheduler.tick(runtime, ahead=AHEAD)
    if state == "composed":
        work(runtime)
    time_passes(runtime, timedelta(hours=2))
    be_back(runtime)
    (dm,) = said(sandbox)
    assert "늦" in dm
    assert states(runtime) == [("sent", None)]


@pytest.mark.parametrize("who_sees_it", ["sweep", "worker"])
@pytest.mark.parametrize("status", ["due", "claimed", "composed", "retry_wait", "sending"])
def test_past_its_deadline_it_is_missed_wherever_it_stands(
    runtime: Runtime, sandbox: Sandbox, now: datetime, status: str, who_sees_it: str
) -> None:
    join(runtime, sandbox, now + 8 * MINUTE)
    scheduler.tick(runtime, ahead=AHEAD)
    if status == "sending":
        work(runtime)
    its_time_comes(runtime, timedelta(hours=10))
    with transaction(runtime.sessions) as session:
        session.execute(
            update(Briefing).values(status=status, lease_until=func.now() - MINUTE, retry_at=func.now())
        )
        if who_sees_it == "sweep":
            jobs.sweep(session)
    if who_sees_it == "worker":
        work(runtime)
    assert states(runtime) == [("missed", "too_late")]
    assert (said(sandbox), mailed(sandbox)) == ([], [])


@pytest.mark.parametrize("attempted", [True, False])
def test_what_slack_may_have_is_left_to_the_sender(
    runtime: Runtime, sandbox: Sandbox, now: datetime, attempted: bool
) -> None:
    """A worker died between its post and the answer, or while it looked for its turn; then a standstill."""
    join(runtime, sandbox, now + 8 * MINUTE)
    tick(runtime)
    time_passes(runtime, timedelta(days=2))
    with transaction(runtime.sessions) as session:
        session.execute(
            update(OutboundMessage).values(
                status="sending",
                lease="dead",
                lease_until=func.now() - MINUTE,
                attempted_at=func.now() - timedelta(days=2) if attempted else None,
            )
        )
        jobs.sweep(session)
        kept = session.scalars(select(OutboundMessage.id)).all()
    assert states(runtime)[0][0] == ("sending" if attempted else "missed")
    assert len(kept) == attempted


@pytest.mark.parametrize(("down", "mails"), [(timedelta(hours=10), 1), (timedelta(hours=12), 0)], ids=str)
def test_what_slack_refused_comes_by_mail_soon_after_its_deadline_or_not_at_all(
    runtime: Runtime, sandbox: Sandbox, now: datetime, down: timedelta, mails: int
) -> None:
    user_id = join(runtime, sandbox, now - MINUTE)
    wants_mail(runtime, sandbox, user_id)
    unreachable(sandbox)
    tick(runtime)
    time_passes(runtime, down)
    with transaction(runtime.sessions) as session:
        session.execute(text("DELETE FROM rate_limits"))
    sandbox.control("/faults", method="DELETE")
    be_back(runtime)
    assert (len(mailed(sandbox)), said(sandbox)) == (mails, [])
    assert states(runtime)[0] == (("sent", None) if mails else ("missed", "too_late"))


def not_any_more(now: datetime) -> dict[str, dict[str, Any]]:
    other_day = (now + timedelta(days=3)).isoweekday()
    return {
        "paused": {"paused_until": (now + timedelta(days=5)).date()},
        "another weekday": {"weekdays": (other_day,)},
        "off": {"enabled": False},
    }


HOW = pytest.mark.parametrize("how", ["paused", "another weekday", "off"])


@HOW
def test_not_wanted_any_more_while_nobody_looked_is_not_sent(
    runtime: Runtime, sandbox: Sandbox, now: datetime, how: str
) -> None:
    user_id = join(runtime, sandbox, now - 20 * MINUTE)
    changed = change(runtime, user_id, **not_any_more(now)[how])
    assert changed.next_due_at is None or changed.next_due_at > now
    assert (changed.next_due_at is None) == (how == "off")
    tick(runtime)
    assert (said(sandbox), states(runtime)) == ([], [])


@HOW
@pytest.mark.parametrize("state", ["opened", "composed", "refused", "retry_wait"])
def test_not_wanted_any_more_after_its_time_is_skipped_with_the_reason(
    runtime: Runtime, sandbox: Sandbox, now: datetime, how: str, state: str
) -> None:
    user_id = join(runtime, sandbox, now + (8 * MINUTE if state == "composed" else -20 * MINUTE))
    if state == "refused":
        unreachable(sandbox)
    if state == "retry_wait":
        everything_fails(sandbox)
    scheduler.tick(runtime, ahead=AHEAD)
    if state != "opened":
        work(runtime)
    its_time_comes(runtime)
    changed = change(runtime, user_id, **not_any_more(now)[how])
    assert states(runtime) == [("skipped", "not_wanted")]
    assert changed.next_due_at is None or changed.next_due_at > now
    its_time_comes(runtime, timedelta(hours=8))
    retry(runtime)
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(OutboundMessage.id)).all() == []
    assert (said(sandbox), states(runtime)) == ([], [("skipped", "not_wanted")])


def test_a_holiday_chosen_after_its_time_counts_too(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = join(runtime, sandbox, datetime.fromisoformat("2031-03-01T00:00:00+00:00"))
    moment = datetime.fromisoformat("2031-03-01T00:20:00+00:00")  # a holiday in Korea
    with transaction(runtime.sessions) as session:
        session.execute(
            text("UPDATE briefings SET due_at = now() - interval '20 minutes', local_date = '2031-03-01'")
        )
    scheduler.tick(runtime, now=moment)
    with transaction(runtime.sessions) as session:
        session.execute(update(Briefing).values(due_at=func.now() - 20 * MINUTE))
        assert session.scalars(select(Briefing.local_date)).one() == date(2031, 3, 1)
    change(runtime, user_id, holidays_of="KR")
    work(runtime)
    assert (said(sandbox), states(runtime)) == ([], [("skipped", "not_wanted")])


def test_one_started_by_hand_on_a_day_off_is_sent_whatever_else_is_changed(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    user_id = join(runtime, sandbox, now - 20 * MINUTE)
    scheduler.tick(runtime, ahead=AHEAD)
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE briefing_settings SET paused_until = CURRENT_DATE + 3"))
    change(runtime, user_id, vips=["boss@example.com"])
    work(runtime)
    assert len(said(sandbox)) == 1


def test_a_new_time_is_taken_by_what_is_being_composed(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    user_id = join(runtime, sandbox, now + 8 * MINUTE)
    scheduler.tick(runtime, ahead=AHEAD)
    with transaction(runtime.sessions) as session:
        briefing_id = session.scalars(select(Briefing.id)).one()
    claimed = briefings.claim(runtime, briefing_id)
    assert claimed is not None
    changed = change(runtime, user_id, send_at=an_hour_later(now))
    assert changed.next_due_at is not None
    assert abs(changed.next_due_at - (now + timedelta(hours=1))) <= MINUTE
    assert not briefings.put_off(runtime, claimed, "unavailable", delay=MINUTE)
    briefings.end(runtime, claimed, "failed", "unavailable")
    assert states(runtime) == []
    tick(runtime)
    assert states(runtime) == []
