"""One sender: a message is posted once, whatever the connection does, and logged as it is marked sent."""

from __future__ import annotations

import dataclasses
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from services.db.engine import transaction
from services.db.models import ConversationMessage, OutboundMessage, User
from services.delivery import outbox, sender
from services.delivery.slack import make_client
from services.runtime import Runtime
from tests.integration.journeys import Sandbox, arrive

POST = "chat.postMessage"


@pytest.fixture
def person(runtime: Runtime, sandbox: Sandbox) -> str:
    return arrive(runtime, sandbox.person("seoyeon"))


def write(runtime: Runtime, user_id: str, *, key: str | None = None, words: str = "안녕하세요") -> str:
    draft = outbox.Draft(
        user_id=user_id,
        kind="reply",
        content={"text": words, "blocks": []},
        dedupe_key=key or str(uuid.uuid4()),
    )
    with transaction(runtime.sessions) as session:
        return outbox.put(session, draft)


def row(runtime: Runtime, message_id: str) -> OutboundMessage:
    with transaction(runtime.sessions) as session:
        return session.get_one(OutboundMessage, message_id)


def logged(runtime: Runtime) -> list[tuple[str, str]]:
    with transaction(runtime.sessions) as session:
        return [(m.role, m.text) for m in session.scalars(select(ConversationMessage))]


def later(runtime: Runtime) -> None:
    """Let leases lapse and waits be over."""
    with transaction(runtime.sessions) as session:
        session.execute(text("DELETE FROM rate_limits"))
        session.execute(
            text(
                "UPDATE outbound_messages SET lease_until = now() - interval '1 second',"
                " retry_at = now() - interval '1 second' WHERE status IN ('queued', 'sending')"
            )
        )


def test_a_message_arrives_and_is_logged(runtime: Runtime, sandbox: Sandbox, person: str) -> None:
    message_id = write(runtime, person)
    assert sender.send(runtime, message_id) == "sent"
    assert [m.text for m in sandbox.dms("seoyeon")] == ["안녕하세요"]
    assert logged(runtime) == [("assistant", "안녕하세요")]
    assert row(runtime, message_id).slack_ts == sandbox.dms("seoyeon")[0].ts


def test_sending_again_does_nothing(runtime: Runtime, sandbox: Sandbox, person: str) -> None:
    message_id = write(runtime, person)
    assert [sender.send(runtime, message_id) for _ in range(3)] == ["sent"] * 3
    assert len(sandbox.dms("seoyeon")) == len(logged(runtime)) == 1


def test_the_same_key_is_the_same_message(runtime: Runtime, sandbox: Sandbox, person: str) -> None:
    first = write(runtime, person, key="briefing:1")
    assert write(runtime, person, key="briefing:1", words="another") == first


def test_many_senders_at_once_post_once(runtime: Runtime, sandbox: Sandbox, person: str) -> None:
    message_id = write(runtime, person)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: sender.send(runtime, message_id), range(8)))
    assert "sent" in results
    assert sender.send(runtime, message_id) == "sent"
    assert len(sandbox.dms("seoyeon")) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"drop": "after"},
        {"status": 500},
        {"status": 200, "body": "<html>"},
        {"status": 200, "body": ""},
        {"truncate": 5},
    ],
    ids=str,
)
def test_an_unclear_post_is_left_alone_then_looked_up(
    runtime: Runtime, sandbox: Sandbox, person: str, fault: dict[str, object]
) -> None:
    sandbox.fault(op=POST, times=1, **fault)
    message_id = write(runtime, person)
    assert sender.send(runtime, message_id) == "sending"
    assert sender.send(runtime, message_id) == "sending"  # held until the lease has passed
    assert sandbox.calls(POST) == 1
    later(runtime)
    assert sender.send(runtime, message_id) == "sent"
    assert len(sandbox.dms("seoyeon")) == len(logged(runtime)) == 1


