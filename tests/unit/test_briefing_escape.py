"""Strangers' text shows as just that text, whatever is in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import iter_graphemes, width

from services.briefing.escape import LINK_LIMIT, cut, escape, link, literal, one_line, safe_url

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=80)
FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("줄\n바꿈\t과\r\n 공백\u3000들\u00a0", "줄 바꿈 과 공백 들"),
        ("pay\u202eexe.fdp\u202c\u2066!\u2069", "payexe.fdp!"),
        ("a\u200bb\u200cc\u200dd\ufeffe\u00adf\u2060g", "abcdefg"),
        ("a\x00b\x1b[31mc\x7fd\x85e", "ab[31mcd e"),
        ("a\ud800b\udfffc", "abc"),
        ("a\U000e0041b\ue000c\ufffe", "abc"),
        ("가\u3164나\u115f다\u2800라", "가 나 다 라"),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"),
        ("e\u0301" + "\u0301" * 50, "é" + "\u0301" * 4),
        (f"{FAMILY} ❤\ufe0f\u200d🔥", f"{FAMILY} ❤\ufe0f\u200d🔥"),
        ("☀\ufe0e葛\U000e0100", "☀\ufe0e葛"),
        ("مرحبا", "مرحبا"),
        ("\u200d👩\u200d", "👩"),
        ("", ""),
    ],
)
def test_one_line_keeps_what_can_be_seen(text: str, expected: str) -> None:
    assert one_line(text) == expected


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("short", 5, "short"),
        ("shorter", 5, "shor…"),
        ("한글 제목", 9, "한글 제목"),
        ("한글 제목", 8, "한글 제…"),
        ("한글 제목", 6, "한글…"),
        (FAMILY * 3, 6, FAMILY * 3),
        (FAMILY * 3, 5, FAMILY * 2 + "…"),
        ("🇰🇷🇰🇷🇰🇷", 5, "🇰🇷🇰🇷…"),
    ],
)
def test_a_cut_falls_between_graphemes(text: str, columns: int, expected: str) -> None:
    assert cut(text, columns) == expected


@given(ANY_TEXT, st.integers(1, 40))
def test_a_cut_line_fits_and_begins_as_the_text_does(text: str, columns: int) -> None:
    line = one_line(text)
    shown = cut(line, columns)
    assert width(shown) <= columns
    assert len(shown) <= 3 * columns + 1
    if shown != line:
        assert shown.endswith("…")
        assert line.startswith(shown[:-1])
        assert list(iter_graphemes(line))[: len(list(iter_graphemes(shown[:-1])))] == list(
            iter_graphemes(shown[:-1])
        )


@pytest.mark.parametrize("size", [10_000, 1_000_000])
@pytest.mark.parametrize("unit", ["x", "가", "\u0301", "\u200b", "*", "&", ":a", "@channel"])
def test_enormous_texts_become_short_lines(unit: str, size: int) -> None:
    assert len(literal(unit * size, 60)) <= 60 * 6


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<!channel> & <@U123> <https://evil.example|here>", "&lt;!channel&gt; &amp; &lt;@U123&gt; &lt;"),
        ("&lt;!here&gt;", "&amp;lt;!here&amp;gt;"),
        ("*b* _i_ ~s~ `c`", "∗b∗ ˍiˍ ∼s∼ ˋcˋ"),
        ("@channel @Here @EVERYONE a@b.example", "@\u2060channel @\u2060Here @\u2060EVERYONE a@b.example"),
        (":smile: 10:30 :한글:", ":\u2060smile: 10:30 :\u2060한글:"),
        (">> quoted", "› quoted"),
        ("a > b", "a &gt; b"),
    ],
)
def test_what_slack_would_interpret_shows_literally(text: str, expected: str) -> None:
    assert escape(text).startswith(expected)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/b?c=1&d=%20#e", "https://a.example/b?c=1&d=%20#e"),
        ("https://a.example:8443", "https://a.example:8443"),
        ("HTTP://A.example/", "http://a.example/"),
        ("https://한글.example/가?나=다", "https://xn--bj0bj06e.example/%EA%B0%80?%EB%82%98=%EB%8B%A4"),
        ('https://a.example/<b>|"c d`', "https://a.example/%3Cb%3E%7C%22c%20d%60"),
        ("https://a.exa\nmple/\tx", "https://a.example/x"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//a.example/x", ""),
        ("https:///x", ""),
        ("https://user:pass@a.example/", ""),
        ("https://a.example@evil.example/", ""),
        ("https://a b/", ""),
        ("https://a.example:99999/", ""),
        ("https://[::1", ""),
        ("https://a.example/\ud800", ""),
        ("https://" + "a" * 300, ""),
        ("", ""),
    ],
)
def test_only_plain_web_addresses_are_links(url: str, expected: str) -> None:
    assert safe_url(url) == expected


def test_a_link_shows_its_label_and_nothing_else_can_end_it() -> None:
    assert link("https://a.example/?b=1&c=2", "x|y") == "<https://a.example/?b=1&amp;c=2|x∣y>"
    assert link("javascript:alert(1)", "label") == "label"
    assert link("https://a.example/" + "x" * LINK_LIMIT, "label") == "label"


@given(ANY_TEXT)
def test_no_address_breaks_out_of_its_link(url: str) -> None:
    made = link("https://a.example/" + url, "label")
    assert made == "label" or made.count("<") == made.count(">") == made.count("|") == 1
    made.encode("ascii")
