"""Opening DMs, looking through them and looking for people keep to Slack's tiers, by all workers together."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update

from sandbox.slack.limits import Rate
from sandbox.world import Person
from services import jobs
from services.db.engine import transaction
from services.db.models import OutboundMessage, User
from services.delivery import outbox, pace, sender
from services.delivery.slack import open_dm
from services.runtime import Runtime
from tests.integration.journeys import Sandbox, arrive

MANY = 70  # Slack lets 50 through at once
POST, OPEN, HISTORY = "chat.postMessage", "conversations.open", "conversations.history"


@pytest.fixture
def swift(runtime: Runtime, sandbox: Sandbox) -> Runtime:
    """Posts that hardly wait: what is asked here is of the other methods, whose limits are Slack's."""
    sandbox.slack.limits.workspace = Rate(12_000, 600)
    faster = runtime.settings.model_copy(update={"slack_messages_per_minute": 12_000})
    return dataclasses.replace(runtime, settings=faster)


def newcomers(runtime: Runtime, sandbox: Sandbox, count: int) -> list[str]:
    """People whom the bot has never written to."""
    people = [
        Person(f"new{n}", f"new{n}", f"new{n}@new.example", f"U0NEW{n:05}", "", "ko", "Asia/Seoul")
        for n in range(count)
    ]
    for person in people:
        sandbox.world.add(person)
    return [arrive(runtime, person) for person in people]


def write(runtime: Runtime, user_ids: list[str], *, send_in: timedelta = pace.NO_WAIT) -> list[str]:
    content = {"text": "hello", "blocks": []}
    with transaction(runtime.sessions) as session:
        return [
            outbox.put(
                session, outbox.Draft(user_id, "briefing", content, str(uuid.uuid4()), send_in=send_in)
            )
            for user_id in user_ids
        ]


