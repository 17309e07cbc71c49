"""Phrasings of somebody who had not seen the rules: nine of ten are right, and no state changes wrongly."""

from __future__ import annotations

import pytest

from services.assistant.understanding.requests import (
    CHANGES,
    BriefingNow,
    CalendarQuestion,
    ChangeTime,
    Confirm,
    Connect,
    DeleteData,
    Disconnect,
    Greeting,
    Help,
    MailSearch,
    Pause,
    Request,
    Resume,
    Status,
    Thanks,
    Unknown,
)
from services.assistant.understanding.understand import understand
from tests.unit.assistant_phrasings import SEOUL
from tests.unit.assistant_phrasings_plain import FIFTH_PHRASINGS, THIRD_PHRASINGS
from tests.unit.assistant_phrasings_sixth import SIXTH_PHRASINGS
from tests.unit.assistant_phrasings_tricky import FOURTH_PHRASINGS
from tests.unit.assistant_phrasings_unseen import MORE_PHRASINGS, NOW, PHRASINGS, Expected
from tests.unit.assistant_topics import ASKED, NOT_ASKED

KINDS: dict[type[Request], str] = {
    Greeting: "greeting",
    Thanks: "thanks",
    Help: "help",
    BriefingNow: "briefing",
    MailSearch: "mail",
    CalendarQuestion: "calendar",
    ChangeTime: "time",
    Pause: "pause",
    Resume: "resume",
    Status: "status",
    Connect: "connect",
    Disconnect: "disconnect",
    DeleteData: "delete",
    Unknown: "unknown",
}
Read = list[tuple[str, Expected, Request]]


def read(phrasings: list[tuple[str, Expected]]) -> Read:
    return [(text, said, understand(text, now=NOW, zone=SEOUL, locale="ko")) for text, said in phrasings]


WRITTEN = {
    "first": PHRASINGS,
    "second": MORE_PHRASINGS,
    "third": THIRD_PHRASINGS,
    "fourth": FOURTH_PHRASINGS,
    "fifth": FIFTH_PHRASINGS,
    "sixth": SIXTH_PHRASINGS,
}
TABLES = pytest.mark.parametrize("table", [read(each) for each in WRITTEN.values()], ids=list(WRITTEN))


def right_kind(found: Request, expected: Expected) -> bool:
    return KINDS[type(found)] in (expected["kind"], *expected.get("or", []))


def details(found: Request) -> dict[str, object]:
    """What is to be compared, in the table's terms."""
    match found:
        case MailSearch():
            return {
                "senders": set(found.senders),
                "words": set(found.words + found.subject),
                "start": found.start and found.start.date().isoformat(),
                "end": found.end and found.end.date().isoformat(),
            }
        case CalendarQuestion():
            return {"start": found.start.date().isoformat()}
        case ChangeTime():
            return {"at": f"{found.at:%H:%M}"}
        case Pause():
            return {"until": found.until and found.until.isoformat()}
    return {}


def right(found: Request, expected: Expected) -> bool:
    """The kind, and each detail that is in the table and in the request; asked back is right as well."""
    found = found.change if isinstance(found, Confirm) else found
    if not right_kind(found, expected):
        return False
    wanted: dict[str, object] = {
        name: set(value) if isinstance(value, list) else value for name, value in expected.items()
    }
    return all(wanted[name] == value for name, value in details(found).items() if name in wanted)


@TABLES
def test_nine_of_ten_are_right(table: Read) -> None:
    wrong = [(text, found) for text, expected, found in table if not right(found, expected)]
    assert len(wrong) <= len(table) // 10, wrong


@TABLES
def test_none_changes_what_it_should_not(table: Read) -> None:
    changed = (ChangeTime, Pause, Resume)
    assert not [
        text for text, expected, found in table if isinstance(found, changed) and not right(found, expected)
    ]


@pytest.mark.parametrize(("text", "kind"), ASKED, ids=[text for text, _ in ASKED])
def test_what_is_asked_in_other_words_is_answered(text: str, kind: str) -> None:
    [(_, expected, found)] = read([(text, {"kind": kind})])
    assert right(found, expected)


@pytest.mark.parametrize("text", NOT_ASKED)
def test_what_is_denied_supposed_or_told_of_others_is_not_done(text: str) -> None:
    [(_, _, found)] = read([(text, {"kind": "unknown"})])
    assert not isinstance(found, (*CHANGES, Confirm, BriefingNow))
