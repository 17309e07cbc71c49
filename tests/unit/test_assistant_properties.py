"""Whatever is written: no exception, no change without its words, sane periods in every zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.google.search import compile_query
from sandbox.google.search_terms import Context
from services.assistant.understanding.keystrokes import keys
from services.assistant.understanding.requests import CHANGES, CalendarQuestion, ChangeTime, MailSearch, Pause
from services.assistant.understanding.understand import understand
from tests.unit.assistant_phrasings import ENGLISH, KOREAN, NOW, SEOUL

WORDS = sorted({word for text, _ in KOREAN + ENGLISH for word in text.split()})
ZONES = st.sampled_from(
    [
        "Asia/Seoul",
        "America/New_York",
        "Europe/Berlin",
        "Africa/Cairo",
        "America/Santiago",
        "Pacific/Apia",
        "UTC",
    ]
).map(ZoneInfo)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))
MESSAGES = st.one_of(
    st.text(max_size=80),
    st.text(st.characters(codec=None), max_size=60),
    st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join),
    st.text(alphabet='0123456789:/-. 시분월일년오전후주다음지난apmto"(){}<>|', max_size=30),
)
# Without one of these nothing is ever changed.
CHANGE_WORDS = re.compile(
    r"시|분|:|am|pm|a\.m|p\.m|noon|midnight|midday|정오|자정|o.?clock|past|quarter|at |to |thirty|fifteen"
    r"|쉬|쉴|쉽|멈|중지|중단|정지|스톱|스탑|꺼|끄|건너|그만|보내|받|휴가|연차|휴무|휴직"
    r"|pause|stop|skip|mute|snooze|suspend|hold|forty"
    r"|send|off|no |vacation|holiday|leave|pto|away|out"
    r"|quit|discontinue|end|disable|deactivate|need|want|wish|필요|패스|스킵|구독|안 ?(?:와|오|주|줘|봐)"
    r"|살려|가동|돌려|활성|enable|bring"
    r"|ooo|break|재개|켜|시작|다시|resume|restart|reactivate|start|on"
    r"|끊|해제|해지|취소|삭제|제거|풀|disconnect|unlink|unconnect|revoke|remove|cancel|지워|지우|없애|파기|탈퇴"
    r"|delete|erase|wipe|clear|purge|forget"
)


@given(MESSAGES, MOMENTS, ZONES, st.sampled_from(["ko", "en", "en-GB", ""]))
@settings(max_examples=400)
def test_any_text_is_some_request(text: str, now: datetime, zone: ZoneInfo, locale: str) -> None:
    found = understand(text, now=now, zone=zone, locale=locale)
    if isinstance(found, MailSearch):
        compile_query(found.query, Context("me@example.com", {}, now))
    if isinstance(found, CalendarQuestion):
        assert found.start.timestamp() < found.end.timestamp()


@given(st.text(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join))
@settings(max_examples=300)
def test_nothing_changes_without_its_words(text: str) -> None:
    if isinstance(understand(text, now=NOW, zone=SEOUL, locale="ko"), CHANGES):
        assert CHANGE_WORDS.search(text.lower())


@given(MOMENTS, ZONES)
@settings(max_examples=150)
def test_a_day_is_from_midnight_to_midnight_of_the_persons_clock(now: datetime, zone: ZoneInfo) -> None:
    today = now.astimezone(zone).date()
    for text, first, days in (
        ("오늘 일정", today, 1),
        ("tomorrow's schedule", today + timedelta(days=1), 1),
        ("이번 주 일정", today - timedelta(days=today.weekday()), 7),
        ("next week's schedule", today + timedelta(days=7 - today.weekday()), 7),
    ):
        found = understand(text, now=now, zone=zone, locale="ko")
        assert isinstance(found, CalendarQuestion)
        assert found.start == datetime.combine(first, datetime.min.time(), zone)
        assert found.end == datetime.combine(first + timedelta(days=days), datetime.min.time(), zone)


@given(MOMENTS, ZONES)
@settings(max_examples=150)
def test_mail_of_the_past_ends_before_what_follows_it_begins(now: datetime, zone: ZoneInfo) -> None:
    last, this = (
        understand(text, now=now, zone=zone, locale="ko") for text in ("지난주 메일", "이번주 메일")
    )
    assert isinstance(last, MailSearch)
    assert isinstance(this, MailSearch)
    assert last.end == this.start
    assert this.end is None
    month = understand("emails from last month", now=now, zone=zone, locale="en")
    assert isinstance(month, MailSearch)
    assert month.start is not None
    assert month.end is not None
    assert month.start.day == month.end.day == 1
    assert month.end <= now < month.end + timedelta(days=32)


@given(MOMENTS, ZONES, st.sampled_from("월화수목금토일"))
@settings(max_examples=150)
def test_a_pause_ends_on_the_coming_such_day(now: datetime, zone: ZoneInfo, weekday: str) -> None:
    found = understand(f"브리핑 {weekday}요일까지 쉬어", now=now, zone=zone, locale="ko")
    today = now.astimezone(zone).date()
    assert isinstance(found, Pause)
    assert found.until is not None
    assert found.until.weekday() == "월화수목금토일".index(weekday)
    assert timedelta(0) < found.until - today <= timedelta(days=7)


@given(st.integers(0, 23), st.integers(0, 59))
def test_every_time_of_the_day_can_be_chosen(hour: int, minute: int) -> None:
    half, twelve = ("오후" if hour > 11 else "오전"), hour % 12 or 12
    for text in (
        f"브리핑 {half} {twelve}시 {minute}분으로",
        f"{half} {twelve}:{minute:02}에 보내줘",
        f"send it at {hour:02}:{minute:02}",
        f"briefing {twelve}:{minute:02}{'pm' if hour > 11 else 'am'}",
    ):
        found = understand(text, now=NOW, zone=SEOUL, locale="ko")
        assert isinstance(found, ChangeTime)
        assert (found.at.hour, found.at.minute) == (hour, minute)


TYPED = st.text(alphabet="ab가 :-(){}\"|+*~/'<>OR,;!?\u200b\u202e\n", max_size=40)


@given(TYPED)
@settings(max_examples=300)
def test_what_is_typed_into_a_search_stays_a_search_term(typed: str) -> None:
    found = understand(f"find mail about in:anywhere {typed} OR x", now=NOW, zone=SEOUL, locale="en")
    if not isinstance(found, MailSearch):
        return
    assert found.operators == ()
    outside = re.sub(r'"[^"]*"', "", found.query)
    assert not re.search(r'["(){}|<>~*:-]|\bOR\b|\bAND\b', outside.replace("from:", "").replace("to:", ""))


@given(st.text(alphabet="가나다라마바사아자차카타파하각닭읽없ㄱㅏㅘㅄ", max_size=12))
def test_korean_becomes_keys_and_latin_stays(word: str) -> None:
    assert keys(word).isascii()
    assert keys("briefing" + word).startswith("briefing")