def test_a_post_that_timed_out_but_was_taken_is_not_repeated(
    runtime: Runtime, sandbox: Sandbox, person: str
) -> None:
    hurried = dataclasses.replace(
        runtime,
        slack=make_client(
            runtime.settings.slack_bot_token.get_secret_value(), runtime.settings.slack_api_url, timeout=1
        ),
    )
    assert sender.send(hurried, write(runtime, person, words="first")) == "sent"  # the DM is known now
    sandbox.fault(op=POST, drop="after", latency_ms=1500, times=1)
    message_id = write(runtime, person)
    assert sender.send(hurried, message_id) == "sending"
    later(runtime)
    _wait_for_dms(sandbox, 2)
    assert sender.send(hurried, message_id) == "sent"
    assert [m.text for m in sandbox.dms("seoyeon")] == ["first", "안녕하세요"]


def _wait_for_dms(sandbox: Sandbox, count: int) -> None:
    import time

    deadline = time.monotonic() + 10
    while len(sandbox.dms("seoyeon")) < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_lookup_in_trouble_never_leads_to_a_second_post(
    runtime: Runtime, sandbox: Sandbox, person: str
) -> None:
    sandbox.fault(op=POST, drop="after", times=1)
    message_id = write(runtime, person)
    sender.send(runtime, message_id)
    sandbox.fault(op="conversations.history", status=429, retry_after=1, times=1)
    sandbox.fault(op="conversations.history", status=500, times=1)
    for _ in range(2):
        later(runtime)
        assert sender.send(runtime, message_id) == "queued"
    later(runtime)
    assert sender.send(runtime, message_id) == "sent"
    assert len(sandbox.dms("seoyeon")) == 1


def test_a_killed_sender_is_followed_by_another(runtime: Runtime, sandbox: Sandbox, person: str) -> None:
    """Dead between the claim and the post: nothing was attempted, so it is simply sent."""
    message_id = write(runtime, person)
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE outbound_messages SET status = 'sending', lease = 'dead'"))
    later(runtime)
    assert sender.send(runtime, message_id) == "sent"
    assert len(sandbox.dms("seoyeon")) == 1


def test_a_rate_limit_is_waited_out_to_the_second(runtime: Runtime, sandbox: Sandbox, person: str) -> None:
    sandbox.fault(op=POST, status=429, retry_after=7, times=1)
    message_id = write(runtime, person)
    assert sender.send(runtime, message_id) == "queued"
    waiting = row(runtime, message_id)
    assert waiting.retry_at is not None
    assert timedelta(seconds=6) < waiting.retry_at - waiting.updated_at <= timedelta(seconds=7)
    assert sender.send(runtime, message_id) == "queued"  # not before its time
    assert sandbox.calls(POST) == 1
    later(runtime)
    assert sender.send(runtime, message_id) == "sent"


@pytest.mark.parametrize(
    "fault",
    [{"status": 401}, {"status": 403, "body": "<html>"}, {"reason": "account_inactive", "status": 200}],
)
def test_trouble_of_the_workspace_is_retried_until_the_deadline(
    runtime: Runtime, sandbox: Sandbox, person: str, fault: dict[str, object]
) -> None:
    sandbox.fault(op=POST, **fault)
    message_id = write(runtime, person)
    assert sender.send(runtime, message_id) == "queued"
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE outbound_messages SET deadline_at = now()"))
    later(runtime)
    assert sender.send(runtime, message_id) == "failed"
    assert sandbox.dms("seoyeon") == []


def test_slack_out_of_reach_is_retried(runtime: Runtime, sandbox: Sandbox, person: str) -> None:
    token = runtime.settings.slack_bot_token.get_secret_value()
    cut_off = dataclasses.replace(runtime, slack=make_client(token, "http://127.0.0.1:9/api/"))
    message_id = write(runtime, person)
    assert sender.send(cut_off, message_id) == "queued"
    assert row(runtime, message_id).error == "unreachable"
    later(runtime)
    assert sender.send(runtime, message_id) == "sent"


