"""A request counts among remarks, a change is asked back, and what denies or doubts one is left alone."""

from __future__ import annotations

from datetime import time

import pytest

from services.assistant import confirmed
from services.assistant.understanding.requests import (
    CHANGES,
    BriefingNow,
    ChangeTime,
    Confirm,
    Request,
    Resume,
)
from services.assistant.understanding.understand import understand
from tests.unit.assistant_phrasings import SEOUL
from tests.unit.assistant_phrasings_unseen import NOW
from tests.unit.assistant_remarks import ASKED_BACK, NEAR_MISSES, REMARKED


def read(text: str) -> Request:
    return understand(text, now=NOW, zone=SEOUL, locale="ko")


@pytest.mark.parametrize(("text", "meant"), REMARKED, ids=[text for text, _ in REMARKED])
def test_a_remark_does_not_hide_the_request(text: str, meant: Request) -> None:
    found = read(text)
    wanted = found.change if isinstance(found, Confirm) else found
    assert wanted == meant or (isinstance(wanted, Resume) and isinstance(meant, Resume))


@pytest.mark.parametrize(("text", "meant"), ASKED_BACK, ids=[text for text, _ in ASKED_BACK])
def test_a_change_beside_what_is_not_understood_is_asked_back(text: str, meant: Request) -> None:
    assert read(text) == meant


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_what_denies_doubts_quotes_or_is_about_others_gets_no_button(text: str) -> None:
    assert not isinstance(read(text), (*CHANGES, Confirm, BriefingNow))


@pytest.mark.parametrize("change", [ChangeTime(time(0, 0)), ChangeTime(time(23, 59)), Resume()], ids=repr)
def test_a_button_brings_back_what_it_carried(change: ChangeTime | Resume) -> None:
    assert confirmed.read(confirmed.written(change)) == change


@pytest.mark.parametrize(
    "value",
    ["", "time", "time 24:00", "time 7:45", "time 07:45 ", "time 07:60", "time ０7:45", "pause", "Resume"],
)
def test_a_value_no_button_carried_is_nothing(value: str) -> None:
    assert confirmed.read(value) is None
