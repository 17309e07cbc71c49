"""In which language somebody is answered."""

from __future__ import annotations

import pytest

from services.assistant.understanding.language import language_of

OF_KOREANS = {
    "하이": "ko",
    "ㅎㅇ": "ko",
    "gmail 연결해줘": "ko",
    "ok": "ko",
    "status": "ko",
    "": "ko",
    "???": "ko",
    ":wave:": "ko",
    "<@U0BOT> :wave:": "ko",
    "from:ann@example.com is:unread": "ko",
    "<mailto:ann@example.com|ann@example.com> https://a.example/b": "ko",
    "what's on today?": "en",
    "please pause": "en",
}
OF_OTHERS = {"하이": "ko", "내일 meeting 있어?": "ko", "hi": "en", "status": "en", "": "en"}


@pytest.mark.parametrize(("said", "language"), OF_KOREANS.items())
def test_who_reads_korean_is_answered_in_it_unless_they_plainly_write_english(
    said: str, language: str
) -> None:
    assert language_of(said, "ko") == language


@pytest.mark.parametrize(("said", "language"), OF_OTHERS.items())
def test_who_reads_english_and_writes_hangul_is_answered_in_korean(said: str, language: str) -> None:
    assert language_of(said, "en") == language
