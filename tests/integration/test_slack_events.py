"""What Slack sends over HTTP: who may, what is stored of it, and when Slack has to send it again."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text

from portal import runtime as portal_runtime
from portal.routes import routes, slack_events
from services import jobs as worker
from services.db.engine import make_engine, make_sessions, transaction
from services.db.models import ConversationAmendment, ConversationMessage, SlackEvent, User
from services.runtime import Runtime
from tests.integration.journeys import Sandbox, arrive
from tests.integration.slack_people import delete, edit, press, say, until
from tests.integration.slack_requests import Slack
from tests.integration.slack_server import serving


@pytest.fixture
def slack(runtime: Runtime, sandbox: Sandbox) -> Iterator[Slack]:
    """Slack, in front of the portal's routes."""
    portal_runtime.use(runtime)
    with serving(routes()) as url:
        yield Slack(url, sandbox.slack)
    portal_runtime.close()


def events(runtime: Runtime) -> list[SlackEvent]:
    with transaction(runtime.sessions) as session:
        return list(session.scalars(select(SlackEvent).order_by(SlackEvent.ts)))


def jobs(runtime: Runtime) -> int:
    waiting = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'handle_slack'"
    with transaction(runtime.sessions) as session:
        return int(session.execute(text(waiting)).scalar_one())


def test_a_message_is_stored_logged_and_queued(slack: Slack, runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("minjun"))
    assert slack.tell(slack.message(text="오늘 일정 &amp; 메일")).status_code == 200
    stored = events(runtime)[0]
    assert (stored.kind, stored.status, stored.content["text"]) == (
        "message",
        "received",
        "오늘 일정 &amp; 메일",
    )
    assert jobs(runtime) == 1
    with transaction(runtime.sessions) as session:
        logged = session.scalars(select(ConversationMessage)).one()
    assert (logged.user_id, logged.role, logged.kind) == (user_id, "user", "request")
    assert (logged.channel, logged.ts) == (stored.channel, stored.ts)


def test_who_writes_for_the_first_time_is_stored_too(slack: Slack, runtime: Runtime) -> None:
    assert slack.tell(slack.message()).status_code == 200
    assert len(events(runtime)) == jobs(runtime) == 1


REFUSED: dict[str, dict[str, Any]] = {
    "signed by somebody else": {"secret": "not-slacks"},
    "six minutes old": {"at": time.time() - 360},
    "of the future": {"at": time.time() + 3600},
    "no signature": {"X_Slack_Signature": ""},
    "half a signature": {"X_Slack_Signature": "v0="},
    "no moment": {"X_Slack_Request_Timestamp": ""},
    "a moment that is none": {"X_Slack_Request_Timestamp": "yesterday"},
    "a moment beyond all": {"X_Slack_Request_Timestamp": "9" * 5000},
    "a negative moment": {"X_Slack_Request_Timestamp": "-1"},
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_slack_has_not_signed_just_now_is_refused(slack: Slack, runtime: Runtime, name: str) -> None:
    assert slack.tell(slack.message(), **REFUSED[name]).status_code == 401
    assert not events(runtime)


def test_the_signature_is_over_the_body(slack: Slack, runtime: Runtime) -> None:
    fair = slack.tell(slack.message(text="fair")).request
    forged = {**dict(fair.headers), "content-length": "2"}
    assert httpx.post(fair.url, content=b"{}", headers=forged).status_code == 401


@pytest.mark.parametrize("signature", ["v0=é", "v0=\u00ff" * 3])
def test_a_signature_in_no_known_script_is_refused(slack: Slack, signature: str) -> None:
    headers = {b"X-Slack-Signature": signature.encode("latin-1"), b"X-Slack-Request-Timestamp": b"1"}
    assert httpx.post(f"{slack.url}/slack/events", content=b"{}", headers=headers).status_code == 401


def test_without_a_secret_nobody_gets_in(runtime: Runtime, sandbox: Sandbox) -> None:
    settings = runtime.settings.model_copy(update={"slack_signing_secret": SecretStr("")})
    portal_runtime.use(replace(runtime, settings=settings))
    with serving(routes()) as url:
        slack = Slack(url, sandbox.slack)
        assert slack.tell(slack.message()).status_code == 404
    portal_runtime.close()
    assert not events(runtime)


def test_slacks_handshakes(slack: Slack, runtime: Runtime) -> None:
    challenge = slack.tell({"type": "url_verification", "challenge": "abc"})
    assert (challenge.status_code, challenge.json()) == (200, {"challenge": "abc"})
    unsigned = {"type": "url_verification", "challenge": "abc"}
    assert slack.tell(unsigned, secret="not-slacks").status_code == 401
    ssl = slack.send("/slack/interactivity", b"ssl_check=1&token=x", "application/x-www-form-urlencoded")
    assert ssl.status_code == 200
    assert not events(runtime)


def test_what_comes_again_is_stored_once(slack: Slack, runtime: Runtime) -> None:
    message = slack.message()
    retry = {"X_Slack_Retry_Num": "1", "X_Slack_Retry_Reason": "http_timeout"}
    assert slack.tell(message).status_code == 200
    assert slack.tell(message, **retry).status_code == 200
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: slack.tell(message, **retry).status_code, range(16)))
    assert set(answers) == {200}
    assert len(events(runtime)) == jobs(runtime) == 1


