"""What the assistant says: by name, in the reader's language, within Slack's limits."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from services.assistant import answers, buttons
from services.assistant.answers import Standing
from services.assistant.examples import example
from services.assistant.understanding.requests import (
    BriefingNow,
    CalendarQuestion,
    ChangeTime,
    Connect,
    DeleteData,
    Disconnect,
    Help,
    MailSearch,
    Pause,
    Request,
    Resume,
    Status,
)
from services.assistant.understanding.understand import understand
from services.briefing.model import SlackMessage
from services.briefing.plain import message_as_text
from services.i18n import translator
from tests.unit import block_kit
from tests.unit.assistant_phrasings import NOW, SEOUL, at

KO, EN = translator("ko"), translator("en")
TODAY = NOW.date()
PORTAL = "https://portal.example"
HOSTILE = "*<!channel>* @here :x: _a_ &lt; \u202e" + "가" * 500


def standing(**changes: Any) -> Standing:
    whole: dict[str, Any] = {
        "account": "minsu@example.com",
        "broken": False,
        "calendar": True,
        "next_at": at(11, 20, 9),
        "paused_until": None,
        "today": TODAY,
    }
    return Standing(**{**whole, **changes})


def said(message: SlackMessage) -> str:
    return message_as_text(message, width=300)


@pytest.mark.parametrize(
    ("name", "korean", "english"),
    [
        ("민수", "안녕하세요, 민수님!", "Hello, 민수!"),
        ("민수 님", "안녕하세요, 민수님!", "Hello, 민수!"),
        ("", "안녕하세요!", "Hello!"),
        (" \u200b", "안녕하세요!", "Hello!"),
    ],
)
def test_somebody_is_greeted_by_name(name: str, korean: str, english: str) -> None:
    assert (answers.greeting(name, KO).text, answers.greeting(name, EN).text) == (korean, english)


def test_what_changed_is_told_with_when_it_holds() -> None:
    changed = said(answers.time_changed(time(8, 30), at(11, 20, 8, 30), KO, today=TODAY))
    assert "오전 8:30" in changed
    assert "내일" in changed
    pause = said(answers.paused(date(2026, 11, 25), at(11, 26, 9), EN, today=TODAY))
    assert "up to and including Wed, Nov 25" in pause
    assert "9:00 AM" in pause
    assert "쉬고 있습니다" in said(answers.paused(None, None, KO, today=TODAY))
    assert "Your briefing is back." in said(answers.resumed(None, EN, today=TODAY))


@pytest.mark.parametrize(
    ("changes", "expected", "offers"),
    [
        ({}, "Google is connected: minsu@example.com", False),
        ({"account": ""}, "Google is not connected yet.", True),
        ({"broken": True}, "has ended", True),
        ({"calendar": False}, "The calendar may not be read yet.", True),
        ({"next_at": None}, "No briefing is planned.", False),
        ({"paused_until": date(2026, 11, 25)}, "up to and including Wed, Nov 25", False),
    ],
)
def test_the_status_tells_what_is_and_offers_what_mends_it(
    changes: dict[str, Any], expected: str, offers: bool
) -> None:
    message = answers.status(standing(**changes), EN, connect_url=f"{PORTAL}/connect")
    assert expected in said(message)
    assert block_kit.links(message.blocks) == ({f"{PORTAL}/connect"} if offers else set())


@pytest.mark.parametrize(
    ("message", "action_id"),
    [
        (answers.ask_disconnect(KO), buttons.DISCONNECT),
        (answers.ask_delete_data(KO), buttons.DELETE_DATA),
        (answers.ask_pause(Pause(date(2026, 11, 29), date(2026, 11, 23)), KO, today=TODAY), buttons.PAUSE),
        (answers.ask_change(ChangeTime(time(7, 45)), KO, today=TODAY), buttons.CONFIRM),
        (answers.ask_change(Resume(), EN, today=TODAY), buttons.CONFIRM),
        (answers.ask_change(Pause(), EN, today=TODAY), buttons.PAUSE),
    ],
)
def test_what_cannot_be_taken_back_waits_for_a_button(message: SlackMessage, action_id: str) -> None:
    asked = message.blocks[-1]
    assert asked["type"] == "actions"
    assert [one["action_id"] for one in asked["elements"]] == [action_id, buttons.CANCEL]
    assert all(len(one["text"]["text"]) <= 75 for one in asked["elements"])


def test_a_pause_that_is_confirmed_carries_its_last_day() -> None:
    message = answers.ask_pause(Pause(date(2026, 11, 29), date(2026, 11, 23)), EN, today=TODAY)
    assert message.blocks[-1]["elements"][0]["value"] == "2026-11-29"


def _all_messages(locale: str) -> list[SlackMessage]:
    t = translator(locale)
    return [
        answers.greeting(HOSTILE, t),
        answers.thanks(t),
        answers.help_(t),
        answers.unknown((), t),
        answers.unknown(EVERY_REQUEST, t),
        answers.status(standing(account=HOSTILE, broken=True), t, connect_url=f"{PORTAL}/connect"),
        answers.status(standing(calendar=False), t, connect_url=f"{PORTAL}/connect"),
        answers.time_changed(time(8), None, t, today=TODAY),
        answers.paused(date(2027, 1, 2), at(1, 3, 9, year=2027), t, today=TODAY),
        answers.resumed(at(11, 20, 9), t, today=TODAY),
        *(
            answers.connect(service, f"{PORTAL}/join?x=1&y=2", t)
            for service in ("google", "mail", "calendar")
        ),
        answers.ask_disconnect(t),
        answers.ask_delete_data(t),
    ]


DAY = timedelta(days=1)
MIDNIGHT = datetime.combine(TODAY, time.min, SEOUL)
EVERY_REQUEST: tuple[Request, ...] = (
    Help(),
    BriefingNow(),
    MailSearch(),
    CalendarQuestion(MIDNIGHT, MIDNIGHT + DAY),
    ChangeTime(time(8, 30)),
    ChangeTime(time(15)),
    ChangeTime(time(0, 5)),
    Pause(),
    Pause(date(2026, 11, 25)),
    Resume(),
    Status(),
    Connect(),
    Disconnect(),
    DeleteData(),
)


@pytest.mark.parametrize("locale", ["ko", "en"])
def test_every_answer_keeps_slacks_limits_whatever_people_are_called(locale: str) -> None:
    for message in _all_messages(locale):
        blocks = [block for block in message.blocks if block["type"] != "actions"]
        assert block_kit.violations(message.text, blocks) == []


@pytest.mark.parametrize("locale", ["ko", "en"])
@pytest.mark.parametrize("request_", EVERY_REQUEST, ids=repr)
def test_a_suggested_phrase_asks_for_just_that_when_typed(request_: Request, locale: str) -> None:
    phrase = example(request_, translator(locale))
    found = understand(phrase, now=NOW, zone=SEOUL, locale=locale)
    if isinstance(request_, MailSearch):
        assert isinstance(found, MailSearch)
    else:
        assert found == request_
    assert phrase in said(answers.unknown((request_,), translator(locale)))


@pytest.mark.parametrize("t", [KO, EN], ids=["ko", "en"])
def test_every_phrase_of_the_help_works_as_it_stands(t: Any) -> None:
    lines = said(answers.help_(t)).splitlines()[1:]
    phrases = [part for line in lines for part in line.replace("“", "”").split("”")[1::2]]
    assert len(phrases) >= 10
    for phrase in phrases:
        assert type(understand(phrase, now=NOW, zone=SEOUL, locale=t.language)).__name__ != "Unknown", phrase
