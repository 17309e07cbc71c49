"""Never lost, never answered twice: whichever worker dies where, and however many are at it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from services import preferences
from services.assistant import answering, handle
from services.assistant.from_slack import inbox
from services.conversations import log as conversation
from services.db.engine import transaction
from services.db.models import Briefing, OutboundMessage, PendingRequest, SlackEvent, User
from services.delivery import outbox
from services.people import slack_person
from services.runtime import Runtime
from tests.integration.assistant_talk import Talk, count, hurry, work
from tests.integration.journeys import Sandbox, arrive


class Killed(BaseException):
    """What a kill -9 leaves: no handler of ours has run."""


def replies(runtime: Runtime) -> int:
    with transaction(runtime.sessions) as session:
        return len(session.scalars(select(OutboundMessage.id).where(OutboundMessage.kind == "reply")).all())


def abandoned(runtime: Runtime) -> None:
    """The leases of whoever died have passed."""
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE slack_events SET lease_until = now() - interval '1 second'"))
    hurry(runtime)


STEPS: list[tuple[Any, str]] = [
    (slack_person, "_profile"),
    (slack_person, "_take_in"),
    (handle, "understand"),
    (answering, "prepare"),
    (inbox, "finish"),
    (conversation, "add"),
    (preferences, "change"),
    (outbox, "put"),
    (outbox, "queue"),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("module", "step"), STEPS, ids=[f"{m.__name__}.{s}" for m, s in STEPS])
def test_killed_at_any_step_the_message_is_answered_once(
    runtime: Runtime,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    step: str,
    after: bool,
) -> None:
    talk = Talk(runtime, sandbox, "emma")
    event_id = talk.say("send my briefing at 7:15")
    original: Callable[..., Any] = getattr(module, step)

    def dies(*arguments: Any, **named: Any) -> Any:
        if after:
            original(*arguments, **named)
        raise Killed

    monkeypatch.setattr(module, step, dies)
    with pytest.raises(Killed):
        handle.handle(runtime, event_id, now=datetime.now(UTC))
    monkeypatch.undo()
    assert talk.states() == ["handling"]
    assert replies(runtime) == 0
    abandoned(runtime)
    work(runtime)
    abandoned(runtime)
    work(runtime)
    assert len(talk.messages()) == replies(runtime) == count(runtime, User) == 1
    assert "7:15" in talk.messages()[0].text
    assert talk.log == [("user", "request"), ("assistant", "reply")]
    with transaction(runtime.sessions) as session:
        assert preferences.read(session, talk.person.id).send_at == time(7, 15)


def test_a_change_is_not_made_where_the_answer_is_not_stored(
    runtime: Runtime, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id = arrive(runtime, sandbox.person("emma"))
    talk = Talk(runtime, sandbox, "emma")
    event_id = talk.say("send my briefing at 7:15")

    def dies(*_: Any) -> None:
        raise Killed

    monkeypatch.setattr(outbox, "put", dies)
    with pytest.raises(Killed):
        handle.handle(runtime, event_id, now=datetime.now(UTC))
    with transaction(runtime.sessions) as session:
        assert preferences.read(session, user_id).send_at == time(9)


@pytest.mark.parametrize("said", ["hello", "briefing", "find mail from ann", "pause my briefing"])
def test_many_workers_answer_once(runtime: Runtime, sandbox: Sandbox, said: str) -> None:
    talk = Talk(runtime, sandbox, "emma")
    event_id = talk.say(said)
    start = threading.Barrier(6)

    def work_at_it(_: int) -> None:
        start.wait()
        handle.handle(runtime, event_id, now=datetime.now(UTC))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work_at_it, range(6)))
    work(runtime)
    assert (replies(runtime), count(runtime, User)) == (1, 1)
    assert count(runtime, Briefing) <= 1
    assert count(runtime, PendingRequest) <= 1


def test_a_worker_that_lost_its_lease_says_nothing(
    runtime: Runtime, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was slow; another one has taken over and answered meanwhile."""
    talk = Talk(runtime, sandbox, "emma")
    event_id = talk.say("send my briefing at 7:15")
    prepare = answering.prepare
    slow = iter([True])

    def overtaken(*arguments: Any) -> Any:
        if next(slow, False):
            abandoned(runtime)
            handle.handle(runtime, event_id, now=datetime.now(UTC))
        return prepare(*arguments)

    monkeypatch.setattr(answering, "prepare", overtaken)
    handle.handle(runtime, event_id, now=datetime.now(UTC))
    work(runtime)
    assert (len(talk.messages()), talk.states()) == (1, ["handled"])


def test_a_fault_of_ours_is_owned_up_to_and_stops_nobody(
    runtime: Runtime, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = Talk(runtime, sandbox, "emma")
    talk.ask("hello")

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(answering, "prepare", broken)
    said = talk.ask("help")
    assert "went wrong on our side" in said
    monkeypatch.undo()
    assert "This is what you can ask me" in talk.ask("help")
    with transaction(runtime.sessions) as session:
        states = session.execute(select(SlackEvent.status, SlackEvent.error).order_by(SlackEvent.ts)).all()
        assert [tuple(one) for one in states] == [
            ("handled", None),
            ("failed", "internal"),
            ("handled", None),
        ]
        assert session.scalars(select(SlackEvent.content)).all() == [{}, {}, {}]


def test_messages_of_a_channel_are_answered_in_their_order(runtime: Runtime, sandbox: Sandbox) -> None:
    talk = Talk(runtime, sandbox, "emma")
    for minute in (10, 20, 30):
        talk.say(f"send my briefing at 7:{minute}")
    work(runtime)
    with transaction(runtime.sessions) as session:
        assert preferences.read(session, talk.person.id).send_at == time(7, 30)
    assert talk.states() == ["handled"] * 3


def test_somebody_deleted_meanwhile_is_answered_nothing(
    runtime: Runtime, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = Talk(runtime, sandbox, "emma")
    talk.ask("hello")
    event_id = talk.say("help")
    prepare = answering.prepare

    def after_leaving(*arguments: Any) -> Any:
        with transaction(runtime.sessions) as session:
            session.execute(text("DELETE FROM users"))
        return prepare(*arguments)

    monkeypatch.setattr(answering, "prepare", after_leaving)
    with pytest.raises(IntegrityError):
        handle.handle(runtime, event_id, now=datetime.now(UTC))
    assert talk.states()[-1] == "failed"
    assert count(runtime, User) == 0
