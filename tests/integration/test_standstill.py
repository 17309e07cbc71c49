"""Nothing is sent any more: who is told, by whom, once, and that it is over."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select, text

import scheduler
from services import heartbeat, jobs
from services.alerts import standstill
from services.assistant.from_slack import inbox
from services.db.engine import transaction
from services.db.models import Alert, OutboundMessage, WebhookPost
from services.delivery import sender
from services.overdue import read_overdue
from services.runtime import Runtime
from tests.integration.auth_session_processes import wait_for
from tests.integration.conftest import KEY
from tests.integration.journeys import Sandbox, arrive
from tests.integration.portal_process import COOKIE_SECRET, CRON_SECRET, ROOT, running_portal
from tests.integration.webhook_receiver import Receiver, execute
from tests.integration.webhook_receiver import alarmed as alarmed
from tests.integration.webhook_receiver import receiver as receiver


@pytest.fixture
def admin(alarmed: Runtime, sandbox: Sandbox) -> str:
    """Daniel, who is an admin and reads English; their own briefing comes another day."""
    user_id = arrive(alarmed, sandbox.person("daniel"))
    execute(alarmed, "UPDATE users SET role = 'admin' WHERE id = :u", u=user_id)
    return user_id


@pytest.fixture
def alive(alarmed: Runtime) -> None:
    with transaction(alarmed.sessions) as session:
        heartbeat.beat(session, "scheduler")


def late(runtime: Runtime, sandbox: Sandbox, *keys: str, minutes: int = 16) -> None:
    """These people's briefing was due so many minutes ago, and nobody has looked."""
    for key in keys:
        user_id = arrive(runtime, sandbox.person(key))
        execute(
            runtime,
            "UPDATE briefing_settings SET next_due_at = now() - make_interval(mins => :m) WHERE user_id = :u",
            m=minutes,
            u=user_id,
        )


