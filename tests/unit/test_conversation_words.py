"""What is searched of a message is what the page shows of it, and what is marked is what was found."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.components.mrkdwn import marked
from services.conversations.words import AROUND, WHOLE, excerpt, folded, said, storable, stretches

BLOCKS = [
    {"type": "header", "text": {"type": "plain_text", "text": "오늘의 *브리핑*"}},
    {"type": "divider"},
    {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "*<https://mail.example/1|견적서 &amp; 일정>* _곧_"},
        "fields": [{"type": "mrkdwn", "text": "`10:00`"}],
        "accessory": {"type": "button", "text": {"type": "plain_text", "text": "열기"}, "url": "https://x"},
    },
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "~옛것~"}, {"type": "image"}]},
    {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "연결"}}]},
]


def test_blocks_are_searched_as_they_are_shown() -> None:
    assert said("fallback", BLOCKS).split("\n") == [
        "오늘의 *브리핑*",
        "견적서 & 일정 곧",
        "10:00",
        "열기",
        "옛것",
        "연결",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1 &lt; 2 &amp;amp; 3", "1 < 2 &amp; 3"),
        ("see <https://a.example/?q=1&amp;r=2>", "see https://a.example/?q=1&r=2"),
        ("<@U123|kim> hi", "kim hi"),
        ("a_b_c *not bold", "a_b_c *not bold"),
        ("회\u2060의", "회의"),
        ("a\0b\ud800c", "abc"),
        (unicodedata.normalize("NFD", "회의록"), "회의록"),
    ],
)
def test_text_is_searched_as_it_is_shown(text: str, shown: str) -> None:
    assert said(text, None) == shown


@pytest.mark.parametrize(
    "blocks",
    [[None], ["x"], [{}], [{"type": "section", "text": None}], [{"elements": 3}], [{"text": {"text": 5}}]],
)
def test_blocks_that_are_none_leave_the_text(blocks: list[object]) -> None:
    assert said("text", blocks) == "text"


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("견적서와 견적", ["견적"], ["견적", "견적"]),
        ("Invoice INVOICE", ["invoice"], ["Invoice", "INVOICE"]),
        ("Straße", ["ss"], ["ß"]),
        ("abcd", ["abc", "bcd"], ["abcd"]),
        ("100% a_b", ["%", "a_b"], ["%", "a_b"]),
        ("nothing", ["x"], []),
    ],
)
def test_what_was_found_is_marked(text: str, words: list[str], found: list[str]) -> None:
    assert [text[start:end] for start, end in stretches(text, words)] == found


@given(st.text(), st.lists(st.text(min_size=1, max_size=3), max_size=3))
def test_stretches_are_in_order_and_contain_a_word(text: str, words: list[str]) -> None:
    text, words = said(storable(text), None), [folded(word) for word in words if folded(word)]
    end = -1
    for start, stop in stretches(text, words):
        assert end < start < stop <= len(text)
        assert any(word in folded(text[start:stop]) or word in text[start:stop].casefold() for word in words)
        end = stop


@given(
    st.text(alphabet=st.sampled_from("ab 가\n*_🙂"), min_size=WHOLE, max_size=3 * WHOLE),
    st.integers(0, 2 * WHOLE),
)
def test_an_excerpt_of_a_long_message_shows_the_place(text: str, place: int) -> None:
    long = text[:place] + "needle" + text[place:]
    lines = excerpt(long, None, ["needle"])
    assert any("needle" in line.casefold() for line in lines)
    assert sum(map(len, lines)) <= max(AROUND + 2, WHOLE)


def test_marks_are_the_only_thing_that_means_anything() -> None:
    line = "[a](b) <b> :smile: 견적서"
    shown = marked(line, stretches(line, ["견적"]))
    assert shown.endswith(":orange[**견적**]서")
    assert "](" not in shown
    assert "<" not in shown
