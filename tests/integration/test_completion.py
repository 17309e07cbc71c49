"""The full briefing after a partial one: the same day, once, by itself, whatever happens in between."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text, update

from services import jobs
from services.db.engine import transaction
from services.db.models import Briefing, BriefingSettings, OutboundMessage, User
from services.delivery import completion, sender
from services.runs import start_due
from services.runtime import Runtime
from tests.integration.journeys import CALENDAR, Sandbox, connect
from tests.integration.test_nine_oclock import MINUTE, its_time_comes, join, now, tick, work

__all__ = ["now"]  # a fixture


def partial(runtime: Runtime, sandbox: Sandbox, now: datetime) -> str:
    """Somebody who never connected has had today's briefing, without mail."""
    user_id = join(runtime, sandbox, now - MINUTE, connected=False)
    tick(runtime)
    assert [(b.kind, b.status, b.completeness) for b in rows(runtime)] == [("daily", "sent", "partial")]
    return user_id


def rows(runtime: Runtime) -> list[Briefing]:
    with transaction(runtime.sessions) as session:
        return list(session.scalars(select(Briefing).order_by(Briefing.created_at)))


def said(sandbox: Sandbox) -> list[str]:
    return [json.dumps(dm.blocks, ensure_ascii=False) for dm in sandbox.dms("seoyeon")]


def kinds(runtime: Runtime) -> list[tuple[str, str]]:
    return [(b.kind, b.status) for b in rows(runtime)]


def broken(runtime: Runtime, sandbox: Sandbox, now: datetime, **changes: Any) -> str:
    """Somebody whose Gmail broke has had today's briefing, with a button that leads to the portal."""
    user_id = join(runtime, sandbox, now - MINUTE)
    with transaction(runtime.sessions) as session:
        settings = session.get_one(BriefingSettings, user_id)
        for name, value in changes.items():
            setattr(settings, name, value)
        session.execute(text("UPDATE gmail_tokens SET expiry = now()"))
    sandbox.control("/people/seoyeon/revoke")
    tick(runtime)
    return user_id


