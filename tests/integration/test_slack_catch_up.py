"""What Slack could not bring is fetched from the DM's history, once, and the alarm says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text, update

import scheduler
from services.access import Actor
from services.assistant.from_slack import catch_up, inbox
from services.assistant.from_slack.envelope import Said
from services.conversations import forgetting, log
from services.db.engine import transaction
from services.db.models import (
    ConversationAmendment,
    ConversationMessage,
    Heartbeat,
    OutboundMessage,
    SlackEvent,
    User,
    WebhookPost,
)
from services.delivery import outbox
from services.delivery.outbox import Draft
from services.runtime import Runtime
from tests.integration.journeys import Sandbox, arrive
from tests.integration.slack_people import bot_posts, delete, edit, say


@pytest.fixture
def minjun(runtime: Runtime, sandbox: Sandbox) -> str:
    """Somebody who has talked with the assistant; the sidecar has been running for days.

    What is said in Slack now was said ten minutes ago: no event of it is on its way any more.
    """
    sandbox.world.skew = timedelta(minutes=-10)
    user_id = arrive(runtime, sandbox.person("minjun"))
    channel = sandbox.slack.open_dm(sandbox.person("minjun").slack_user_id).id
    with transaction(runtime.sessions) as session:
        log.add(
            session, user_id=user_id, channel=channel, ts=_now(runtime), role="user", kind="request", text="-"
        )
        session.get_one(User, user_id).created_at = datetime.now(UTC) - timedelta(days=30)
        catch_up.start(session)
        session.execute(
            update(Heartbeat)
            .where(Heartbeat.name == catch_up.TASK)
            .values(at=func.now() - catch_up.EVERY, detail={"since": "2026-01-01T00:00:00+00:00"})
        )
    return user_id


def _now(runtime: Runtime) -> str:
    with transaction(runtime.sessions) as session:
        epoch = session.execute(select(func.extract("epoch", func.now()))).scalar_one()
    return f"{float(epoch):.6f}"


def started(runtime: Runtime, *, at_once: bool = False) -> int:
    with transaction(runtime.sessions) as session:
        return catch_up.start(session, at_once=at_once)


def stored(runtime: Runtime) -> list[str]:
    with transaction(runtime.sessions) as session:
        rows = session.scalars(select(SlackEvent).order_by(SlackEvent.ts)).all()
        return [row.content.get("text", "") for row in rows]


def logged(runtime: Runtime) -> list[tuple[str, str, str]]:
    said = select(ConversationMessage).where(ConversationMessage.text != "-").order_by(ConversationMessage.ts)
    with transaction(runtime.sessions) as session:
        return [(row.role, row.kind, row.text) for row in session.scalars(said)]


def test_what_was_said_before_somebody_came_is_not_fetched(
    runtime: Runtime, sandbox: Sandbox, minjun: str
) -> None:
    """Whoever has left, and taken all they said along, may come again."""
    say(sandbox, "minjun", "before leaving")
    bot_posts(sandbox, "minjun", "All is deleted.")
    with transaction(runtime.sessions) as session:
        session.get_one(User, minjun).created_at = datetime.now(UTC) - timedelta(minutes=5)
    assert catch_up.run(runtime, minjun) == 0
    assert stored(runtime) == []


def test_the_first_message_of_a_newcomer_that_got_lost_is_fetched(
    runtime: Runtime, sandbox: Sandbox, minjun: str
) -> None:
    say(sandbox, "minjun", "the first, lost")
    with transaction(runtime.sessions) as session:
        session.get_one(User, minjun).created_at = datetime.now(UTC) - timedelta(minutes=5)
    assert catch_up.run(runtime, minjun) == 1
    assert stored(runtime) == ["the first, lost"]


def test_edits_and_deletions_that_got_lost_are_followed(
    runtime: Runtime, sandbox: Sandbox, minjun: str
) -> None:
    asked, kept = (say(sandbox, "minjun", text) for text in ("내일 회의 있어?", "고마워"))
    gone = say(sandbox, "minjun", "지울 것")
    assert catch_up.run(runtime, minjun) == 3
    edit(sandbox, "minjun", asked, "모레 회의 있어?")
    delete(sandbox, "minjun", gone)
    assert catch_up.run(runtime, minjun) == 0
    assert [text for _, _, text in logged(runtime)] == ["모레 회의 있어?", "고마워"]
    assert stored(runtime)[:2] == ["모레 회의 있어?", "고마워"]
    with transaction(runtime.sessions) as session:
        states = {event.ts: event.status for event in session.scalars(select(SlackEvent))}
    assert states == {asked: "received", kept: "received", gone: "handled"}


def test_an_edit_of_what_was_forgotten_here_is_not_kept(
    runtime: Runtime, sandbox: Sandbox, minjun: str
) -> None:
    ts = say(sandbox, "minjun", "비밀")
    catch_up.run(runtime, minjun)
    with transaction(runtime.sessions) as session:
        forgetting.delete_all(session, Actor(minjun), minjun)
    edit(sandbox, "minjun", ts, "더 큰 비밀")
    assert catch_up.run(runtime, minjun) == 0
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(ConversationAmendment)).all() == []


def test_what_lies_outside_the_span_or_is_ours_is_not_taken_for_deleted(
    runtime: Runtime, sandbox: Sandbox, minjun: str
) -> None:
    channel = sandbox.slack.open_dm(sandbox.person("minjun").slack_user_id).id
    ages = {"older": (4 * 24 * 60, "user"), "aged in Slack": (90, "user"), "ours": (60, "assistant")}
    with transaction(runtime.sessions) as session:
        for words, (minutes, role) in ages.items():
            ts = f"{(datetime.now(UTC) - timedelta(minutes=minutes)).timestamp():.6f}"
            log.add(session, user_id=minjun, channel=channel, ts=ts, role=role, kind="request", text=words)
    catch_up.run(runtime, minjun)
    assert {text for _, _, text in logged(runtime)} == set(ages)


def test_answers_in_threads_are_fetched_and_followed(runtime: Runtime, sandbox: Sandbox, minjun: str) -> None:
    began = bot_posts(sandbox, "minjun", "브리핑")
    first, _ = (say(sandbox, "minjun", text, thread_ts=began) for text in ("하이", "도움말"))
    assert catch_up.run(runtime, minjun) == 2
    assert stored(runtime) == ["하이", "도움말"]
    with transaction(runtime.sessions) as session:
        threads = session.scalars(select(SlackEvent.content["thread_ts"].astext)).all()
        assert threads == [began, began]
    delete(sandbox, "minjun", first)
    assert catch_up.run(runtime, minjun) == 0
    assert [text for _, _, text in logged(runtime)] == ["도움말"]


def test_a_thread_that_cannot_be_read_deletes_nothing(
    runtime: Runtime, sandbox: Sandbox, minjun: str
) -> None:
    say(sandbox, "minjun", "하이", thread_ts=bot_posts(sandbox, "minjun", "브리핑"))
    catch_up.run(runtime, minjun)
    sandbox.fault(op="conversations.replies", status=500)
    assert catch_up.run(runtime, minjun) == 0
    assert [text for _, _, text in logged(runtime)] == ["하이"]


def test_what_was_said_while_nobody_listened_is_stored_logged_and_queued(
    runtime: Runtime, sandbox: Sandbox, minjun: str
) -> None:
    say(sandbox, "minjun", "첫째")
    say(sandbox, "minjun", "둘째")
    assert catch_up.run(runtime, minjun) == 2
    assert stored(runtime) == ["첫째", "둘째"]
    assert logged(runtime) == [("user", "request", "첫째"), ("user", "request", "둘째")]
    with transaction(runtime.sessions) as session:
        queued = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'handle_slack'"
        assert session.execute(text(queued)).scalar_one() == 2


def test_what_is_known_is_not_stored_again_nor_what_comes_after_all(
    runtime: Runtime, sandbox: Sandbox, minjun: str
) -> None:
    ts = say(sandbox, "minjun", "늦은 것")
    person = sandbox.person("minjun").slack_user_id
    assert catch_up.run(runtime, minjun) == 1
    assert catch_up.run(runtime, minjun) == 0
    with transaction(runtime.sessions) as session:
        assert inbox.take(session, Said(person, "D" + person[1:], ts, "늦은 것", None)) is False
    assert stored(runtime) == ["늦은 것"]


def test_what_has_been_answered_or_deleted_does_not_come_back(
    runtime: Runtime, sandbox: Sandbox, minjun: str
) -> None:
    say(sandbox, "minjun", "끝난 것")
    delete(sandbox, "minjun", say(sandbox, "minjun", "지운 것"))
    catch_up.run(runtime, minjun)
    with transaction(runtime.sessions) as session:
        event_id = session.scalars(select(SlackEvent.id)).one()
    incoming = inbox.claim(runtime, event_id)
    assert incoming is not None
    with transaction(runtime.sessions) as session:
        inbox.finish(session, incoming)
        log.deleted(session, channel=incoming.channel, ts=incoming.ts)
    assert catch_up.run(runtime, minjun) == 0
    assert logged(runtime) == []


def test_a_message_of_ours_that_is_not_in_the_log_is_added(
    runtime: Runtime, sandbox: Sandbox, minjun: str
) -> None:
    with transaction(runtime.sessions) as session:
        draft = Draft(minjun, "reply", {"text": "답"}, "answer:1")
        outbox.put(session, draft)
    for key in ("answer:1", "nobody's"):
        metadata = {"event_type": "briefing_portal_message", "event_payload": {"key": key}}
        bot_posts(sandbox, "minjun", "답", metadata=metadata)
    assert catch_up.run(runtime, minjun) == 0
    assert logged(runtime) == [("assistant", "reply", "답")]
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(OutboundMessage.status)).all() == ["queued"]


def test_what_was_said_before_the_sidecar_first_ran_is_not_answered(
    runtime: Runtime, sandbox: Sandbox, minjun: str
) -> None:
    say(sandbox, "minjun", "옛날에")
    with transaction(runtime.sessions) as session:
        since = session.execute(select(func.now() - timedelta(minutes=5))).scalar_one()
        session.execute(update(Heartbeat).values(detail={"since": since.isoformat()}))
    assert catch_up.run(runtime, minjun) == 0
    assert stored(runtime) == []


def test_it_is_done_once_an_hour_whichever_sidecar_starts_it(runtime: Runtime, minjun: str) -> None:
    assert [started(runtime) for _ in range(3)] == [1, 0, 0]
    assert started(runtime, at_once=True) == 1
    assert started(runtime) == 0


def test_the_first_start_only_notes_when_it_was(runtime: Runtime, sandbox: Sandbox) -> None:
    arrive(runtime, sandbox.person("minjun"))
    assert [started(runtime), started(runtime), started(runtime, at_once=True)] == [0, 0, 0]


def test_who_has_not_talked_for_long_or_has_left_is_left_alone(
    runtime: Runtime, sandbox: Sandbox, minjun: str
) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE users SET active = false"))
    assert started(runtime) == 0
    assert catch_up.run(runtime, minjun) == 0
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE users SET active = true"))
        session.execute(text("UPDATE conversation_log SET said_at = now() - interval '15 days'"))
    assert started(runtime, at_once=True) == 0
    assert catch_up.run(runtime, "nobody") == 0


def test_slack_away_loses_nothing(runtime: Runtime, sandbox: Sandbox, minjun: str) -> None:
    say(sandbox, "minjun", "하이")
    sandbox.fault(op="conversations.history", status=500, times=1)
    assert catch_up.run(runtime, minjun) == 0
    assert catch_up.run(runtime, minjun) == 1


def test_the_alarm_says_once_that_it_was_needed_and_nothing_of_what_was_said(
    runtime: Runtime, sandbox: Sandbox, minjun: str
) -> None:
    address = SecretStr("https://alarms.example/hook")
    alarmed = replace(runtime, settings=runtime.settings.model_copy(update={"alert_webhook_url": address}))
    for words in ("비밀 하나", "비밀 둘"):
        say(sandbox, "minjun", words)
        catch_up.run(alarmed, minjun)
    with transaction(runtime.sessions) as session:
        posts = session.scalars(select(WebhookPost)).all()
    assert 1 <= len(posts) <= 2  # the hour may have changed meanwhile
    assert not any("비밀" in str(post.content) for post in posts)


def test_a_tick_of_the_sidecar_starts_it(runtime: Runtime, minjun: str) -> None:
    assert scheduler.tick(runtime)["catch_up"] == 1
    assert scheduler.tick(runtime)["catch_up"] == 0