GARBAGE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b'{"type": 1}',
    b'{"event": []}',
    b'{"type": "event_callback"}',
    b'{"type": "event_callback", "team": 7, "authorizations": [3]}',
    b'{"authorizations": {"a": 1}, "enterprise": 5}',
    b"payload=%7B",
    b"payload=[]",
    b"a=b",
    b"[" * 100_000,
    b'{"a":' * 100_000,
]


@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
@pytest.mark.parametrize("path", ["/slack/events", "/slack/interactivity"])
def test_garbage_even_signed_is_answered_and_stored_nowhere(
    slack: Slack, runtime: Runtime, path: str, body: bytes
) -> None:
    assert slack.send(path, body).status_code in {200, 400}
    assert slack.send(path, body, secret="not-slacks").status_code in {400, 401}
    assert not events(runtime)


def test_more_than_slack_ever_sends_is_not_read(slack: Slack) -> None:
    assert slack.send("/slack/events", b"x" * (2 * 1024 * 1024 + 1)).status_code == 413


def test_the_longest_message_there_is_gets_through(slack: Slack, runtime: Runtime) -> None:
    longest = "가" * 40_000
    assert slack.tell(slack.message(text=longest)).status_code == 200
    assert events(runtime)[0].content["text"] == longest


@pytest.mark.parametrize(
    "changes", [{"bot_id": "B0BRIEFING"}, {"subtype": "channel_join"}, {"channel_type": "channel"}]
)
def test_what_is_not_for_the_assistant_is_taken_and_forgotten(
    slack: Slack, runtime: Runtime, changes: dict[str, str]
) -> None:
    assert slack.tell(slack.message(**changes)).status_code == 200
    assert slack.tell({**slack.message(), "team_id": "T0OTHER"}).status_code == 200
    assert not events(runtime)