def test_reconnecting_brings_the_full_one_once_with_what_it_adds_marked(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    user_id = broken(runtime, sandbox, now)
    (first,) = said(sandbox)
    assert "Gmail 다시 연결하기" in first
    for _ in range(2):
        connect(runtime, sandbox, user_id, "seoyeon", scopes=(CALENDAR,))
        work(runtime)
    daily, completed = rows(runtime)
    assert (daily.kind, daily.completeness) == ("daily", "partial")
    assert (completed.kind, completed.status, completed.completeness) == ("completion", "sent", "complete")
    assert completed.local_date == daily.local_date
    (_, second) = said(sandbox)
    assert second.count("🆕") == 3  # said at the top, and at mail and calendar
    assert "authuser=" in second
    with transaction(runtime.sessions) as session:
        assert session.get_one(BriefingSettings, user_id).covered_until == completed.cursor is not None


def test_who_connects_for_the_first_time_gets_it_too(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    user_id = partial(runtime, sandbox, now)
    connect(runtime, sandbox, user_id, "seoyeon")
    work(runtime)
    assert kinds(runtime) == [("daily", "sent"), ("completion", "sent")]


def test_a_calendar_that_is_granted_later_completes_and_the_mail_is_told_with_it(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    user_id = join(runtime, sandbox, now - MINUTE)
    body = {"error": {"code": 403, "message": "no", "errors": [{"reason": "insufficientPermissions"}]}}
    sandbox.fault(op="calendar.events.list", status=403, body=body)
    tick(runtime)
    sandbox.control("/faults", method="DELETE")
    connect(runtime, sandbox, user_id, "seoyeon", scopes=(CALENDAR,))
    work(runtime)
    daily, completed = rows(runtime)
    assert daily.missing == [{"source": "calendar", "reason": "missing_scope"}]
    assert (completed.kind, completed.status, completed.missing) == ("completion", "sent", [])
    assert set(daily.message_ids) == set(completed.message_ids) != set()
    assert daily.covers_since == completed.covers_since


@pytest.mark.parametrize("why", ["complete", "not Google's", "yesterday"])
def test_there_is_none_where_there_is_nothing_to_complete(
    runtime: Runtime, sandbox: Sandbox, now: datetime, why: str
) -> None:
    user_id = partial(runtime, sandbox, now)
    missing = {"complete": "[]", "not Google's": '[{"source": "news", "reason": "unavailable"}]'}
    with transaction(runtime.sessions) as session:
        if why in missing:
            session.execute(text("UPDATE briefings SET missing = cast(:m AS jsonb)"), {"m": missing[why]})
        else:
            session.execute(text("UPDATE briefings SET local_date = local_date - 1"))
    connect(runtime, sandbox, user_id, "seoyeon")
    work(runtime)
    assert len(rows(runtime)) == 1


def test_it_is_worth_nothing_after_the_persons_own_midnight(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    user_id = partial(runtime, sandbox, now)
    connect(runtime, sandbox, user_id, "seoyeon")
    completed = rows(runtime)[1]
    with transaction(runtime.sessions) as session:
        zone = ZoneInfo(session.get_one(User, user_id).timezone)
    midnight = completed.deadline_at.astimezone(zone)
    assert (midnight.date(), midnight.hour) == (completed.local_date + timedelta(days=1), 0)
    with transaction(runtime.sessions) as session:
        session.execute(update(Briefing).values(deadline_at=func.now()))
    work(runtime)
    assert len(said(sandbox)) == 1
    assert kinds(runtime)[1] == ("completion", "missed")


def test_what_still_fails_in_passing_is_waited_for(runtime: Runtime, sandbox: Sandbox, now: datetime) -> None:
    user_id = partial(runtime, sandbox, now)
    connect(runtime, sandbox, user_id, "seoyeon")
    sandbox.fault(op="batch", status=500)
    work(runtime)
    assert kinds(runtime)[1] == ("completion", "retry_wait")
    sandbox.control("/faults", method="DELETE")
    with transaction(runtime.sessions) as session:
        session.execute(update(Briefing).values(retry_at=func.now()))
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now()"))
    work(runtime)
    assert kinds(runtime)[1] == ("completion", "sent")


def test_one_that_adds_nothing_is_not_sent_and_the_next_connection_tries_again(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    user_id = partial(runtime, sandbox, now)
    sandbox.fault(
        op="batch", status=403, body={"error": {"code": 403, "errors": [{"reason": "accessNotConfigured"}]}}
    )
    connect(runtime, sandbox, user_id, "seoyeon")
    work(runtime)
    assert (kinds(runtime)[1], rows(runtime)[1].error) == (("completion", "failed"), "accessNotConfigured")
    assert len(said(sandbox)) == 1
    sandbox.control("/faults", method="DELETE")
    connect(runtime, sandbox, user_id, "seoyeon")
    work(runtime)
    assert kinds(runtime)[1] == ("completion", "sent")
    assert len(said(sandbox)) == 2


@pytest.mark.parametrize("state", ["due", "claimed", "composed", "retry_wait", "queued"])
def test_one_that_slack_has_not_got_yet_is_composed_anew_instead(
    runtime: Runtime, sandbox: Sandbox, now: datetime, state: str
) -> None:
    user_id = join(runtime, sandbox, now - MINUTE, connected=False)
    if state == "queued":  # Slack is down: what was composed waits, past its time
        sandbox.fault(op="chat.postMessage", status=429, retry_after=600)
    with transaction(runtime.sessions) as session:
        start_due(session, runtime.settings, now=now)
        if state != "queued":
            session.execute(
                update(Briefing).values(
                    status=state,
                    lease="somebody",
                    lease_until=func.now() + MINUTE,
                    content={"text": "without mail", "blocks": []} if state == "composed" else None,
                )
            )
            session.execute(text("DELETE FROM procrastinate_jobs"))
    work(runtime)
    assert said(sandbox) == []
    sandbox.control("/faults", method="DELETE")
    with transaction(runtime.sessions) as session:
        session.execute(text("DELETE FROM rate_limits"))
    connect(runtime, sandbox, user_id, "seoyeon")
    work(runtime)
    (only,) = rows(runtime)
    assert (only.kind, only.status, only.completeness) == ("daily", "sent", "complete")
    assert len(said(sandbox)) == 1


def test_one_that_slack_may_have_is_completed_once_it_is_known_to_be_there(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    user_id = join(runtime, sandbox, now - MINUTE, connected=False)
    sandbox.fault(op="chat.postMessage", drop="after", times=1)
    tick(runtime)
    assert kinds(runtime) == [("daily", "sending")]
    connect(runtime, sandbox, user_id, "seoyeon")
    work(runtime)
    assert kinds(runtime) == [("daily", "sending")]  # nothing is posted on top of it
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE outbound_messages SET lease_until = now() - interval '1 second'"))
        (message_id,) = session.scalars(select(OutboundMessage.id))
    assert sender.send(runtime, message_id) == "sent"
    work(runtime)
    assert kinds(runtime) == [("daily", "sent"), ("completion", "sent")]
    assert len(said(sandbox)) == 2


def test_all_at_once_there_is_one(runtime: Runtime, sandbox: Sandbox, now: datetime) -> None:
    user_id = partial(runtime, sandbox, now)

    def call_up(_: int) -> str | None:
        with transaction(runtime.sessions) as session:
            return completion.call_up(session, user_id)

    with ThreadPoolExecutor(8) as pool:
        opened = [found for found in pool.map(call_up, range(16)) if found]
    assert len(opened) == 1
    assert len(rows(runtime)) == 2


def test_a_worker_that_dies_over_it_is_followed_by_another(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    user_id = partial(runtime, sandbox, now)
    connect(runtime, sandbox, user_id, "seoyeon")
    with transaction(runtime.sessions) as session:
        session.execute(
            update(Briefing)
            .where(Briefing.kind == "completion")
            .values(status="claimed", lease="dead", lease_until=func.now())
        )
        session.execute(text("DELETE FROM procrastinate_jobs"))
    with transaction(runtime.sessions) as session:
        jobs.sweep(session)
    asyncio.run(jobs.run_worker(runtime, wait=False))
    assert kinds(runtime) == [("daily", "sent"), ("completion", "sent")]
    assert len(said(sandbox)) == 2


def test_the_next_day_goes_on_from_it(runtime: Runtime, sandbox: Sandbox, now: datetime) -> None:
    user_id = partial(runtime, sandbox, now)
    connect(runtime, sandbox, user_id, "seoyeon")
    work(runtime)
    its_time_comes(runtime, timedelta(days=1))
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE briefings SET local_date = local_date - 1"))
        session.get_one(BriefingSettings, user_id).next_due_at = now - MINUTE
    tick(runtime)
    daily, completed, following = rows(runtime)
    assert (following.kind, following.status) == ("daily", "sent")
    assert not set(completed.message_ids) & set(following.message_ids)
    assert not daily.message_ids