def be_silent(runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session:
        heartbeat.beat(session, "scheduler")
    execute(runtime, "UPDATE heartbeats SET at = now() - interval '4 minutes'")


def said_to(sandbox: Sandbox, key: str = "daniel") -> list[str]:
    return [message.text.partition(".")[0] for message in sandbox.dms(key)]


SILENT = "The part that sends briefings is not running"
AGAIN = "The part that sends briefings runs again"
NONE_LATE = "No briefing is overdue any more"


def test_a_silent_sidecar_is_told_of_once_without_any_worker(
    alarmed: Runtime, sandbox: Sandbox, receiver: Receiver, admin: str
) -> None:
    be_silent(alarmed)
    for _ in range(3):
        standstill.look(alarmed)
    assert said_to(sandbox) == [SILENT]
    [post] = receiver.texts
    assert "브리핑을 보내는 프로그램이" in post
    assert f"{alarmed.settings.portal_url}/deliveries" in post


def test_one_that_was_never_heard_of_is_silent_too(alarmed: Runtime, sandbox: Sandbox, admin: str) -> None:
    standstill.look(alarmed)
    [dm] = sandbox.dms("daniel")
    assert "It has not been heard of yet." in dm.text


def test_that_it_runs_again_is_told_to_whoever_was_told(
    alarmed: Runtime, sandbox: Sandbox, receiver: Receiver, admin: str
) -> None:
    be_silent(alarmed)
    standstill.look(alarmed)
    arrived_later = arrive(alarmed, sandbox.person("emma"))
    execute(alarmed, "UPDATE users SET role = 'admin' WHERE id = :u", u=arrived_later)
    with transaction(alarmed.sessions) as session:
        heartbeat.beat(session, "scheduler")
    for _ in range(2):
        standstill.look(alarmed)
    assert said_to(sandbox) == [SILENT, AGAIN]
    assert said_to(sandbox, "emma") == []
    assert len(receiver.texts) == 2
    be_silent(alarmed)
    standstill.look(alarmed)
    assert said_to(sandbox) == [SILENT, AGAIN, SILENT]


def test_what_is_overdue_is_counted_in_one_alarm(
    alarmed: Runtime, sandbox: Sandbox, receiver: Receiver, admin: str, alive: None
) -> None:
    late(alarmed, sandbox, "emma", minutes=14)
    standstill.look(alarmed)
    assert said_to(sandbox) == []
    late(alarmed, sandbox, "seoyeon", "minjun")
    for _ in range(2):
        standstill.look(alarmed)
    assert said_to(sandbox) == ["2 briefings are overdue"]
    assert len(receiver.texts) == 1
    scheduler.tick(alarmed)
    asyncio.run(jobs.run_worker(alarmed, wait=False))
    standstill.look(alarmed)
    assert said_to(sandbox) == ["2 briefings are overdue", NONE_LATE]


def test_it_is_told_again_when_it_becomes_much_worse(
    alarmed: Runtime, sandbox: Sandbox, admin: str, alive: None
) -> None:
    late(alarmed, sandbox, "emma")
    standstill.look(alarmed)
    late(alarmed, sandbox, "seoyeon", "minjun", "jiwoo")
    standstill.look(alarmed)
    assert said_to(sandbox) == ["1 briefing is overdue"]
    late(alarmed, sandbox, "sujin")
    for _ in range(2):
        standstill.look(alarmed)
    assert said_to(sandbox) == ["1 briefing is overdue", "5 briefings are overdue"]


@pytest.mark.parametrize("error", ["token_revoked", "account_inactive"])
def test_with_the_bots_token_revoked_the_webhook_tells(
    alarmed: Runtime, sandbox: Sandbox, receiver: Receiver, admin: str, error: str
) -> None:
    be_silent(alarmed)
    sandbox.slack.bot_error = error
    for _ in range(2):
        standstill.look(alarmed)
    assert said_to(sandbox) == []
    assert len(receiver.texts) == 1
    sandbox.slack.bot_error = ""
    execute(alarmed, "UPDATE outbound_messages SET retry_at = now()")
    standstill.look(alarmed)
    assert said_to(sandbox) == [SILENT]


def test_what_nobody_could_be_told_is_not_told_when_it_is_over(
    alarmed: Runtime, sandbox: Sandbox, receiver: Receiver, admin: str
) -> None:
    be_silent(alarmed)
    sandbox.slack.bot_error = "token_revoked"
    standstill.look(alarmed)
    sandbox.slack.bot_error = ""
    with transaction(alarmed.sessions) as session:
        heartbeat.beat(session, "scheduler")
    execute(alarmed, "UPDATE outbound_messages SET retry_at = now()")
    standstill.look(alarmed)
    assert said_to(sandbox) == []
    assert len(receiver.texts) == 2


def go_on(runtime: Runtime, *, only: str = "") -> None:
    """What waits is tried again: all of it, or what has that word in its key."""
    execute(
        runtime,
        "UPDATE outbound_messages SET retry_at = now()"
        " WHERE kind = 'alarm' AND status = 'queued' AND dedupe_key LIKE :k",
        k=f"%{only}%",
    )
    standstill.look(runtime)


def come_back(runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session:
        heartbeat.beat(session, "scheduler")
    standstill.look(runtime)


def test_that_it_runs_again_is_not_said_once_it_has_stopped_again(
    alarmed: Runtime, sandbox: Sandbox, receiver: Receiver, admin: str
) -> None:
    be_silent(alarmed)
    standstill.look(alarmed)
    sandbox.slack.bot_error = "token_revoked"
    receiver.answers = [500]
    come_back(alarmed)
    execute(alarmed, "UPDATE heartbeats SET at = now() - interval '4 minutes'")
    standstill.look(alarmed)
    sandbox.slack.bot_error = ""
    execute(alarmed, "UPDATE webhook_posts SET retry_at = now()")
    go_on(alarmed, only="opened")
    go_on(alarmed)
    assert said_to(sandbox) == [SILENT, SILENT]
    assert len(receiver.texts) == 2
    come_back(alarmed)
    go_on(alarmed)
    assert said_to(sandbox) == [SILENT, SILENT, AGAIN]
    assert len(receiver.texts) == 3


def test_whoever_was_told_of_the_first_silence_alone_hears_that_the_second_is_over(
    alarmed: Runtime, sandbox: Sandbox, receiver: Receiver, admin: str
) -> None:
    be_silent(alarmed)
    standstill.look(alarmed)
    sandbox.slack.bot_error = "token_revoked"
    come_back(alarmed)
    be_silent(alarmed)
    standstill.look(alarmed)
    come_back(alarmed)
    sandbox.slack.bot_error = ""
    go_on(alarmed)
    assert said_to(sandbox) == [SILENT, AGAIN]


@pytest.mark.parametrize(
    ("last_key", "status", "error"), [("over", "failed", "open_again"), ("opened", "failed", "resolved")]
)
def test_what_is_not_true_any_more_is_not_posted_by_who_has_it_in_hand(
    alarmed: Runtime, sandbox: Sandbox, admin: str, last_key: str, status: str, error: str
) -> None:
    """Taken up before the alert changed, by a worker that has not posted it yet."""
    be_silent(alarmed)
    standstill.look(alarmed)
    come_back(alarmed)
    if last_key == "over":
        execute(alarmed, "UPDATE alerts SET resolved_at = NULL")
    with transaction(alarmed.sessions) as session:
        held = select(OutboundMessage).where(OutboundMessage.dedupe_key.contains(f":{last_key}:"))
        message = session.scalars(held).one()
        message.status, message.attempted_at = "queued", None
    before = len(sandbox.dms("daniel"))
    assert sender.send(alarmed, message.id) == status
    assert len(sandbox.dms("daniel")) == before
    with transaction(alarmed.sessions) as session:
        assert session.get_one(OutboundMessage, message.id).error == error


def test_an_alarm_whose_portal_died_is_sent_by_the_next(
    alarmed: Runtime, sandbox: Sandbox, receiver: Receiver, admin: str
) -> None:
    be_silent(alarmed)
    sandbox.fault(op="chat.postMessage", drop="after", times=1)
    standstill.look(alarmed)  # Slack has it, the answer was lost
    execute(alarmed, "UPDATE outbound_messages SET lease_until = now() - interval '1 second'")
    execute(alarmed, "UPDATE webhook_posts SET status = 'sending', lease_until = now() - interval '1 second'")
    standstill.look(alarmed)
    assert said_to(sandbox) == [SILENT]
    with transaction(alarmed.sessions) as session:
        assert session.scalars(select(OutboundMessage.status)).all() == ["sent"]
        assert session.scalars(select(WebhookPost.status)).all() == ["sent"]


def test_many_portals_at_once_raise_one_alarm(
    alarmed: Runtime, sandbox: Sandbox, receiver: Receiver, admin: str
) -> None:
    be_silent(alarmed)
    late(alarmed, sandbox, "emma", "seoyeon")
    threads = [threading.Thread(target=standstill.look, args=(alarmed,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said_to(sandbox)) == ["2 briefings are overdue", SILENT]
    assert len(receiver.texts) == 2


def test_one_started_anew_by_hand_is_not_overdue_at_once(
    alarmed: Runtime, sandbox: Sandbox, alive: None
) -> None:
    late(alarmed, sandbox, "emma", minutes=60)
    scheduler.tick(alarmed)
    assert overdue(alarmed) == {"": 1}
    execute(alarmed, "UPDATE runs SET kind = 'manual'")
    assert overdue(alarmed) == {}
    execute(alarmed, "UPDATE runs SET started_at = now() - interval '16 minutes'")
    assert overdue(alarmed) == {"": 1}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("UPDATE briefing_settings SET enabled = false", {}),
        ("UPDATE users SET active = false", {}),
        ("UPDATE briefing_settings SET next_due_at = NULL", {}),
        ("SELECT 1", {"not_opened": 1}),
    ],
)
def test_who_gets_none_has_none_overdue(
    alarmed: Runtime, sandbox: Sandbox, change: str, expected: dict[str, int]
) -> None:
    late(alarmed, sandbox, "emma")
    execute(alarmed, change)
    assert overdue(alarmed) == expected


@pytest.mark.parametrize("status", ["due", "claimed", "composed", "sending", "retry_wait"])
def test_whatever_holds_a_briefing_up_it_is_overdue(
    alarmed: Runtime, sandbox: Sandbox, alive: None, status: str
) -> None:
    late(alarmed, sandbox, "emma")
    scheduler.tick(alarmed)
    execute(alarmed, "UPDATE briefings SET status = :s, error = 'unavailable'", s=status)
    assert overdue(alarmed) == {"unavailable": 1}


@pytest.mark.parametrize("status", ["sent", "failed", "missed", "skipped"])
def test_what_has_ended_is_not(alarmed: Runtime, sandbox: Sandbox, alive: None, status: str) -> None:
    late(alarmed, sandbox, "emma")
    scheduler.tick(alarmed)
    execute(alarmed, "UPDATE briefings SET status = :s", s=status)
    assert overdue(alarmed) == {}


def overdue(runtime: Runtime) -> dict[str, int]:
    with transaction(runtime.sessions) as session:
        return dict(read_overdue(session).reasons)


def test_a_killed_sidecar_is_told_of_by_two_portals_once_and_when_it_is_back(
    alarmed: Runtime, sandbox: Sandbox, receiver: Receiver, admin: str, tmp_path: Path
) -> None:
    """All as processes. However busy the machine is: each silence is told of once, and its end."""
    environ = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": alarmed.database_url,
        "COOKIE_SECRET": COOKIE_SECRET,
        "CRON_SECRET": CRON_SECRET,
        "TOKEN_ENCRYPTION_KEYS": KEY,
        "TICK_SECONDS": "2",
        "ALERT_WEBHOOK_URL": receiver.address,
        **sandbox.environment(),
    }

    def start_sidecar() -> subprocess.Popen[bytes]:
        with (tmp_path / "sidecar.log").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "scheduler.py"], cwd=ROOT, env=environ, stdout=output, stderr=output
            )

    def beats() -> bool:
        with transaction(alarmed.sessions) as session:
            return heartbeat.sidecar(session).alive

    def open_silences() -> int:
        with transaction(alarmed.sessions) as session:
            found = select(Alert.id).where(Alert.kind == standstill.SILENT, Alert.resolved_at.is_(None))
            return len(session.scalars(found).all())

    sidecar = start_sidecar()
    with ExitStack() as stack:
        stack.callback(lambda: sidecar.wait(30))
        stack.callback(lambda: sidecar.kill())
        wait_for(beats)
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            stack.enter_context(
                running_portal(
                    sandbox,
                    alarmed.database_url,
                    KEY,
                    tmp_path / name,
                    TICK_SECONDS="2",
                    ALERT_WEBHOOK_URL=receiver.address,
                )
            )
        sidecar.send_signal(signal.SIGKILL)
        sidecar.wait(10)
        wait_for(lambda: open_silences() == 1)
        wait_for(lambda: said_to(sandbox)[-1:] == [SILENT])
        sidecar = start_sidecar()
        wait_for(lambda: open_silences() == 0)
        wait_for(lambda: said_to(sandbox)[-1:] == [AGAIN])
        wait_for(lambda: len(receiver.texts) % 2 == 0)
    with transaction(alarmed.sessions) as session:
        silences = session.execute(text("SELECT count(*) FROM alerts WHERE kind = 'sidecar_silent'")).scalar()
    assert said_to(sandbox) == [SILENT, AGAIN] * (silences or 0)
    assert len(receiver.texts) == 2 * (silences or 0)


