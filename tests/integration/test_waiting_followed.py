"""A question that waits follows its message: edited, deleted in Slack or here, or gone before it came."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from services.access import Actor
from services.assistant import pending
from services.assistant.from_slack import inbox
from services.conversations import forgetting
from services.db.engine import transaction
from services.db.models import ConversationMessage, PendingRequest, SlackEvent
from services.runtime import Runtime
from tests.integration.assistant_talk import Talk, work
from tests.integration.journeys import Sandbox, arrive, connect

MAIL, DAY = "견적서 메일 찾아줘", "내일 회의 있어?"


@pytest.fixture
def jiwoo(runtime: Runtime, sandbox: Sandbox) -> Talk:
    """Somebody known and not connected."""
    arrive(runtime, sandbox.person("jiwoo"))
    return Talk(runtime, sandbox, "jiwoo")


def happens(talk: Talk, subtype: str, **more: Any) -> None:
    event = {"type": "message", "subtype": subtype, "channel": talk.channel, "channel_type": "im", **more}
    inbox.receive(
        talk.runtime, {"type": "event_callback", "team_id": talk.sandbox.slack.team_id, "event": event}
    )


def edits(talk: Talk, ts: str, text: str) -> None:
    edited = {"user": talk.slack_user_id, "ts": f"{float(ts) + 1:.6f}"}
    message = {"type": "message", "user": talk.slack_user_id, "ts": ts, "text": text, "edited": edited}
    happens(talk, "message_changed", message=message)


def deletes(talk: Talk, ts: str) -> None:
    happens(talk, "message_deleted", deleted_ts=ts)


def asks(talk: Talk, text: str) -> str:
    """Have it asked and answered for now; its ts."""
    event_id = talk.say(text)
    work(talk.runtime)
    return event_id.split(":")[1]


def rows(talk: Talk) -> list[tuple[str, str, str]]:
    with transaction(talk.runtime.sessions) as session:
        columns = (PendingRequest.text, PendingRequest.needs, PendingRequest.status)
        found = session.execute(select(*columns).order_by(PendingRequest.asked_at, PendingRequest.id))
        return [(text, needs, status) for text, needs, status in found]


def test_an_edited_question_is_understood_again(jiwoo: Talk) -> None:
    ts = asks(jiwoo, DAY)
    edits(jiwoo, ts, MAIL)
    assert rows(jiwoo) == [(MAIL, "mail", "waiting")]
    connect(jiwoo.runtime, jiwoo.sandbox, jiwoo.person.id, "jiwoo")
    work(jiwoo.runtime)
    assert MAIL in str(jiwoo.messages()[-1].blocks)
    assert rows(jiwoo) == [("", "mail", "done")]


def test_edited_to_what_is_permitted_already_it_is_answered(jiwoo: Talk) -> None:
    connect(jiwoo.runtime, jiwoo.sandbox, jiwoo.person.id, "jiwoo")
    edits(jiwoo, asks(jiwoo, DAY), MAIL)
    work(jiwoo.runtime)
    assert rows(jiwoo) == [("", "mail", "done")]


def test_edited_to_what_needs_nothing_it_waits_no_longer(jiwoo: Talk) -> None:
    edits(jiwoo, asks(jiwoo, DAY), "고마워")
    assert rows(jiwoo) == [("", "calendar", "withdrawn")]


def test_edited_to_what_waits_already_one_waits(jiwoo: Talk) -> None:
    asks(jiwoo, MAIL)
    edits(jiwoo, asks(jiwoo, DAY), MAIL)
    assert rows(jiwoo) == [("", "mail", "withdrawn"), (MAIL, "mail", "waiting")]


@pytest.mark.parametrize("where", ["Slack", "the page", "all of it"])
def test_deleted_it_waits_no_longer_and_nothing_is_left_of_it(jiwoo: Talk, where: str) -> None:
    ts, user_id = asks(jiwoo, DAY), jiwoo.person.id
    if where == "Slack":
        deletes(jiwoo, ts)
    with transaction(jiwoo.runtime.sessions) as session:
        if where == "the page":
            message_id = session.scalars(select(ConversationMessage.id).filter_by(ts=ts)).one()
            assert forgetting.delete_message(session, Actor(user_id), user_id, message_id)
        if where == "all of it":
            forgetting.delete_all(session, Actor(user_id), user_id)
    assert rows(jiwoo) == [("", "calendar", "withdrawn")]
    with transaction(jiwoo.runtime.sessions) as session:
        assert pending.waiting_of(session, user_id) == []


def test_another_message_changes_nothing_of_it(jiwoo: Talk) -> None:
    asks(jiwoo, DAY)
    other = asks(jiwoo, "하이")
    edits(jiwoo, other, MAIL)
    deletes(jiwoo, other)
    assert rows(jiwoo) == [(DAY, "calendar", "waiting")]


def test_a_message_whose_deletion_came_first_is_not_handled(jiwoo: Talk) -> None:
    asks(jiwoo, "하이")
    said = len(jiwoo.messages())
    ts = f"{float(jiwoo.messages()[-1].ts) + 1:.6f}"
    deletes(jiwoo, ts)
    arrives(jiwoo, ts, DAY)
    assert rows(jiwoo) == []
    assert len(jiwoo.messages()) == said
    with transaction(jiwoo.runtime.sessions) as session:
        assert session.get(SlackEvent, f"{jiwoo.channel}:{ts}") is None


def test_a_message_whose_edit_came_first_is_handled_as_it_is_by_now(jiwoo: Talk) -> None:
    asks(jiwoo, "하이")
    ts = f"{float(jiwoo.messages()[-1].ts) + 1:.6f}"
    edits(jiwoo, ts, MAIL)
    arrives(jiwoo, ts, DAY)
    assert rows(jiwoo) == [(MAIL, "mail", "waiting")]


@pytest.mark.parametrize("page", [False, True])
def test_deleted_while_it_is_being_answered_it_is_not_kept(
    jiwoo: Talk, page: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks(jiwoo, "하이")
    said, real = len(jiwoo.messages()), inbox.claim

    def claim(runtime: Runtime, event_id: str) -> Any:
        taken = real(runtime, event_id)
        if taken is not None and page:
            with transaction(runtime.sessions) as session:
                forgetting.delete_all(session, Actor(jiwoo.person.id), jiwoo.person.id)
        elif taken is not None:
            deletes(jiwoo, taken.ts)
        return taken

    monkeypatch.setattr(inbox, "claim", claim)
    asks(jiwoo, DAY)
    assert rows(jiwoo) == []
    assert len(jiwoo.messages()) == said


def arrives(talk: Talk, ts: str, text: str) -> None:
    event = {"type": "message", "channel": talk.channel, "channel_type": "im", "user": talk.slack_user_id}
    payload = {"type": "event_callback", "team_id": talk.sandbox.slack.team_id}
    inbox.receive(talk.runtime, payload | {"event": event | {"ts": ts, "text": text}})
    work(talk.runtime)
