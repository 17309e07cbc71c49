"""Slack is written to no faster than it allows, by all senders together, and never told so by a 429."""

from __future__ import annotations

import dataclasses
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from sandbox.slack.limits import Rate
from services.db.engine import transaction
from services.db.models import OutboundMessage
from services.delivery import outbox, pace, sender
from services.runtime import Runtime
from tests.integration.journeys import Sandbox, arrive

KEYS = ("seoyeon", "minjun", "jiwoo", "emma", "daniel", "hayun")
PER_MINUTE = 240


@pytest.fixture
def people(runtime: Runtime, sandbox: Sandbox) -> list[str]:
    return [arrive(runtime, sandbox.person(key)) for key in KEYS]


def write(runtime: Runtime, user_id: str, **draft: object) -> str:
    with transaction(runtime.sessions) as session:
        content = {"text": "hello", "blocks": []}
        return outbox.put(session, outbox.Draft(user_id, "reply", content, str(uuid.uuid4()), **draft))  # type: ignore[arg-type]


def send_until_sent(runtime: Runtime, message_id: str) -> None:
    """As a worker does: what has to wait is taken up again at its moment."""
    while sender.send(runtime, message_id) != "sent":
        with transaction(runtime.sessions) as session:
            message = session.get_one(OutboundMessage, message_id)
            wait = max(message.retry_at - session.execute(select(func.now())).scalar_one(), timedelta(0))  # type: ignore[operator]
            session.execute(text("SELECT pg_sleep(:wait)"), {"wait": wait.total_seconds()})


def test_many_senders_at_once_stay_below_what_slack_allows(
    runtime: Runtime, sandbox: Sandbox, people: list[str]
) -> None:
    sandbox.slack.limits.workspace = Rate(PER_MINUTE, 2)
    message_ids = [write(runtime, user_id) for user_id in people for _ in range(2)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda message_id: send_until_sent(runtime, message_id), message_ids))
    assert not sandbox.slack.limits.refused
    assert [len(sandbox.dms(key)) for key in KEYS] == [2] * len(KEYS)


def test_a_429_holds_all_others_back_too(runtime: Runtime, sandbox: Sandbox, people: list[str]) -> None:
    sandbox.fault(op="chat.postMessage", status=429, retry_after=40, times=1)
    assert sender.send(runtime, write(runtime, people[0])) == "queued"
    other = write(runtime, people[1])
    assert sender.send(runtime, other) == "queued"
    assert sandbox.calls("chat.postMessage") == 1
    with transaction(runtime.sessions) as session:
        message = session.get_one(OutboundMessage, other)
        at = session.execute(
            text("SELECT max(scheduled_at) FROM procrastinate_jobs WHERE args ->> 'row_id' = :id"),
            {"id": other},
        ).scalar_one()
        now = session.execute(select(func.now())).scalar_one()
    assert message.retry_at is not None
    left = message.retry_at - now
    assert timedelta(seconds=30) < left <= timedelta(seconds=40)
    assert message.attempts == 0  # nobody has seen it
    assert at is None or at == message.retry_at


def test_a_turn_that_is_far_away_keeps_no_sender_waiting(runtime: Runtime, people: list[str]) -> None:
    crawling = dataclasses.replace(
        runtime, settings=runtime.settings.model_copy(update={"slack_messages_per_minute": 1})
    )
    assert pace.await_turn(crawling, "D1") == timedelta(0)
    assert timedelta(seconds=55) < pace.await_turn(crawling, "D2") <= timedelta(seconds=60) / pace.SHARE


def test_one_persons_many_messages_do_not_stop_the_others(runtime: Runtime, people: list[str]) -> None:
    assert pace.await_turn(runtime, "D1") == timedelta(0)
    assert pace.await_turn(runtime, "D1") == timedelta(0)  # a second later
    with transaction(runtime.sessions) as session:
        session.execute(
            text("UPDATE rate_limits SET full_at = now() + interval '9 seconds' WHERE key ~ 'D1'")
        )
    assert pace.await_turn(runtime, "D1") > timedelta(seconds=7)
    assert pace.await_turn(runtime, "D2") == timedelta(0)


def test_nothing_is_posted_before_its_time(runtime: Runtime, sandbox: Sandbox, people: list[str]) -> None:
    message_id = write(runtime, people[0], send_in=timedelta(minutes=5))
    assert sender.send(runtime, message_id) == "queued"
    assert sandbox.calls("chat.postMessage") == 0
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE outbound_messages SET send_after = now()"))
    assert sender.send(runtime, message_id) == "sent"