def test_a_client_for_signing_in_makes_no_installation_flow(
    slack: Slack, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    monkeypatch.setenv("SLACK_CLIENT_SECRET", "secret")
    assert slack.tell(slack.message()).status_code == 200
    assert len(events(runtime)) == 1


def test_the_assistants_buttons_are_stored_and_links_are_not(
    slack: Slack, runtime: Runtime, sandbox: Sandbox
) -> None:
    sandbox.slack.listener.interactivity_url = f"{slack.url}/slack/interactivity"
    for link in ("connect_gmail", "open_portal", "reconnect", "anything"):
        assert press(sandbox, "minjun", link, url="https://portal.example/") == ""
    assert not events(runtime)
    assert press(sandbox, "minjun", "assistant_disconnect") == ""
    pressed = events(runtime)[0]
    assert (pressed.kind, pressed.slack_user_id) == ("action", sandbox.person("minjun").slack_user_id)
    assert (pressed.content["action_id"], pressed.content["value"]) == ("assistant_disconnect", "v-1")
    assert pressed.content["message_ts"] < pressed.ts
    assert jobs(runtime) == 1


@pytest.mark.parametrize("kind", ["view_submission", "view_closed", "shortcut", "message_action"])
def test_interactions_that_we_do_not_offer_are_taken_and_forgotten(
    slack: Slack, runtime: Runtime, kind: str
) -> None:
    payload = {"type": kind, "team": {"id": slack.space.team_id}, "user": {"id": "U0MINA"}, "view": {}}
    assert slack.interact(payload).status_code == 200
    assert not events(runtime)


def test_edits_and_deletions_are_followed(slack: Slack, runtime: Runtime, sandbox: Sandbox) -> None:
    """Also by what waits to be answered, which is then answered as it is by now, or not at all."""
    arrive(runtime, sandbox.person("minjun"))
    sandbox.slack.listener.events_url = f"{slack.url}/slack/events"
    ts = say(sandbox, "minjun", "내일 일정")
    until(lambda: events(runtime))
    edit(sandbox, "minjun", ts, "모레 일정")
    until(lambda: events(runtime)[0].content.get("text") == "모레 일정")
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(ConversationMessage.text)).all() == ["모레 일정"]
    delete(sandbox, "minjun", ts)
    until(lambda: events(runtime)[0].status == "handled")
    assert events(runtime)[0].content == {}
    with transaction(runtime.sessions) as session:
        assert not session.scalars(select(ConversationMessage.text)).all()


@pytest.mark.parametrize("known", [True, False], ids=["of somebody's", "of nobody's"])
def test_an_edit_is_kept_only_where_the_conversation_is_somebodys(
    slack: Slack, runtime: Runtime, sandbox: Sandbox, known: bool
) -> None:
    """Such as the goodbye to somebody who has just left, whose message is edited once they are gone."""
    if known:
        user_id = arrive(runtime, sandbox.person("minjun"))
        with transaction(runtime.sessions) as session:
            session.get_one(User, user_id).slack_channel = "D0MINJUN00"
    written = {"ts": "1732150800.000100", "text": "Goodbye!", "edited": {"ts": "1732150900.000000"}}
    changed = slack.message(subtype="message_changed", channel="D0MINJUN00", message=written)
    assert slack.tell(changed).status_code == 200
    with transaction(runtime.sessions) as session:
        kept = session.scalars(select(ConversationAmendment.text)).all()
    assert kept == (["Goodbye!"] if known else [])


def test_while_the_database_is_away_slack_has_to_send_it_again(
    slack: Slack, runtime: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    engine = make_engine("postgresql+psycopg://nobody:nothing@127.0.0.1:9/nowhere")
    portal_runtime.use(replace(runtime, engine=engine, sessions=make_sessions(engine)))
    message = slack.message(text="비밀 이야기")
    assert slack.tell(message).status_code == 503
    assert "비밀" not in caplog.text
    portal_runtime.use(runtime)
    assert slack.tell(message).status_code == 200
    assert len(events(runtime)) == 1


def test_a_database_that_hangs_does_not_keep_slack_waiting(slack: Slack, runtime: Runtime) -> None:
    """Nor the portal: the thread is left to itself, and what it stores in the end is the same message."""
    slack.tell(slack.message())
    message = slack.message()
    with runtime.engine.begin() as blocked:
        blocked.execute(text("LOCK TABLE slack_events"))
        assert slack.tell(message).status_code == 503
    assert slack.tell(message).status_code == 200
    until(lambda: len(events(runtime)) == jobs(runtime) == 2)


def test_a_database_that_hangs_for_long_does_not_use_up_the_portals_threads(
    slack: Slack, runtime: Runtime
) -> None:
    with ExitStack() as hanging:
        for _ in range(4 * slack_events.THREADS):
            assert slack_events.ROOM.acquire(blocking=False)
            hanging.callback(slack_events.ROOM.release)
        assert slack.tell(slack.message()).status_code == 503
    assert slack.tell(slack.message()).status_code == 200
    assert len(events(runtime)) == 1


def test_while_it_is_unknown_which_workspace_is_ours_slack_has_to_send_it_again(
    slack: Slack, runtime: Runtime, sandbox: Sandbox
) -> None:
    sandbox.fault(op="auth.test", status=500, times=1)
    message = slack.message()
    assert slack.tell(message).status_code == 503
    assert slack.tell(message).status_code == 200
    assert len(events(runtime)) == 1


RECEIVE = """
    import json, os, signal, sys
    from services.assistant.from_slack import inbox
    from services.runtime import open_runtime
    from services.settings import load_settings

    with open_runtime(load_settings(env_file=None)) as runtime:
        print("ready", flush=True)
        for line in sys.stdin:
            inbox.receive(runtime, json.loads(line))
            print("stored", flush=True)
            if sys.argv[1:] == ["die"]:
                os.kill(os.getpid(), signal.SIGKILL)
"""


def receiving(runtime: Runtime, sandbox: Sandbox, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """A process that stores the envelopes it is given, a line each."""
    environ = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(folder),
        "DATABASE_URL": runtime.database_url,
        "COOKIE_SECRET": "c",
        "CRON_SECRET": "s",
        "TOKEN_ENCRYPTION_KEYS": runtime.settings.token_encryption_keys.get_secret_value(),
        **sandbox.environment(),
    }
    command = [sys.executable, "-c", textwrap.dedent(RECEIVE), *arguments]
    process = subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_two_processes_store_the_same_event_once(
    slack: Slack, runtime: Runtime, sandbox: Sandbox, tmp_path: Path
) -> None:
    messages = [slack.message(text=str(number)) for number in range(20)]
    lines = "".join(json.dumps(message) + "\n" for message in messages)
    processes = [receiving(runtime, sandbox, tmp_path) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda process: process.communicate(lines, timeout=60)[0], processes))
    assert [one.count("stored") for one in said] == [20, 20]
    assert len(events(runtime)) == jobs(runtime) == 20


