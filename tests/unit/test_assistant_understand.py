"""What people write is understood as they mean it, and nothing is changed that they did not ask for."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from services.assistant.understanding.requests import (
    CHANGES,
    ChangeTime,
    Confirm,
    MailSearch,
    Pause,
    Request,
    Resume,
    Status,
    Unknown,
)
from services.assistant.understanding.understand import LONGEST, understand
from tests.unit.assistant_phrasings import ENGLISH, KOREAN, NOT_SURE, NOW, SEOUL, at

PHRASINGS = KOREAN + ENGLISH


def read(text: str, *, now: datetime = NOW, zone: ZoneInfo = SEOUL, locale: str = "ko") -> Request:
    return understand(text, now=now, zone=zone, locale=locale)


@pytest.mark.parametrize(("text", "meant"), PHRASINGS, ids=[text for text, _ in PHRASINGS])
def test_a_phrasing_means_exactly_this(text: str, meant: Request) -> None:
    assert read(text) == meant


@pytest.mark.parametrize("text", NOT_SURE)
def test_a_near_miss_changes_nothing_and_is_met_with_suggestions(text: str) -> None:
    found = read(text)
    assert isinstance(found, Unknown)
    assert 1 <= len(found.suggestions) <= 3


CHANGING = [text for text, meant in PHRASINGS if isinstance(meant, CHANGES)]


@pytest.mark.parametrize("text", CHANGING)
@pytest.mark.parametrize(
    "denied",
    [
        "{} 하지 마",
        "{} 아니야",
        "{} 라고 하던데",
        "don't {}",
        "did kim say {}",
        "why {}",
        "{} 어떻게 해?",
        "{} 왜?",
    ],
)
def test_one_foreign_word_and_nothing_is_changed(text: str, denied: str) -> None:
    found = read(denied.format(text))
    # "don't send it" and "보내지 마" are how a pause is asked for.
    assert not isinstance(found, CHANGES) or (denied == "don't {}" and text.startswith("send"))


@pytest.mark.parametrize("text", CHANGING)
def test_politeness_and_typing_habits_change_nothing_about_the_meaning(text: str) -> None:
    meant = read(text)
    for said in (
        f"  {text} ",
        f"<@U012AB3CD> {text}",
        f"안녕하세요! {text}",
        f"{text} ㅎㅎ",
        f":wave: {text} 🙏",
    ):
        assert read(said) == meant


@pytest.mark.parametrize(
    ("text", "suggested"),
    [
        ("브리핑 3시로", (ChangeTime(time(15)), ChangeTime(time(3)))),
        ("내일 8시에 보내줘", (ChangeTime(time(8)),)),
        ("휴가", (Pause(),)),
        ("다음주 수요일부터 다시 보내줘", (Pause(date(2026, 11, 24)), Resume())),
        ("다시 9시에 보내줘", (ChangeTime(time(9)), Resume())),
    ],
)
def test_what_may_have_been_meant_is_suggested(text: str, suggested: tuple[Request, ...]) -> None:
    assert read(text) == Unknown(suggested)


@pytest.mark.parametrize("text", ["x" * (LONGEST + 1), "브리핑 8시로 " * 60, "연결 끊어줘 " * 60])
def test_a_long_text_is_no_command(text: str) -> None:
    assert read(text) == Unknown()


@pytest.mark.parametrize(
    "again",
    ["브리핑은", "why", "요약해줘", "몇시에", "언제", "delete", "7am", "qmflvld", "the ", "월요일 ", "해요"],
)
def test_what_repeats_without_end_is_read_in_no_time(again: str) -> None:
    # Patterns that can match in many ways took minutes over these; the suite's time limit would tell.
    for end in ("", "x", "!"):
        assert not isinstance(read((again * LONGEST)[: LONGEST - 1] + end), (Pause, Resume))


@pytest.mark.parametrize(
    ("text", "q"),
    [
        ("지난주에 온 견적서 메일 찾아줘", "after:1794150000 before:1794754800 견적서"),
        ("emails about the invoice from Kim since Monday", "after:1794754800 from:kim invoice"),
        ("김 대리가 보낸 메일", 'from:"김 대리"'),
        ("메일", "in:inbox"),
        ("from:Kim has:attachment -subject:weekly", "from:kim has:attachment -subject:weekly"),
        ("from:kim OR from:lee 견적서 찾아줘", "{from:kim from:lee} 견적서"),
        ('"in:anywhere" 메일 찾아줘', '"in:anywhere"'),
        ("in:anywhere in:spam label:x:y secret 메일 찾아줘", '"in:anywhere" "in:spam" "label:x:y" secret'),
        ("find mail about {a b} (c) -d", "b c d"),
        ('find mail about a"b or "c d', '"b or" c d'),
    ],
)
def test_the_query_for_gmail(text: str, q: str) -> None:
    found = read(text)
    assert isinstance(found, MailSearch)
    assert found.query == q


def test_the_same_words_mean_other_instants_elsewhere() -> None:
    found = read("어제 온 메일", now=at(1, 1, 0, 30, year=2027))
    away = read("어제 온 메일", now=at(1, 1, 0, 30, year=2027), zone=ZoneInfo("America/New_York"))
    assert (found, away) == (
        MailSearch(start=at(12, 31), end=at(1, 1, year=2027)),
        MailSearch(
            start=datetime(2026, 12, 30, tzinfo=ZoneInfo("America/New_York")),
            end=datetime(2026, 12, 31, tzinfo=ZoneInfo("America/New_York")),
        ),
    )


def test_a_slashed_date_is_read_as_the_locale_writes_it() -> None:
    assert read("pause until 3/12", locale="en-GB") == Pause(date(2026, 12, 2))
    assert read("pause until 12/3", locale="en-US") == Pause(date(2026, 12, 2))


def test_until_is_the_day_of_return_in_english_and_the_last_day_off_in_korean() -> None:
    assert read("pause until friday") == Pause(date(2026, 11, 19))
    assert read("pause through friday") == Pause(date(2026, 11, 20))
    assert read("브리핑 금요일까지 쉬어") == Pause(date(2026, 11, 20))
    assert read("브리핑 목요일까지 쉬어") == Pause(date(2026, 11, 26))


def test_a_question_about_the_briefing_is_answered_not_obeyed() -> None:
    for text in ("브리핑 8시에 와?", "did the briefing stop?", "브리핑 멈췄어?", "is my briefing paused?"):
        assert read(text) == Status()


@pytest.mark.parametrize(
    "text",
    [
        "8:30",
        "to 8",
        "브리핑 9시네",
        "9시에 보내네요",
        "my briefing is at 9",
        "다음주 휴가야",
        "내일 쉬어",
        "쉬자",
        "I'm on vacation next week",
        "no briefing",
        "no briefing today",
        "don't send today's briefing again",
    ],
)
def test_what_is_only_told_or_named_is_asked_back(text: str) -> None:
    assert isinstance(read(text), Confirm)


@pytest.mark.parametrize("text", ["브리핑을 안 보내네요", "브리핑이 안 오네", "브리핑 안 와요"])
def test_a_complaint_stops_nothing(text: str) -> None:
    assert read(text) == Status()
