"""When two requests ask for the same thing."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.assistant.understanding.sameness import key_of
from services.assistant.understanding.understand import understand

SEOUL, TOKYO = ZoneInfo("Asia/Seoul"), ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 20, 10, 23, 45, 123456, SEOUL)


def key(text: str, *, after: timedelta = timedelta(0), zone: ZoneInfo = SEOUL) -> str:
    now = NOW + after
    return key_of(understand(text, now=now, zone=zone, locale="ko-KR"), now)


SAME = [
    ("what is my next meeting?", "다음 회의 언제야?"),
    ("오늘 남은 일정 뭐야", "오늘 남은 일정 뭐야"),
    ("내일 회의 있어?", "내일 일정 알려줘"),
    ("내일 오후 3시 회의 있어?", "내일 15시 일정 알려줘"),
    ("지난주에 온 견적서 메일 찾아줘", "지난주 견적서 메일 보여줘"),
    ("견적서 계약서 메일 찾아줘", "계약서 견적서 메일 찾아줘"),
    ("브리핑", "오늘 브리핑 줘"),
]
OTHER = [
    ("내일 회의 있어?", "모레 회의 있어?"),
    ("내일 회의 있어?", "내일 오후 3시 회의 있어?"),
    ("오늘 남은 일정 뭐야", "오늘 일정 뭐야"),
    ("오늘 일정 뭐야", "what is my next meeting?"),
    ("지난주에 온 견적서 메일 찾아줘", "이번 주에 온 견적서 메일 찾아줘"),
    ("견적서 메일 찾아줘", "계약서 메일 찾아줘"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_thing_in_other_words_later_and_in_another_zone(one: str, other: str) -> None:
    assert key(one) == key(other, after=timedelta(minutes=7, microseconds=1), zone=TOKYO)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_other_things_stay_apart(one: str, other: str) -> None:
    assert key(one) != key(other)