NOT_STORED = "Messages to the assistant could not be stored"


def write_to_the_assistant(runtime: Runtime, sandbox: Sandbox) -> None:
    event = {
        "type": "message",
        "channel": "D0SECRET001",
        "channel_type": "im",
        "user": sandbox.person("emma").slack_user_id,
        "text": "비밀",
        "ts": "1700000000.000100",
    }
    inbox.receive(runtime, {"type": "event_callback", "team_id": sandbox.slack.team_id, "event": event})


def test_messages_that_cannot_be_stored_are_told_of_once_and_that_it_is_over(
    runtime: Runtime, sandbox: Sandbox
) -> None:
    """No webhook is set; the table that fails is not needed for saying so."""
    user_id = arrive(runtime, sandbox.person("daniel"))
    execute(runtime, "UPDATE users SET role = 'admin' WHERE id = :u", u=user_id)
    with transaction(runtime.sessions) as session:
        heartbeat.beat(session, "scheduler")
    execute(runtime, "ALTER TABLE slack_events RENAME TO slack_events_away")
    try:
        with pytest.raises(Exception, match="slack_events"):
            write_to_the_assistant(runtime, sandbox)
        for _ in range(3):
            standstill.look(runtime)
        assert said_to(sandbox) == [NOT_STORED]
        assert "비밀" not in str(sandbox.dms("daniel")[-1].blocks)
    finally:
        execute(runtime, "ALTER TABLE slack_events_away RENAME TO slack_events")
    execute(runtime, "UPDATE heartbeats SET at = now() - interval '11 minutes' WHERE name LIKE 'slack_not_%'")
    for _ in range(2):
        standstill.look(runtime)
    assert said_to(sandbox) == [NOT_STORED, "Messages to the assistant are stored again"]
