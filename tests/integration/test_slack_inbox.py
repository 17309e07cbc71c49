"""What came from Slack, handled in its order by whoever holds it: leases, retries, the end of them."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text, update

from services import jobs, retention
from services.assistant.from_slack import inbox
from services.assistant.from_slack.envelope import Pressed, Said
from services.assistant.from_slack.inbox import LeaseLost
from services.assistant.from_slack.incoming import Incoming
from services.db.engine import transaction
from services.db.models import SlackEvent
from services.runtime import Runtime
from tests.integration.slack_people import until

_numbers = itertools.count()


def say(runtime: Runtime, channel: str = "D0MINA", *, ts: int | None = None) -> str:
    """A message, later than the one before; the id of its event."""
    number = next(_numbers) if ts is None else ts
    said = Said("U0" + channel[2:], channel, f"17321508{number:02}.000100", f"{number}", None)
    with transaction(runtime.sessions) as session:
        assert inbox.take(session, said)
    return said.event_id


def row(runtime: Runtime, event_id: str) -> SlackEvent:
    with transaction(runtime.sessions) as session:
        return session.get_one(SlackEvent, event_id)


def queued(runtime: Runtime) -> set[str]:
    """The events that a worker would take up, each with its job; the queue is empty afterwards."""
    emptied = text(
        "DELETE FROM procrastinate_jobs WHERE task_name = 'handle_slack' AND status = 'todo' "
        "RETURNING args->>'row_id'"
    )
    with transaction(runtime.sessions) as session:
        return set(session.scalars(emptied))


def swept(runtime: Runtime) -> set[str]:
    with transaction(runtime.sessions) as session:
        jobs.sweep(session)
    return queued(runtime)


def claimed(runtime: Runtime, event_id: str) -> Incoming:
    incoming = inbox.claim(runtime, event_id)
    assert incoming is not None
    return incoming


def finish(runtime: Runtime, incoming: Incoming) -> None:
    with transaction(runtime.sessions) as session:
        inbox.finish(session, incoming)


def later(runtime: Runtime, event_id: str, column: str = "lease_until") -> None:
    """Let the lease, or the wait for the next try, be over."""
    with transaction(runtime.sessions) as session:
        session.execute(
            update(SlackEvent)
            .where(SlackEvent.id == event_id)
            .values({column: func.now() - text("'1 s'::interval")})
        )


def test_a_message_is_handled_once_and_nothing_of_it_remains(runtime: Runtime) -> None:
    event_id = say(runtime)
    incoming = claimed(runtime, event_id)
    assert (incoming.kind, incoming.slack_user_id, incoming.channel) == ("message", "U0MINA", "D0MINA")
    assert incoming.text
    assert inbox.claim(runtime, event_id) is None
    finish(runtime, incoming)
    assert inbox.claim(runtime, event_id) is None
    over = row(runtime, event_id)
    assert (over.status, over.content, over.error) == ("handled", {}, None)
    assert over.handled_at is not None


def test_a_click_brings_what_was_pressed(runtime: Runtime) -> None:
    pressed = Pressed(
        "U0MINA", "D0MINA", "1732150800.5", "assistant_pause", "3", "1732150700.1", "1732150700.0"
    )
    with transaction(runtime.sessions) as session:
        inbox.take(session, pressed)
    incoming = claimed(runtime, pressed.event_id)
    assert (incoming.kind, incoming.action_id, incoming.value) == ("action", "assistant_pause", "3")
    assert (incoming.message_ts, incoming.thread_ts, incoming.text) == ("1732150700.1", "1732150700.0", "")


def test_of_a_channel_one_at_a_time_in_the_order_written(runtime: Runtime) -> None:
    first, second, third = (say(runtime) for _ in range(3))
    elsewhere = say(runtime, "D0OSCAR")
    queued(runtime)
    assert inbox.claim(runtime, third) is inbox.claim(runtime, second) is None
    assert swept(runtime) == {first, elsewhere}
    held = claimed(runtime, first)
    assert inbox.claim(runtime, second) is None
    claimed(runtime, elsewhere)
    assert swept(runtime) == set()
    finish(runtime, held)
    assert queued(runtime) == {second}
    finish(runtime, claimed(runtime, second))
    assert queued(runtime) == {third}
    claimed(runtime, third)


def test_the_order_is_that_of_writing_not_of_arriving(runtime: Runtime) -> None:
    later_one, earlier_one = say(runtime, ts=62), say(runtime, ts=61)
    assert inbox.claim(runtime, later_one) is None
    claimed(runtime, earlier_one)


def test_of_many_workers_one_gets_it(runtime: Runtime) -> None:
    event_id = say(runtime)
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: inbox.claim(runtime, event_id), range(16)))
    assert len([one for one in got if one is not None]) == 1


def test_what_a_dead_worker_held_is_handled_by_another_and_its_own_end_does_not_count(
    runtime: Runtime,
) -> None:
    event_id = say(runtime)
    dead = claimed(runtime, event_id)
    queued(runtime)
    assert swept(runtime) == set()
    later(runtime, event_id)
    assert swept(runtime) == {event_id}
    alive = claimed(runtime, event_id)
    with pytest.raises(LeaseLost):
        finish(runtime, dead)
    with pytest.raises(LeaseLost), transaction(runtime.sessions) as session:
        inbox.give_up(session, dead, "x")
    with pytest.raises(LeaseLost):
        inbox.retry(runtime, dead, "x")
    finish(runtime, alive)
    with pytest.raises(LeaseLost):
        finish(runtime, alive)


def test_an_end_that_is_rolled_back_is_none(runtime: Runtime) -> None:
    event_id = say(runtime)
    held = claimed(runtime, event_id)
    with transaction(runtime.sessions) as session:
        inbox.finish(session, held)
        session.rollback()
    assert row(runtime, event_id).status == "handling"
    finish(runtime, held)


def test_a_failed_try_waits_longer_each_time_and_holds_the_channel(runtime: Runtime) -> None:
    first, second = say(runtime), say(runtime)
    waits = []
    for _ in range(3):
        assert inbox.retry(runtime, claimed(runtime, first), "slack_unavailable")
        assert inbox.claim(runtime, first) is None
        assert inbox.claim(runtime, second) is None
        with transaction(runtime.sessions) as session:
            left = select(func.extract("epoch", SlackEvent.retry_at - func.now()))
            waits.append(float(session.scalars(left.where(SlackEvent.id == first)).one()))
        later(runtime, first, "retry_at")
    assert waits == sorted(waits)
    assert waits[0] < waits[2]
    assert row(runtime, first).content["text"]
    assert swept(runtime) >= {first}


def test_what_fails_too_often_is_given_up_and_holds_nobody_back(runtime: Runtime) -> None:
    first, second = say(runtime), say(runtime)
    with transaction(runtime.sessions) as session:
        often = {"attempts": inbox.ATTEMPTS_MOST - 1}
        session.execute(update(SlackEvent).where(SlackEvent.id == first).values(often))
    held = claimed(runtime, first)
    assert inbox.retry(runtime, held, "slack_unavailable") is False
    with transaction(runtime.sessions) as session:
        inbox.give_up(session, held, "slack_unavailable")
    over = row(runtime, first)
    assert (over.status, over.error, over.content) == ("failed", "slack_unavailable", {})
    claimed(runtime, second)


def test_what_kills_every_worker_is_given_up(runtime: Runtime) -> None:
    first, second = say(runtime), say(runtime)
    for _ in range(inbox.ATTEMPTS_MOST):
        claimed(runtime, first)
        later(runtime, first)
    queued(runtime)
    assert inbox.claim(runtime, first) is None
    assert row(runtime, first).error == "too_many_attempts"
    assert queued(runtime) == {second}


def blocked(runtime: Runtime) -> bool:
    """Whether somebody waits for a lock in this test's database."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with transaction(runtime.sessions) as session:
        return bool(session.execute(text(waiting)).scalar_one())


def test_the_next_is_never_left_lying_when_it_is_tried_while_the_one_before_ends(runtime: Runtime) -> None:
    """A claim waits for an end that is being written: that end may not have seen it yet."""
    first = say(runtime)
    held = claimed(runtime, first)
    ended, told = threading.Event(), threading.Event()

    def end() -> None:
        with transaction(runtime.sessions) as session:
            inbox.finish(session, held)
            ended.set()
            told.wait(20)

    with ThreadPoolExecutor(2) as pool:
        ending = pool.submit(end)
        assert ended.wait(20)
        second = say(runtime)
        trying = pool.submit(inbox.claim, runtime, second)
        until(lambda: trying.done() or blocked(runtime))
        told.set()
        ending.result(20)
        assert trying.result(20) is not None


def test_events_are_forgotten_after_a_week_whatever_became_of_them(runtime: Runtime) -> None:
    old, young = say(runtime), say(runtime)
    with transaction(runtime.sessions) as session:
        long_ago = func.now() - retention.EVENTS_KEPT - text("'1 min'::interval")
        session.execute(update(SlackEvent).where(SlackEvent.id == old).values(received_at=long_ago))
    retention.forget_old(runtime.sessions, runtime.settings)
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(SlackEvent.id)).all() == [young]
