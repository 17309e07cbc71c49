"""Two people become one while things are going on: messages being sent, refreshes, a worker that dies."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update

from services import daily, jobs, previews
from services.db.engine import transaction
from services.db.models import (
    AuthSession,
    ConversationMessage,
    GmailToken,
    OutboundMessage,
    SlackLink,
    User,
)
from services.delivery import briefings, outbox, sender
from services.errors import DatabaseUnavailable, SourceUnavailable
from services.people import UnknownPerson, join_work, slack_account
from services.people.slack_link import vouched_for
from services.runtime import Runtime
from tests.integration.conftest import KEY
from tests.integration.joining_people import by_dm, by_google, work
from tests.integration.journeys import Sandbox, connect, settled

# Slack takes no more at once.
DRAFTS = 4
STALL = """
CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
CREATE TRIGGER stall BEFORE UPDATE ON conversation_log FOR EACH ROW EXECUTE FUNCTION stall();
"""
HERE = "FROM pg_stat_activity WHERE datname = current_database() AND "
SLEEPING = f"{HERE} wait_event = 'PgSleep'"
WAITING = f"{HERE} wait_event_type = 'Lock'"
JOIN = """
import sys
from types import SimpleNamespace
from services.crypto import SecretBox
from services.db.engine import make_engine, make_sessions
from services.people.join_work import join
from services.settings import load_settings

