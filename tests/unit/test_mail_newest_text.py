"""What an author wrote this time, in the mail of several countries."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.sources.gmail.text import bounded, newest_text
from services.sources.records import TEXT_LIMIT


def _samples() -> list[tuple[str, str, str]]:
    """Name, text and newest text of each sample in `mail_replies.txt`."""
    blocks = Path(__file__).with_name("mail_replies.txt").read_text("utf-8").rstrip("\n").split("\n#### ")[1:]
    return [_sample(*block.partition("\n")) for block in blocks]


def _sample(name: str, _: str, rest: str) -> tuple[str, str, str]:
    text, _, newest = rest.partition("\n====\n")
    return name, text, newest


SAMPLES = _samples()


@pytest.mark.parametrize(("text", "newest"), [row[1:] for row in SAMPLES], ids=[row[0] for row in SAMPLES])
def test_quotations_signatures_and_notices_are_left_out(text: str, newest: str) -> None:
    assert newest_text(text) == newest


@pytest.mark.parametrize(("text", "newest"), [row[1:] for row in SAMPLES], ids=[row[0] for row in SAMPLES])
def test_line_ends_and_blanks_of_the_wire_make_no_difference(text: str, newest: str) -> None:
    wire = text.replace("\n", " \r\n") + "\r\n\r\n"
    assert newest_text(wire) == newest


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("네\u00a0알겠습니다\u200b", "네 알겠습니다"),
        ("\u200b\ufeff안녕\u202e하세요\u2066", "안녕하세요"),
        ("가족 👨\u200d👩\u200d👧 만세", "가족 👨\u200d👩\u200d👧 만세"),
        ("손 👍🏽 하트 ❤\ufe0f\u200d🔥", "손 👍🏽 하트 ❤\ufe0f\u200d🔥"),
        ("loose\u200djoiner", "loosejoiner"),
        ("줄1\r\n줄2\r줄3\u2028줄4\x0b줄5\x85줄6", "줄1\n줄2\n줄3\n줄4\n줄5\n줄6"),
        ("a  \t b\n\n\n\n c ", "a b\n\nc"),
        ("a\x00b\x07c\x1b[31m", "abc[31m"),
        ("a\ud800b\udfffc", "abc"),
        ("soft\u00adhyphen\u3164\u2800", "softhyphen"),
        ("", ""),
        (" \n\u200b\n ", ""),
    ],
)
def test_only_what_can_be_seen_is_kept(text: str, kept: str) -> None:
    assert newest_text(text) == kept


NOTHING_OF_ONES_OWN = (
    "> only\n> quoted",
    "-- \nname",
    "--",
    "Sent from my iPhone",
    "Best regards",
    "On Friday Kim <k@e.kr> wrote:\n> a",
    "From: a@b.kr\nTo: c@d.kr\nSubject: e\n",
    "This email is confidential.",
    "-----Original Message-----",
)


@pytest.mark.parametrize("text", NOTHING_OF_ONES_OWN)
def test_a_mail_with_words_never_becomes_empty(text: str) -> None:
    assert newest_text(text)


def test_long_text_is_cut_after_a_word() -> None:
    text = "열두 글자짜리 문장 " * 1000
    assert len(newest_text(text)) <= TEXT_LIMIT
    assert newest_text(text).endswith(("열두", "글자짜리", "문장"))
    assert len(bounded("가" * 5000)) == TEXT_LIMIT