def test_who_is_killed_between_storing_and_answering_has_lost_nothing(
    slack: Slack, runtime: Runtime, sandbox: Sandbox, tmp_path: Path
) -> None:
    message = slack.message()
    killed = receiving(runtime, sandbox, tmp_path, "die")
    killed.communicate(json.dumps(message) + "\n", timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert slack.tell(message, X_Slack_Retry_Num="1").status_code == 200
    assert len(events(runtime)) == jobs(runtime) == 1


def test_the_sandboxs_slack_is_answered_as_slack_wants_it(
    slack: Slack, runtime: Runtime, sandbox: Sandbox
) -> None:
    set_up = {"request_url": f"{slack.url}/slack/events", "verify": True}
    assert httpx.post(f"{sandbox.world.base_url}/slack/_control", json=set_up).json()["ok"]
    say(sandbox, "emma", "hi")
    until(lambda: [delivery.outcome for delivery in sandbox.slack.deliveries] == ["ok", "ok"])
    assert len(events(runtime)) == 1


def test_a_person_is_known_by_their_slack_account_only(
    slack: Slack, runtime: Runtime, sandbox: Sandbox
) -> None:
    arrive(runtime, sandbox.person("minjun"))
    slack.tell(slack.message("emma", "hello"))
    with transaction(runtime.sessions) as session:
        assert session.execute(select(func.count()).select_from(ConversationMessage)).scalar_one() == 0


def test_slack_is_not_asked_who_we_are_each_time(slack: Slack, sandbox: Sandbox) -> None:
    for _ in range(5):
        slack.tell(slack.message())
    assert sandbox.calls("auth.test") == 1


def test_from_a_message_over_http_to_the_answer_in_the_dm(
    slack: Slack, runtime: Runtime, sandbox: Sandbox
) -> None:
    sandbox.slack.listener.events_url = f"{slack.url}/slack/events"
    say(sandbox, "emma", "hi")
    until(lambda: events(runtime))
    for _ in ("understood", "sent"):
        asyncio.run(worker.run_worker(runtime, wait=False))
    assert [message.by_bot for message in sandbox.dms("emma")] == [False, True]
    assert events(runtime)[0].status == "handled"
    with transaction(runtime.sessions) as session:
        roles = session.scalars(select(ConversationMessage.role).order_by(ConversationMessage.ts)).all()
    assert roles == ["user", "assistant"]
