"""Text and markup made to be slow to read: the steps taken grow with the length and end at a bound."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from services.sources.gmail.html import TEXT_CHARS, html_text
from services.sources.gmail.text import SOURCE_LIMIT, newest_text
from services.sources.records import TEXT_LIMIT

Steps = Callable[[Callable[[], object]], int]
MEGABYTE = 1_000_000

pytestmark = pytest.mark.timeout(60)  # the steps inside a regular expression cannot be counted


@pytest.fixture
def steps() -> Steps:
    """Counts the lines of this product's code that some work runs through."""
    count = 0

    def trace(frame: Any, event: str, _: object) -> Any:
        nonlocal count
        if "sources/gmail" not in frame.f_code.co_filename.replace("\\", "/"):
            return None
        count += event == "line"
        return trace

    def counted(work: Callable[[], object]) -> int:
        nonlocal count
        count = 0
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            work()
        finally:
            sys.settrace(before)
        return count

    return counted


HOSTILE_TEXTS = {
    "quote marks": ">\n" * 200_000,
    "one long line": "a" * MEGABYTE,
    "nested quotes": "".join(">" * (level % 500) + " x\n" for level in range(20_000)),
    "attributions": "On 2026 x\n" * 50_000,
    "words of attributions": "On 1:00 " + "wrote " * 50_000,
    "header blocks": "From: a\nTo: b\n" * 20_000,
    "header lines": "From: a@b\n" * 50_000,
    "rules": "-----\n" * 100_000,
    "one rule": "-" * MEGABYTE,
    "signatures": "--\n" * 60_000,
    "closings": "Thanks,\n" * 30_000,
    "empty lines": "x" + "\n" * MEGABYTE + "y",
    "blanks": "x" + " " * MEGABYTE + "y",
    "links": "a <https://b>" * 20_000,
    "unclosed links": "<http://" * 50_000,
    "pictures": "[cid:" * 50_000,
    "joiners": "👨\u200d" * 50_000,
    "marks": "e" + "\u0301\u0316" * 100_000,
    "uuencoded": "begin 644 x\n" * 20_000,
    "korean": "2026년 1월 1일 작성 " * 30_000,
    "separators": "\u2028" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE_TEXTS)
def test_hostile_text_is_read_in_proportion(name: str, steps: Steps) -> None:
    whole = HOSTILE_TEXTS[name]
    assert len(newest_text(whole)) <= TEXT_LIMIT
    half = steps(lambda: newest_text(whole[: SOURCE_LIMIT // 2]))
    assert steps(lambda: newest_text(whole)) <= 3 * half + 2_000


HOSTILE_MARKUP = {
    "divisions": "<div>" * 50_000,
    "formatting": "".join(f"<font size={number}><p>" for number in range(13_000)),
    "misnested": "".join(f"<b id={number}><i id={number}><p></b>" for number in range(8_000)),
    "tables": "<table><tr><td>" * 15_000,
    "attributes": "<p " + " ".join(f"a{number}=1" for number in range(38_000)) + ">x",
    "links": "<a href=x><p>" * 20_000,
    "quotations": "<blockquote type=cite>" * 10_000,
    "hidden": "<div style='display:none'>" * 10_000,
    "comments": "<!--" * 60_000,
    "angles": "<" * 250_000,
    "text": "x" * 250_000,
}


@pytest.mark.parametrize("name", HOSTILE_MARKUP)
def test_hostile_markup_is_read_in_bounded_steps(name: str, steps: Steps) -> None:
    markup = HOSTILE_MARKUP[name]
    assert len(html_text(markup, quotes=True)) <= TEXT_CHARS + len(markup)
    assert steps(lambda: html_text(markup, quotes=True)) < 2_000_000
    tracemalloc.start()
    html_text(markup)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * MEGABYTE
