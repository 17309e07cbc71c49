"""Buttons of the assistant: whose they are, how long they hold, and that they count once."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from services import preferences
from services.assistant import handle
from services.assistant.from_slack import inbox
from services.db.engine import transaction
from services.db.models import ConversationMessage, GmailToken, PendingRequest, SlackEvent, User
from services.preferences import Preferences
from services.runtime import Runtime
from tests.integration.assistant_talk import Talk, button, count, hurry, shown, work
from tests.integration.journeys import Sandbox, arrive, connect

HOUR = 3600
TRAIN = "Could you move my daily briefing to 7:45? I catch the early train now."
# Far enough ahead that a briefing comes before it, whatever day it is.
FIRST, LAST = (datetime.now(UTC) + timedelta(days=days) for days in (14, 18))
LATER = f"pause from {FIRST:%B} {FIRST.day} to {LAST:%B} {LAST.day}"
YES, NO = "assistant_disconnect", "assistant_cancel"


@pytest.fixture
def emma(runtime: Runtime, sandbox: Sandbox) -> Talk:
    """Somebody connected who has said hello."""
    talk = Talk(runtime, sandbox, "emma")
    talk.ask("hello")
    connect(runtime, sandbox, talk.person.id, "emma")
    work(runtime)
    return talk


def is_connected(talk: Talk) -> bool:
    return count(talk.runtime, GmailToken) > 0


def wanted(talk: Talk) -> Preferences:
    with transaction(talk.runtime.sessions) as session:
        return preferences.read(session, talk.person.id)


def test_disconnecting_takes_the_word_and_the_button(emma: Talk, sandbox: Sandbox) -> None:
    assert "Disconnect Google?" in emma.ask("disconnect")
    assert is_connected(emma)
    assert "Google is disconnected" in emma.press(YES)
    assert not is_connected(emma)
    paths = [one["path"] for one in sandbox.control("/requests", method="GET")["requests"]]
    assert sum(path.endswith("/revoke") for path in paths) == 1


def test_a_pressed_button_is_gone_and_what_was_chosen_stands_there(emma: Talk) -> None:
    emma.ask("disconnect")
    emma.press(NO)
    question = emma.messages()[-2]
    assert button(question, YES) is button(question, NO) is None
    assert "You chose: No" in shown(question)
    assert "Disconnect Google?" in shown(question)
    assert is_connected(emma)


def test_of_two_buttons_pressed_at_once_the_first_counts(emma: Talk) -> None:
    emma.ask("disconnect")
    before = len(emma.messages())
    question = emma.messages()[-1]
    emma.click(NO, message=question, seconds=1)
    emma.click(YES, message=question, seconds=2)
    emma.click(YES, message=question, seconds=2)
    work(emma.runtime)
    assert len(emma.messages()) == before + 1
    assert is_connected(emma)
    assert set(emma.states()) == {"handled"}


def test_a_button_left_behind_is_taken_away_by_the_next_press(emma: Talk, sandbox: Sandbox) -> None:
    emma.ask("disconnect")
    question = emma.messages()[-1]
    sandbox.fault(op="chat.update", status=503, times=1)
    emma.press(NO)
    assert button(emma.messages()[-2], YES) is not None
    before = len(emma.messages())
    emma.click(YES, message=question, seconds=5)
    work(emma.runtime)
    assert len(emma.messages()) == before
    assert button(emma.messages()[-2], YES) is None
    assert is_connected(emma)


@pytest.mark.parametrize("known", [True, False])
def test_somebody_elses_click_does_nothing(emma: Talk, sandbox: Sandbox, known: bool) -> None:
    other = sandbox.person("oliver")
    if known:
        arrive(emma.runtime, other)
    for request in ("disconnect", "delete my data"):
        emma.ask(request)
    before = len(emma.messages())
    for action_id in (YES, "assistant_delete_data", NO):
        emma.click(action_id, by=other.slack_user_id)
    work(emma.runtime)
    assert len(emma.messages()) == before
    assert button(emma.messages()[-1], "assistant_delete_data") is not None
    assert is_connected(emma)
    assert emma.person.slack_channel == emma.channel
    with transaction(emma.runtime.sessions) as session:
        theirs = session.scalar(select(User).where(User.slack_user_id == other.slack_user_id))
        assert (theirs is not None) is known
        assert theirs is None or theirs.slack_channel != emma.channel


@pytest.mark.parametrize(
    ("request_", "action_id", "asked"),
    [
        ("disconnect", YES, "Disconnect Google?"),
        ("delete my data", "assistant_delete_data", "can not be undone"),
        (LATER, "assistant_pause", "Shall I pause your briefing through"),
        (TRAIN, "assistant_confirm", "Shall your briefing come at 7:45"),
    ],
)
def test_an_old_button_asks_again(emma: Talk, request_: str, action_id: str, asked: str) -> None:
    emma.ask(request_)
    assert asked in emma.press(action_id, seconds=HOUR + 1)
    assert is_connected(emma)
    assert wanted(emma).paused_until is None
    assert wanted(emma).send_at == time(9)
    assert button(emma.messages()[-1], action_id) is not None


def test_a_change_among_remarks_takes_the_button(emma: Talk) -> None:
    assert "Shall your briefing come at 7:45" in emma.ask(TRAIN)
    assert wanted(emma).send_at == time(9)
    assert "from now on" in emma.press("assistant_confirm")
    assert wanted(emma).send_at == time(7, 45)
    assert "stays as it is" in emma.ask("pls stop the morning briefing, too noisy") + emma.press(NO)
    assert wanted(emma).enabled


def test_somebody_elses_confirmation_changes_nothing(emma: Talk, sandbox: Sandbox) -> None:
    emma.ask(TRAIN)
    emma.click("assistant_confirm", by=sandbox.person("oliver").slack_user_id)
    work(emma.runtime)
    assert wanted(emma).send_at == time(9)


@pytest.mark.parametrize("value", ["", "time 25:00", "pause", "time 07:45; resume"])
def test_a_forged_confirmation_changes_nothing(emma: Talk, value: str) -> None:
    emma.ask(TRAIN)
    message = emma.messages()[-1]
    for block in message.blocks or []:
        for element in block.get("elements", []):
            if element.get("action_id") == "assistant_confirm":
                element["value"] = value
    assert "stays as it is" in emma.press("assistant_confirm", message=message)
    assert wanted(emma).send_at == time(9)


@pytest.mark.parametrize("value", ["", "2020-01-01", "nonsense", "9999-12-31"])
def test_a_pause_until_a_day_that_makes_no_sense_harms_nothing(emma: Talk, value: str) -> None:
    emma.ask(LATER)
    message = emma.messages()[-1]
    for block in message.blocks or []:
        for element in block.get("elements", []):
            if element.get("action_id") == "assistant_pause":
                element["value"] = value
    emma.press("assistant_pause", message=message)
    assert emma.states()[-1] == "handled"
    assert (wanted(emma).paused_until or datetime.now(UTC).date()) < datetime.now(UTC).date() + timedelta(
        days=400
    )


def test_leaving_deletes_everything_and_says_so_in_the_message_itself(emma: Talk) -> None:
    user_id = emma.person.id
    emma.ask("delete my data")
    before = len(emma.messages())
    emma.press("assistant_delete_data")
    assert len(emma.messages()) == before
    assert "Everything that was held about you is deleted" in shown(emma.messages()[-1])
    assert button(emma.messages()[-1], "assistant_delete_data") is None
    for table in (User, GmailToken, ConversationMessage):
        assert count(emma.runtime, table) == 0
    with transaction(emma.runtime.sessions) as session:
        done = text("SELECT action FROM access_log WHERE subject_user_id = :id")
        assert "delete_person" in session.scalars(done, {"id": user_id}).all()


def test_who_has_left_is_new_when_they_write_again(emma: Talk) -> None:
    before = emma.person.id
    emma.ask("delete my data")
    emma.press("assistant_delete_data")
    assert "Hello, Emma Clarke!" in emma.ask("hello")
    assert emma.person.id != before


def test_google_that_does_not_answer_a_revocation_is_named(emma: Talk, sandbox: Sandbox) -> None:
    emma.ask("disconnect")
    sandbox.fault(path="*/revoke", status=503)
    assert "remove the access in your Google account" in emma.press(YES)
    assert not is_connected(emma)


def test_not_now_lets_the_question_go(runtime: Runtime, sandbox: Sandbox) -> None:
    talk = Talk(runtime, sandbox, "jiwoo")
    talk.ask("견적서 메일 찾아줘")
    talk.press("assistant_not_now")
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(PendingRequest.status)).all() == ["withdrawn"]
    assert button(talk.messages()[-2], "connect_mail") is None


def test_a_button_nobody_knows_is_only_put_away(emma: Talk) -> None:
    emma.ask("disconnect")
    message = emma.messages()[-1]
    known: dict[str, Any] = next(b for b in message.blocks or [] if b["type"] == "actions")["elements"][0]
    known["action_id"] = "assistant_of_tomorrow"
    before = len(emma.messages())
    emma.press("assistant_of_tomorrow", message=message)
    assert len(emma.messages()) == before
    assert emma.states()[-1] == "handled"


def test_disconnecting_goes_on_where_a_worker_died(emma: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    emma.ask("disconnect")
    emma.click(YES)
    finish = inbox.finish
    died = iter([True])

    def dies(*arguments: Any) -> None:
        if next(died, False):
            raise SystemExit
        finish(*arguments)

    monkeypatch.setattr(inbox, "finish", dies)
    with pytest.raises(SystemExit):
        _handle_open(emma)
    assert not is_connected(emma)
    with transaction(emma.runtime.sessions) as session:
        session.execute(text("UPDATE slack_events SET lease_until = now() - interval '1 second'"))
    hurry(emma.runtime)
    work(emma.runtime)
    assert "Google is disconnected" in shown(emma.messages()[-1])


def _handle_open(talk: Talk) -> None:
    with transaction(talk.runtime.sessions) as session:
        open_ = session.scalars(select(SlackEvent.id).where(SlackEvent.status == "received")).one()
    handle.handle(talk.runtime, open_, now=datetime.now(UTC))