def work(runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session:
        jobs.sweep(session)
    asyncio.run(jobs.run_worker(runtime, wait=False))


def pass_time(runtime: Runtime, sandbox: Sandbox, seconds: float) -> None:
    """Whatever is written down, here and at Slack, is so much longer ago."""
    sandbox.slack.limits.pass_time(seconds)
    by = {"by": timedelta(seconds=seconds)}
    with transaction(runtime.sessions) as session:
        for table, *columns in (
            ("rate_limits", "full_at", "blocked_until"),
            ("outbound_messages", "retry_at", "send_after", "lease_until"),
            ("procrastinate_jobs", "scheduled_at"),
        ):
            moved = ", ".join(f"{column} = {column} - :by" for column in columns)
            session.execute(text(f"UPDATE {table} SET {moved}"), by)


def statuses(runtime: Runtime) -> Counter[str]:
    with transaction(runtime.sessions) as session:
        return Counter(session.scalars(select(OutboundMessage.status)))


def channels(runtime: Runtime) -> int:
    with transaction(runtime.sessions) as session:
        return len(session.scalars(select(User.id).where(User.slack_channel.is_not(None))).all())


def open_all(runtime: Runtime, sandbox: Sandbox) -> None:
    """As if the bot had written to everybody before."""
    sandbox.slack.limits.enabled = False
    with transaction(runtime.sessions) as session:
        for user in session.scalars(select(User)):
            user.slack_channel = open_dm(runtime.slack, user.slack_user_id or "")
    sandbox.slack.limits.enabled = True


def test_many_newcomers_due_at_once_all_get_theirs_without_a_429(swift: Runtime, sandbox: Sandbox) -> None:
    write(swift, newcomers(swift, sandbox, MANY))
    for _ in range(MANY):
        work(swift)
        if statuses(swift) == {"sent": MANY}:
            break
        pass_time(swift, sandbox, 30)
    assert statuses(swift) == {"sent": MANY}
    assert not sandbox.slack.limits.refused
    assert sandbox.calls(OPEN) == sandbox.calls(POST) == MANY


def test_each_who_has_to_wait_is_given_a_moment_of_their_own(swift: Runtime, sandbox: Sandbox) -> None:
    write(swift, newcomers(swift, sandbox, 30))
    work(swift)
    with transaction(swift.sessions) as session:
        waiting = session.scalars(
            select(OutboundMessage.retry_at).where(OutboundMessage.status == "queued")
        ).all()
    unit = timedelta(minutes=1) / (pace.PER_MINUTE[OPEN] * pace.EVENLY)
    moments = sorted(at for at in waiting if at is not None)
    assert len(moments) >= 10
    assert moments[-1] - moments[0] > unit * (len(moments) - 2)


def test_dms_are_opened_ahead_so_that_nothing_but_the_post_is_left(swift: Runtime, sandbox: Sandbox) -> None:
    write(swift, newcomers(swift, sandbox, 20), send_in=timedelta(minutes=10))
    for _ in range(20):
        work(swift)
        if channels(swift) == 20:
            break
        pass_time(swift, sandbox, 10)
    opened = sandbox.calls(OPEN)
    assert (opened, sandbox.calls(POST)) == (20, 0)
    pass_time(swift, sandbox, 600)
    work(swift)
    assert statuses(swift) == {"sent": 20}
    assert sandbox.calls(OPEN) == opened
    assert not sandbox.slack.limits.refused


def test_a_dm_that_cannot_be_opened_ahead_is_opened_in_its_time(swift: Runtime, sandbox: Sandbox) -> None:
    sandbox.fault(op=OPEN, status=500, times=1)
    (message_id,) = write(swift, newcomers(swift, sandbox, 1), send_in=timedelta(minutes=5))
    work(swift)
    assert sandbox.calls(OPEN) == 1
    with transaction(swift.sessions) as session:
        at = session.execute(
            text("SELECT scheduled_at FROM procrastinate_jobs WHERE status = 'todo'")
        ).scalar_one()
        assert at == session.get_one(OutboundMessage, message_id).send_after
    pass_time(swift, sandbox, 300)
    work(swift)
    assert statuses(swift) == {"sent": 1}


@pytest.mark.parametrize("op", [OPEN, HISTORY])
def test_a_retry_after_holds_everybody_back_from_that_method(
    swift: Runtime, sandbox: Sandbox, op: str
) -> None:
    user_ids = newcomers(swift, sandbox, 4)
    message_ids = write(swift, user_ids)
    if op == HISTORY:
        leave_unclear(swift, sandbox)
    sandbox.fault(op=op, status=429, retry_after=30, times=1)
    for message_id in message_ids:
        sender.send(swift, message_id)
    assert sandbox.calls(op) == 1
    assert statuses(swift) == {"queued": 4}
    pass_time(swift, sandbox, 27)
    work(swift)
    assert sandbox.calls(op) == 1
    for _ in range(4):
        pass_time(swift, sandbox, 10)
        work(swift)
    assert statuses(swift) == {"sent": 4}
    assert sandbox.calls(op) == 5
    assert sandbox.calls(POST) == 4


def leave_unclear(runtime: Runtime, sandbox: Sandbox) -> None:
    """Post everything; Slack takes it, and nobody here learns of it until the leases have passed."""
    open_all(runtime, sandbox)
    sandbox.fault(op=POST, drop="after", times=MANY)
    work(runtime)
    assert set(statuses(runtime)) == {"sending"}
    with transaction(runtime.sessions) as session:
        session.execute(update(OutboundMessage).values(lease_until=func.now() - timedelta(seconds=1)))
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now()"))


def test_many_unclear_posts_are_looked_for_without_a_429(swift: Runtime, sandbox: Sandbox) -> None:
    message_ids = write(swift, newcomers(swift, sandbox, MANY))
    leave_unclear(swift, sandbox)
    for _ in range(MANY):
        work(swift)
        if statuses(swift) == {"sent": MANY}:
            break
        pass_time(swift, sandbox, 30)
    assert statuses(swift) == {"sent": MANY}
    assert not sandbox.slack.limits.refused
    assert sandbox.calls(POST) == len(message_ids)


def test_what_the_history_has_ruled_out_is_not_looked_for_again(swift: Runtime, sandbox: Sandbox) -> None:
    (message_id,) = write(swift, newcomers(swift, sandbox, 1))
    open_all(swift, sandbox)
    sandbox.fault(op=POST, drop="before", times=1)
    assert sender.send(swift, message_id) == "sending"
    pace.hold_back(swift, 60)  # from posting
    pass_time(swift, sandbox, 25)
    assert sender.send(swift, message_id) == "queued"
    pass_time(swift, sandbox, 40)
    assert sender.send(swift, message_id) == "sent"
    assert sandbox.calls(HISTORY) == 1
