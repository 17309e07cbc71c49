"""What can be asked of the assistant, from Slack's event to the DM and the log, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from services import preferences
from services.assistant import answering
from services.db.engine import transaction
from services.db.models import Briefing, BriefingSettings, OutboundMessage, PendingRequest
from services.due import zone_of
from services.preferences import Preferences
from services.runtime import Runtime
from tests.integration.assistant_talk import Talk, button, count, work
from tests.integration.journeys import CALENDAR, Sandbox, arrive, connect


@pytest.fixture
def jiwoo(runtime: Runtime, sandbox: Sandbox) -> Talk:
    """Somebody who reads Korean, known and not connected."""
    arrive(runtime, sandbox.person("jiwoo"))
    return Talk(runtime, sandbox, "jiwoo")


@pytest.fixture
def emma(runtime: Runtime, sandbox: Sandbox) -> Talk:
    """Somebody who reads English, known and not connected."""
    arrive(runtime, sandbox.person("emma"))
    return Talk(runtime, sandbox, "emma")


def wanted(talk: Talk) -> Preferences:
    with transaction(talk.runtime.sessions) as session:
        return preferences.read(session, talk.person.id)


def with_news(talk: Talk) -> None:
    feed = f"{talk.sandbox.world.base_url}/news/seoul.xml"
    with transaction(talk.runtime.sessions) as session:
        session.get_one(BriefingSettings, talk.person.id).feeds = [feed]


SAID = [
    ("jiwoo", "하이", "안녕하세요, 이지우님!"),
    ("jiwoo", "고마워요", "별말씀을요"),
    ("jiwoo", "도움말", "“브리핑”"),
    ("jiwoo", "연결 상태", "Google이 아직 연결되지 않았습니다"),
    ("jiwoo", "구글 연결해줘", "/connect?slack="),
    ("jiwoo", "감자 고구마 옥수수", "아무것도 바꾸지 않았습니다"),
    ("jiwoo", "내 데이터 삭제해줘", "모두 삭제할까요"),
    ("jiwoo", "내일 회의 있어?", "add=calendar"),
    ("jiwoo", "견적서 메일 찾아줘", "/connect?slack="),
    ("jiwoo", "what is the status of my connection?", "Google is not connected yet."),
    ("emma", "hello", "Hello, Emma Clarke!"),
    ("emma", "thanks!", "You're welcome!"),
    ("emma", "help", "“briefing”"),
    ("emma", "status", "Google is not connected yet."),
    ("emma", "connect my calendar", "add=calendar"),
    ("emma", "the potato is green", "changed nothing"),
    ("emma", "delete all my data", "can not be undone"),
    ("emma", "disconnect", "Google is not connected yet."),
    ("emma", "하이", "안녕하세요, Emma Clarke님!"),
]


@pytest.mark.parametrize(("key", "said", "answer"), SAID, ids=[said for _, said, _ in SAID])
def test_each_request_is_answered_once_and_both_sides_are_logged(
    runtime: Runtime, sandbox: Sandbox, key: str, said: str, answer: str
) -> None:
    arrive(runtime, sandbox.person(key))
    talk = Talk(runtime, sandbox, key)
    assert answer in talk.ask(said)
    assert len(talk.messages()) == 1
    assert talk.log == [("user", "request"), ("assistant", "reply")]
    assert talk.states() == ["handled"]


def test_the_first_answer_alone_tells_when_the_briefing_comes(jiwoo: Talk) -> None:
    first, second = jiwoo.ask("하이"), jiwoo.ask("하이")
    assert "다음 브리핑은" in first
    assert "브리핑 쉬어줘" in first
    assert "다음 브리핑은" not in second


def test_an_answer_goes_where_it_was_asked(emma: Talk) -> None:
    emma.ask("hello")
    root = emma.messages()[0].ts
    emma.ask("help", thread_ts=root)
    assert [message.thread_ts for message in emma.messages()] == ["", root]


def test_another_time_holds_from_then_on(jiwoo: Talk) -> None:
    said = jiwoo.ask("브리핑 8시 반으로 바꿔줘")
    assert wanted(jiwoo).send_at == time(8, 30)
    assert "오전 8:30" in said


def test_a_pause_and_its_end(emma: Talk) -> None:
    emma.ask("pause my briefing")
    assert (wanted(emma).enabled, wanted(emma).next_due_at) == (False, None)
    assert "Your briefing is back." in emma.ask("resume my briefing")
    assert wanted(emma).enabled


def test_a_pause_until_a_day(jiwoo: Talk) -> None:
    day = datetime.now(UTC).date() + timedelta(days=10)
    said = jiwoo.ask(f"{day.month}월 {day.day}일까지 브리핑 쉬어줘")
    assert wanted(jiwoo).paused_until == day
    assert f"{day.month}월 {day.day}일" in said


def test_a_pause_of_years_is_refused_with_what_would_do(emma: Talk) -> None:
    year = datetime.now(UTC).year + 3
    said = emma.ask(f"pause my briefing until {year}-05-01")
    assert wanted(emma).paused_until is None
    assert "year at most" in said


def pauses_for_days_ahead(talk: Talk) -> tuple[date, str]:
    """The first day without, which lies ahead, and what is answered."""
    start = datetime.now(UTC).astimezone(zone_of(wanted(talk).timezone)).date() + timedelta(days=4)
    end = start + timedelta(days=2)
    return start, talk.ask(f"{start.month}월 {start.day}일부터 {end.month}월 {end.day}일까지 브리핑 쉬어줘")


def test_a_pause_that_begins_later_is_asked_back(jiwoo: Talk) -> None:
    with transaction(jiwoo.runtime.sessions) as session:
        preferences.change(session, jiwoo.person.id, weekdays=range(1, 8))
    _, said = pauses_for_days_ahead(jiwoo)
    assert "지금부터 쉴까요" in said
    assert wanted(jiwoo).paused_until is None
    jiwoo.press("assistant_pause")
    assert wanted(jiwoo).paused_until is not None


def test_a_pause_that_begins_later_is_at_once_where_nothing_comes_before(jiwoo: Talk) -> None:
    start = datetime.now(UTC).astimezone(zone_of(wanted(jiwoo).timezone)).date() + timedelta(days=4)
    with transaction(jiwoo.runtime.sessions) as session:
        preferences.change(session, jiwoo.person.id, weekdays=[start.isoweekday()])
    start, _ = pauses_for_days_ahead(jiwoo)
    assert wanted(jiwoo).paused_until == start + timedelta(days=2)


def test_once_more_where_nothing_is_paused_is_a_briefing(jiwoo: Talk) -> None:
    with_news(jiwoo)
    connect(jiwoo.runtime, jiwoo.sandbox, jiwoo.person.id, "jiwoo")
    jiwoo.ask("브리핑 다시 보내줘")
    with transaction(jiwoo.runtime.sessions) as session:
        assert session.scalars(select(Briefing.kind)).all() == ["manual"]


def test_a_briefing_is_the_answer_itself(emma: Talk) -> None:
    connect(emma.runtime, emma.sandbox, emma.person.id, "emma")
    emma.ask("hello")
    emma.ask("today's briefing please")
    briefing = emma.messages()[-1]
    assert "Briefing for" in briefing.text
    assert emma.log[-1] == ("assistant", "briefing")


def test_who_asks_for_a_briefing_first_of_all_hears_of_the_daily_one_too(emma: Talk) -> None:
    connect(emma.runtime, emma.sandbox, emma.person.id, "emma")
    said = emma.ask("briefing")
    assert "Your next briefing comes" in said
    assert len(emma.messages()) == 2


def test_two_requests_for_a_briefing_at_once_are_one(emma: Talk) -> None:
    connect(emma.runtime, emma.sandbox, emma.person.id, "emma")
    emma.say("briefing")
    emma.say("briefing")
    work(emma.runtime)
    texts = [message.text for message in emma.messages()]
    assert sum("Briefing for" in text for text in texts) == count(emma.runtime, Briefing) <= 2


def test_a_briefing_that_is_long_in_coming_is_not_begun_again(
    emma: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(emma.runtime, emma.sandbox, emma.person.id, "emma")
    emma.ask("hello")
    emma.sandbox.fault(op="chat.postMessage", status=503)
    emma.ask("briefing")
    monkeypatch.setattr(answering, "STILL", timedelta(0))
    emma.sandbox.control("/faults", method="DELETE")
    assert "still at your briefing" in emma.ask("briefing")
    assert count(emma.runtime, Briefing) == 1


def test_without_gmail_the_briefing_comes_at_once_and_the_whole_of_it_after_connecting(jiwoo: Talk) -> None:
    with_news(jiwoo)
    said = jiwoo.ask("오늘 브리핑 줘")
    assert "/connect?slack=" in said
    assert count(jiwoo.runtime, Briefing) == 1
    connect(jiwoo.runtime, jiwoo.sandbox, jiwoo.person.id, "jiwoo", scopes=(CALENDAR,))
    work(jiwoo.runtime)
    work(jiwoo.runtime)
    with transaction(jiwoo.runtime.sessions) as session:
        made = session.scalars(select(Briefing.missing).order_by(Briefing.created_at)).all()
        assert session.scalars(select(PendingRequest.status)).all() == ["done"]
    lacking = [{one["source"] for one in missing} for missing in made]
    assert ["mail" in sources for sources in lacking] == [True, False]


def test_connecting_again_is_offered_to_who_is_connected(emma: Talk) -> None:
    connect(emma.runtime, emma.sandbox, emma.person.id, "emma", scopes=(CALENDAR,))
    said = emma.ask("connect my google account")
    assert "nothing you need to do" in said
    assert button(emma.messages()[-1], "connect_google") is not None
    assert "emma@mail.example" in emma.ask("status")


def test_what_waits_for_consent_is_answered_by_itself(jiwoo: Talk) -> None:
    jiwoo.ask("오늘 일정 알려줘")
    connect(jiwoo.runtime, jiwoo.sandbox, jiwoo.person.id, "jiwoo", scopes=(CALENDAR,))
    work(jiwoo.runtime)
    assert "질문: 오늘 일정 알려줘" in str(jiwoo.messages()[-1].blocks)
    with transaction(jiwoo.runtime.sessions) as session:
        keys = session.scalars(select(OutboundMessage.dedupe_key)).all()
    assert sum(key.startswith("waiting:") for key in keys) == 1