url, key, link_id = sys.argv[1:]
environ = {"DATABASE_URL": url, "TOKEN_ENCRYPTION_KEYS": key, "COOKIE_SECRET": "x", "CRON_SECRET": "x"}
settings = load_settings(environ, env_file=None, need=())
sessions = make_sessions(make_engine(url))
join(SimpleNamespace(sessions=sessions, settings=settings, box=SecretBox.from_setting(key)), link_id)
"""


@pytest.fixture
def there(runtime: Runtime, sandbox: Sandbox) -> str:
    return by_dm(runtime, sandbox, "taeho")


@pytest.fixture
def here(runtime: Runtime) -> str:
    return by_google(runtime, "ty")


def confirmed(runtime: Runtime, there: str, here: str) -> str:
    with transaction(runtime.sessions) as session:
        return vouched_for(session, session.get_one(User, there), here)


def draft(runtime: Runtime, user_id: str, key: str) -> str:
    content = {"text": f"message {key}", "blocks": []}
    with transaction(runtime.sessions) as session:
        return outbox.put(session, outbox.Draft(user_id, "reply", content, key))


def owners(runtime: Runtime, column: object) -> set[str]:
    with transaction(runtime.sessions) as session:
        return set(session.scalars(select(column)))  # type: ignore[call-overload]


@contextmanager
def meanwhile(do: Callable[[], object]) -> Iterator[None]:
    """Do something in another thread; what it raises is raised here."""
    raised: list[Exception] = []

    def run() -> None:
        try:
            do()
        except Exception as exc:  # noqa: BLE001 - raised again below
            raised.append(exc)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join(timeout=60)
    assert not thread.is_alive()
    if raised:
        raise raised[0]


def test_messages_being_sent_arrive_once_and_are_logged_for_who_stays(
    runtime: Runtime, sandbox: Sandbox, there: str, here: str
) -> None:
    messages = [draft(runtime, there, f"k{number}") for number in range(DRAFTS)]
    sandbox.fault(op="chat.postMessage", latency_ms=200)
    link_id = confirmed(runtime, there, here)
    with meanwhile(lambda: [sender.send(runtime, one) for one in messages]):
        while not sandbox.dms("taeho"):
            time.sleep(0.02)
        join_work.join(runtime, link_id)
    said = [message.text for message in sandbox.dms("taeho")]
    assert sorted(said) == sorted(f"message k{number}" for number in range(DRAFTS))
    assert owners(runtime, OutboundMessage.status) == {"sent"}
    assert owners(runtime, OutboundMessage.user_id) == owners(runtime, ConversationMessage.user_id) == {here}
    with transaction(runtime.sessions) as session:
        assert session.scalar(select(func.count()).select_from(ConversationMessage)) == DRAFTS


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_message_whose_fate_is_unclear_is_looked_for_after_the_joining(
    runtime: Runtime, sandbox: Sandbox, there: str, here: str, drop: str
) -> None:
    message = draft(runtime, there, "k")
    sandbox.fault(op="chat.postMessage", drop=drop, times=1)
    assert sender.send(runtime, message) == "sending"
    join_work.join(runtime, confirmed(runtime, there, here))
    with transaction(runtime.sessions) as session:
        session.execute(update(OutboundMessage).values(lease_until=func.now() - timedelta(seconds=1)))
    while sender.send(runtime, message) == "queued":
        with transaction(runtime.sessions) as session:
            session.execute(update(OutboundMessage).values(retry_at=None))
    assert [message.text for message in sandbox.dms("taeho")] == ["message k"]
    assert owners(runtime, ConversationMessage.user_id) == {here}


def test_whoever_is_in_the_middle_of_something_goes_first(runtime: Runtime, there: str, here: str) -> None:
    message = draft(runtime, there, "k")
    link_id = confirmed(runtime, there, here)
    with runtime.sessions() as session:
        session.execute(update(OutboundMessage).where(OutboundMessage.id == message).values(attempts=1))
        with meanwhile(lambda: join_work.join(runtime, link_id)):
            wait_until(lambda: counts(runtime, WAITING))
            # As the sender does next, writing down what was said; it is not the one that is turned away.
            session.execute(
                select(User.id).where(User.id == there).with_for_update(read=True, key_share=True)
            )
            session.commit()
    assert owners(runtime, OutboundMessage.user_id) == {here}


def test_a_long_transaction_is_not_waited_for_for_ever(runtime: Runtime, there: str, here: str) -> None:
    link_id = confirmed(runtime, there, here)
    with transaction(runtime.sessions) as session:
        session.execute(select(User).where(User.id == there).with_for_update()).one()
        with pytest.raises(DatabaseUnavailable):
            join_work.join(runtime, link_id)
    assert settled(runtime, there).active
    work(runtime)
    with transaction(runtime.sessions) as session:
        jobs.sweep(session)
    work(runtime)
    assert owners(runtime, User.id) == {here}


def test_a_refresh_under_way_is_waited_for(runtime: Runtime, sandbox: Sandbox, there: str, here: str) -> None:
    connect(runtime, sandbox, there, "emma")
    link_id = confirmed(runtime, there, here)
    with transaction(runtime.sessions) as session:
        session.execute(update(GmailToken).values(refreshing_until=func.now() + timedelta(minutes=5)))
    with pytest.raises(SourceUnavailable):
        join_work.join(runtime, link_id)
    assert settled(runtime, there).active
    with transaction(runtime.sessions) as session:
        session.execute(update(GmailToken).values(refreshing_until=None))
    join_work.join(runtime, link_id)
    assert owners(runtime, GmailToken.user_id) == {here}


def test_a_consent_under_way_connects_whoever_stays(
    runtime: Runtime, sandbox: Sandbox, there: str, here: str
) -> None:
    link_id = confirmed(runtime, there, here)
    sandbox.fault(op="gmail.users.getProfile", latency_ms=2_000, times=1)
    with meanwhile(lambda: connect(runtime, sandbox, there, "emma")):
        wait_until(lambda: sandbox.calls("gmail.users.getProfile"))
        join_work.join(runtime, link_id)
    assert owners(runtime, GmailToken.user_id) == owners(runtime, AuthSession.user_id) == {here}


def test_a_briefing_being_composed_for_whoever_left_is_sent_to_who_stays(
    runtime: Runtime, sandbox: Sandbox, there: str, here: str
) -> None:
    with transaction(runtime.sessions) as session:
        briefing_id = previews.send_now(session, there)
    claimed = briefings.claim(runtime, briefing_id)
    assert claimed is not None
    join_work.join(runtime, confirmed(runtime, there, here))
    with pytest.raises(UnknownPerson):
        daily.compose(runtime, there, daily.Occasion("manual"), now=datetime.now(UTC))
    briefings.put_off(runtime, claimed, "unknown_person", delay=timedelta(0))
    message_id = daily.send_briefing(runtime, briefing_id, now=datetime.now(UTC))
    assert message_id is not None
    assert sender.send(runtime, message_id) == "sent"
    assert len(sandbox.dms("taeho")) == 1
    assert owners(runtime, ConversationMessage.user_id) == {here}


def test_a_worker_that_is_killed_in_the_middle_has_changed_nothing(
    runtime: Runtime, database_url: str, there: str, here: str
) -> None:
    said = ConversationMessage(
        user_id=there,
        channel="D1",
        ts="1.1",
        role="user",
        kind="request",
        text="x",
        said_at=datetime.now(UTC),
    )
    with transaction(runtime.sessions) as session:
        session.add(said)
        session.execute(text(STALL))
    link_id = confirmed(runtime, there, here)
    worker = subprocess.Popen([sys.executable, "-c", JOIN, database_url, KEY, link_id])
    try:
        wait_until(lambda: counts(runtime, SLEEPING))
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait(timeout=30)
    with transaction(runtime.sessions) as session:
        session.execute(text(f"SELECT pg_terminate_backend(pid) {SLEEPING}"))
    wait_until(lambda: not counts(runtime, SLEEPING))
    assert owners(runtime, User.id) == {there, here}
    assert owners(runtime, ConversationMessage.user_id) == {there}
    assert settled(runtime, there).slack_user_id is not None
    with transaction(runtime.sessions) as session:
        session.execute(text("DROP TRIGGER stall ON conversation_log"))
    join_work.join(runtime, link_id)
    assert owners(runtime, User.id) == owners(runtime, ConversationMessage.user_id) == {here}


def counts(runtime: Runtime, which: str) -> int:
    with transaction(runtime.sessions) as session:
        return int(session.execute(text(f"SELECT count(*) {which}")).scalar_one())


def wait_until(true: Callable[[], object]) -> None:
    give_up = time.monotonic() + 60
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.1)


def test_workers_that_come_at_once_join_once(runtime: Runtime, there: str, here: str) -> None:
    link_id = confirmed(runtime, there, here)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: join_work.join(runtime, link_id), range(3)))
    assert owners(runtime, User.id) == {here}
    assert owners(runtime, SlackLink.status) == {"joined"}


def test_a_message_to_whoever_has_just_signed_in_goes_to_the_joined_dm(
    runtime: Runtime, sandbox: Sandbox, there: str
) -> None:
    me = by_google(runtime, "ty", email=sandbox.person("taeho").slack_email)
    message = draft(runtime, me, "k")
    assert sender.send(runtime, message) == "sent"
    assert [message.text for message in sandbox.dms("taeho")] == ["message k"]
    assert owners(runtime, User.id) == {me}
    assert slack_account.find(runtime, me) == sandbox.person("taeho").slack_user_id