def test_what_slack_refuses_for_good_fails_with_its_reason(
    runtime: Runtime, sandbox: Sandbox, person: str
) -> None:
    sandbox.fault(op=POST, status=200, body={"ok": False, "error": "invalid_blocks"})
    message_id = write(runtime, person)
    assert sender.send(runtime, message_id) == "failed"
    assert row(runtime, message_id).error == "invalid_blocks"


def test_a_person_without_slack_fails_with_a_reason(runtime: Runtime, sandbox: Sandbox) -> None:
    message_id = write(runtime, arrive(runtime, sandbox.person("yerin")))
    assert sender.send(runtime, message_id) == "failed"
    assert row(runtime, message_id).error == "not_on_slack"


def test_nothing_is_posted_after_the_deadline(runtime: Runtime, sandbox: Sandbox, person: str) -> None:
    message_id = write(runtime, person)
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE outbound_messages SET deadline_at = now() - interval '1 second'"))
    assert sender.send(runtime, message_id) == "failed"
    assert sandbox.calls(POST) == 0


def test_a_lease_too_short_for_a_post_is_not_used(runtime: Runtime, sandbox: Sandbox, person: str) -> None:
    short = dataclasses.replace(runtime, settings=runtime.settings.model_copy(update={"lease_seconds": 1.0}))
    message_id = write(runtime, person)
    assert sender.send(short, message_id) == "queued"
    assert sandbox.calls(POST) == 0
    with transaction(runtime.sessions) as session:
        now = session.execute(select(func.now())).scalar_one()
    again_at = row(runtime, message_id).retry_at
    assert again_at is not None
    assert again_at <= now + timedelta(seconds=0.25)  # Slack has nothing to do with it


@pytest.mark.parametrize("code", ["channel_not_found", "not_in_channel", "is_archived"])
def test_a_dm_that_is_gone_is_opened_anew_and_tried_once(
    runtime: Runtime, sandbox: Sandbox, person: str, code: str
) -> None:
    sender.send(runtime, write(runtime, person, words="first"))  # the DM is known now
    sandbox.fault(op=POST, status=200, body={"ok": False, "error": code}, times=1)
    message_id = write(runtime, person)
    assert sender.send(runtime, message_id) == "sent"
    assert [m.text for m in sandbox.dms("seoyeon")] == ["first", "안녕하세요"]
    sandbox.fault(op=POST, status=200, body={"ok": False, "error": code}, times=2)
    before = sandbox.calls(POST)
    message_id = write(runtime, person)
    assert sender.send(runtime, message_id) == "failed"
    assert (row(runtime, message_id).error, sandbox.calls(POST) - before) == (code, 2)


def test_an_answer_finds_the_dm_that_has_another_id_by_now(
    runtime: Runtime, sandbox: Sandbox, person: str
) -> None:
    """The thread it was asked in is not there either."""
    with transaction(runtime.sessions) as session:
        session.get_one(User, person).slack_channel = "D0GONE00001"
    draft = outbox.Draft(person, "reply", {"text": "답", "blocks": []}, "k", thread_ts="1700000000.000100")
    with transaction(runtime.sessions) as session:
        message_id = outbox.put(session, draft)
    assert sender.send(runtime, message_id) == "sent"
    [said] = sandbox.dms("seoyeon")
    assert (said.text, said.thread_ts) == ("답", "")
    with transaction(runtime.sessions) as session:
        assert (
            session.get_one(User, person).slack_channel == row(runtime, message_id).channel != "D0GONE00001"
        )


def test_a_post_that_may_be_in_a_dm_that_is_gone_is_not_made_elsewhere(
    runtime: Runtime, sandbox: Sandbox, person: str
) -> None:
    sandbox.fault(op=POST, drop="after", times=1)
    message_id = write(runtime, person)
    assert sender.send(runtime, message_id) == "sending"
    with transaction(runtime.sessions) as session:
        session.get_one(OutboundMessage, message_id).channel = "D0GONE00001"
    later(runtime)
    assert sender.send(runtime, message_id) == "failed"
    assert len(sandbox.dms("seoyeon")) == 1
