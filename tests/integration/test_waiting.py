"""Ask first, connect later: what was asked before Google was connected is answered by itself afterwards."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from sandbox.cast.people import HAYUN, OLIVER
from sandbox.world import Person
from services import jobs, retention
from services.access import Actor
from services.assistant import lookups, pending, waiting
from services.assistant.from_slack.incoming import Incoming
from services.assistant.understanding.understand import understand
from services.connect.disconnect import disconnect
from services.conversations.standing import said_at
from services.db.engine import transaction
from services.db.models import Briefing, ConversationMessage, OutboundMessage, PendingRequest, User
from services.due import zone_of
from services.errors import ConnectError
from services.i18n import translator
from services.runtime import Runtime
from tests.integration.journeys import CALENDAR, Sandbox, arrive, connect

MAIL, DAY = "지난주에 온 메일 찾아줘", "내일 회의 있어?"


@pytest.fixture
def person(runtime: Runtime) -> str:
    """Somebody on Slack who has connected nothing."""
    return arrive(runtime, HAYUN)


def ask(
    runtime: Runtime, user_id: str, said: str, *, who: Person = HAYUN, thread: str | None = None, ts: str = ""
) -> dict[str, Any]:
    """Have a question kept, as its handling does; what is answered at once."""
    now = datetime.now(UTC)
    ts = ts or f"{now.timestamp():.6f}"
    channel = "D" + who.slack_user_id[1:]
    incoming = Incoming(
        event_id=f"Ev{ts}",
        kind="message",
        slack_user_id=who.slack_user_id,
        channel=channel,
        ts=ts,
        thread_ts=thread,
        text=said,
        action_id="",
        value="",
        message_ts="",
        lease="",
    )
    with transaction(runtime.sessions) as session:
        user = session.get_one(User, user_id)
        request = understand(said, now=said_at(ts), zone=zone_of(user.timezone), locale=user.locale)
        needs = lookups.needs_of(request) or "mail"
        t = translator(user.locale)
        return dataclasses.asdict(waiting.keep(session, runtime, user, incoming, request, needs, t=t))


def work(runtime: Runtime) -> None:
    """Whatever is in the queue, and what that puts there."""
    left = text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND scheduled_at IS NULL")
    while True:
        asyncio.run(jobs.run_worker(runtime, wait=False))
        with transaction(runtime.sessions) as session:
            if not session.scalar(left):
                return


def waits(runtime: Runtime, user_id: str) -> list[str]:
    with transaction(runtime.sessions) as session:
        return [one.text for one in pending.waiting_of(session, user_id)]


def statuses(runtime: Runtime) -> list[str]:
    with transaction(runtime.sessions) as session:
        return list(session.scalars(select(PendingRequest.status).order_by(PendingRequest.created_at)))


def said_in(sandbox: Sandbox, who: Person) -> list[str]:
    return [str(message.blocks) + message.text for message in sandbox.dms(who.key)]


def value_of(answer: dict[str, Any], action_id: str) -> str:
    """What a button of an answer carries."""
    each = [element for block in answer["blocks"] for element in block.get("elements", [])]
    return str(next(one["value"] for one in each if one.get("action_id") == action_id))


def test_it_is_answered_once_after_connecting(runtime: Runtime, sandbox: Sandbox, person: str) -> None:
    answer = ask(runtime, person, MAIL)
    assert "Gmail" in answer["text"]
    assert waits(runtime, person) == [MAIL]
    work(runtime)
    assert said_in(sandbox, HAYUN) == []
    connect(runtime, sandbox, person, HAYUN.key)
    work(runtime)
    work(runtime)
    (said,) = said_in(sandbox, HAYUN)
    assert MAIL in said
    assert statuses(runtime) == ["done"]
    with transaction(runtime.sessions) as session:
        (logged,) = session.scalars(select(ConversationMessage)).all()
        assert (logged.role, logged.kind) == ("assistant", "reply")


def test_the_calendar_waits_for_the_calendar_alone(runtime: Runtime, sandbox: Sandbox, person: str) -> None:
    connect(runtime, sandbox, person, HAYUN.key)
    answer = ask(runtime, person, DAY)
    assert "add=calendar" in str(answer["blocks"])
    work(runtime)
    assert waits(runtime, person) == [DAY]
    connect(runtime, sandbox, person, HAYUN.key, scopes=(CALENDAR,))
    work(runtime)
    assert DAY in said_in(sandbox, HAYUN)[-1]
    assert statuses(runtime) == ["done"]


def test_what_was_meant_is_what_it_meant_when_it_was_asked(
    runtime: Runtime, sandbox: Sandbox, person: str
) -> None:
    sandbox.control(f"/people/{HAYUN.key}/events", method="DELETE")
    ask(runtime, person, DAY)
    with transaction(runtime.sessions) as session:
        row = session.scalars(select(PendingRequest)).one()
        zone = zone_of(session.get_one(User, person).timezone)
        row.asked_at = yesterday = datetime.now(UTC) - timedelta(hours=23)
    start = (
        (yesterday + timedelta(days=1)).astimezone(zone).replace(hour=15, minute=0, second=0, microsecond=0)
    )
    event = {"summary": "그날의 회의", "start": {"dateTime": start.isoformat()}}
    event["end"] = {"dateTime": (start + timedelta(hours=1)).isoformat()}
    sandbox.control(f"/people/{HAYUN.key}/events", event)
    connect(runtime, sandbox, person, HAYUN.key, scopes=(CALENDAR,))
    work(runtime)
    assert "그날의 회의" in said_in(sandbox, HAYUN)[-1]


def test_no_at_google_keeps_it_waiting(runtime: Runtime, sandbox: Sandbox, person: str) -> None:
    ask(runtime, person, MAIL)
    with pytest.raises(ConnectError):
        connect(runtime, sandbox, person, HAYUN.key, deny=True)
    work(runtime)
    assert waits(runtime, person) == [MAIL]
    connect(runtime, sandbox, person, HAYUN.key)
    work(runtime)
    assert len(said_in(sandbox, HAYUN)) == 1


def test_not_now_is_meant(runtime: Runtime, sandbox: Sandbox, person: str) -> None:
    request_id = value_of(ask(runtime, person, MAIL), "assistant_not_now")
    stranger = arrive(runtime, OLIVER)
    with transaction(runtime.sessions) as session:
        t = translator("ko")
        foreign = waiting.not_now(session, session.get_one(User, stranger), request_id, t)
    assert waits(runtime, person) == [MAIL]
    with transaction(runtime.sessions) as session:
        own = waiting.not_now(session, session.get_one(User, person), request_id, t)
    assert own.text != foreign.text
    connect(runtime, sandbox, person, HAYUN.key)
    work(runtime)
    assert said_in(sandbox, HAYUN) == []


def test_after_a_day_its_asker_is_told_and_nothing_follows(
    runtime: Runtime, sandbox: Sandbox, person: str
) -> None:
    ask(runtime, person, MAIL)
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE pending_requests SET expires_at = now()"))
    for _ in range(2):
        with transaction(runtime.sessions) as session:
            waiting.expire(session, runtime.settings)
    work(runtime)
    (said,) = said_in(sandbox, HAYUN)
    assert MAIL in said
    connect(runtime, sandbox, person, HAYUN.key)
    work(runtime)
    assert len(said_in(sandbox, HAYUN)) == 1
    assert statuses(runtime) == ["expired"]


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ("what is my next meeting?", "what is my next meeting?"),
        ("오늘 남은 일정 뭐야", "오늘 남은 일정 뭐야"),
        (DAY, "내일 일정 알려줘"),
        (MAIL, MAIL),
    ],
)
def test_the_same_asked_again_is_answered_once_to_the_latest(
    runtime: Runtime, sandbox: Sandbox, person: str, first: str, again: str
) -> None:
    ask(runtime, person, first)
    ask(runtime, person, again, thread="1789000000.000100")
    assert waits(runtime, person) == [again]
    connect(runtime, sandbox, person, HAYUN.key, scopes=(CALENDAR,))
    connect(runtime, sandbox, person, HAYUN.key)
    work(runtime)
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(OutboundMessage.thread_ts)).all() == ["1789000000.000100"]


def test_the_same_words_in_another_time_zone_ask_for_the_same_thing(runtime: Runtime, person: str) -> None:
    for zone in ("Asia/Seoul", "Pacific/Honolulu", "Pacific/Kiritimati"):  # never all on one day
        with transaction(runtime.sessions) as session:
            session.get_one(User, person).timezone = zone
        ask(runtime, person, DAY)
        assert waits(runtime, person) == [DAY]


def test_nothing_is_left_of_its_words_when_it_is_over(
    runtime: Runtime, sandbox: Sandbox, person: str
) -> None:
    no = value_of(ask(runtime, person, DAY), "assistant_not_now")
    ask(runtime, person, MAIL)
    ask(runtime, person, "오늘 브리핑 줘")
    with transaction(runtime.sessions) as session:
        waiting.not_now(session, session.get_one(User, person), no, translator("ko"))
        session.execute(text("UPDATE pending_requests SET expires_at = now() WHERE text LIKE '%브리핑%'"))
        waiting.expire(session, runtime.settings)
    connect(runtime, sandbox, person, HAYUN.key)
    work(runtime)
    assert sorted(statuses(runtime)) == ["done", "expired", "withdrawn"]
    with transaction(runtime.sessions) as session:
        assert session.execute(select(PendingRequest.text, PendingRequest.asks).distinct()).all() == [
            ("", "")
        ]
        session.execute(text("UPDATE pending_requests SET updated_at = now() - interval '8 days'"))
    assert retention.forget_old(runtime.sessions, runtime.settings)["pending_requests"] == 3


def test_google_silent_for_a_while_does_not_lose_it(runtime: Runtime, sandbox: Sandbox, person: str) -> None:
    ask(runtime, person, MAIL)
    connect(runtime, sandbox, person, HAYUN.key)
    sandbox.fault(op="gmail.users.messages.list", status=503)
    work(runtime)
    assert statuses(runtime) == ["waiting"]
    sandbox.control("/faults", method="DELETE")
    with transaction(runtime.sessions) as session:
        at = session.scalar(text("SELECT scheduled_at FROM procrastinate_jobs WHERE status = 'todo'"))
        assert at == session.scalar(text("SELECT retry_at FROM pending_requests"))
        session.execute(text("UPDATE pending_requests SET retry_at = now()"))
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'"))
    work(runtime)
    assert MAIL in said_in(sandbox, HAYUN)[-1]
    assert statuses(runtime) == ["done"]


def test_google_silent_for_good_is_said(runtime: Runtime, sandbox: Sandbox, person: str) -> None:
    ask(runtime, person, MAIL)
    connect(runtime, sandbox, person, HAYUN.key)
    sandbox.fault(op="gmail.users.messages.list", status=503)
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE pending_requests SET attempts = :n"), {"n": pending.TRIES - 1})
    work(runtime)
    (said,) = said_in(sandbox, HAYUN)
    assert MAIL in said
    assert statuses(runtime) == ["failed"]


def test_disconnected_again_before_the_answer_it_waits_on(
    runtime: Runtime, sandbox: Sandbox, person: str
) -> None:
    ask(runtime, person, MAIL)
    connect(runtime, sandbox, person, HAYUN.key)
    disconnect(runtime, person, Actor(person))
    work(runtime)
    assert waits(runtime, person) == [MAIL]


def test_a_grant_that_google_has_ended_meanwhile_leaves_it_waiting(
    runtime: Runtime, sandbox: Sandbox, person: str
) -> None:
    ask(runtime, person, MAIL)
    connect(runtime, sandbox, person, HAYUN.key)
    sandbox.control(f"/people/{HAYUN.key}/revoke", {})
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE gmail_tokens SET expiry = now() - interval '1 hour'"))
    work(runtime)
    assert statuses(runtime) == ["waiting"]
    connect(runtime, sandbox, person, HAYUN.key)
    work(runtime)
    assert statuses(runtime) == ["done"]
    assert len(said_in(sandbox, HAYUN)) == 1


def test_a_briefing_that_waited_is_sent(runtime: Runtime, sandbox: Sandbox, person: str) -> None:
    ask(runtime, person, "오늘 브리핑 줘")
    connect(runtime, sandbox, person, HAYUN.key)
    work(runtime)
    assert statuses(runtime) == ["done"]
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(Briefing.status)).all() == ["sent"]
    assert len(said_in(sandbox, HAYUN)) == 1


@pytest.mark.parametrize("dies_at", ["claimed", "said"])
def test_whoever_dies_at_it_leaves_it_to_another(
    runtime: Runtime, sandbox: Sandbox, person: str, monkeypatch: pytest.MonkeyPatch, dies_at: str
) -> None:
    """Between the steps: after it was taken, and before what is said of it was stored."""
    ask(runtime, person, MAIL)
    connect(runtime, sandbox, person, HAYUN.key)
    with transaction(runtime.sessions) as session:
        request_id = session.scalars(select(PendingRequest.id)).one()
    with monkeypatch.context() as patched:
        place = (lookups, "answer") if dies_at == "claimed" else (pending, "finish")
        patched.setattr(*place, _die)
        with pytest.raises(SystemExit):
            waiting.run(runtime, request_id, now=datetime.now(UTC))
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(OutboundMessage)).all() == []
        session.execute(text("UPDATE pending_requests SET lease_until = now()"))
        jobs.sweep(session)
    work(runtime)
    work(runtime)
    assert len(said_in(sandbox, HAYUN)) == 1
    assert statuses(runtime) == ["done"]


def _die(*args: object, **kwargs: object) -> None:
    raise SystemExit


def test_in_a_thread_it_is_answered_there(runtime: Runtime, sandbox: Sandbox, person: str) -> None:
    ask(runtime, person, MAIL, thread="1789000000.000100")
    connect(runtime, sandbox, person, HAYUN.key)
    work(runtime)
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(OutboundMessage.thread_ts)).one() == "1789000000.000100"
