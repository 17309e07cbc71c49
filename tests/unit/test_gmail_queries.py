"""Which messages are read: the searches, and the choice among what they find."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from services.sources.gmail.queries import (
    GET_LIMIT,
    GET_UNITS,
    LIST_UNITS,
    candidates,
    choose,
    details_since,
    inbox_queries,
)

NOW = datetime(2026, 11, 23, 0, 0, 0, 500_000, UTC)
SINCE = NOW - timedelta(days=5)
OPERATORS = {"in:inbox", "after:", "is:important", "is:starred", "from:me", "to:me", "category:"}


def test_candidates_are_sought_since_details_and_everything_since_the_last_briefing() -> None:
    queries = inbox_queries(SINCE, details_since(SINCE, NOW))
    recent, all_new = "after:1795132800", "after:1794960000"
    assert recent in queries.marked
    assert recent in queries.personal
    assert all_new in queries.everything


def test_the_searches_use_only_operators_every_stand_in_knows() -> None:
    queries = inbox_queries(SINCE, SINCE)
    for query in (queries.marked, queries.personal, queries.everything):
        words = re.sub(r"[()]", " ", query).split()
        known = [w for w in words if w == "OR" or any(w.removeprefix("-").startswith(o) for o in OPERATORS)]
        assert words == known


def test_own_mail_is_never_sought() -> None:
    queries = inbox_queries(SINCE, SINCE)
    assert all("-from:me" in q for q in (queries.marked, queries.personal, queries.everything))


GAPS = [
    (timedelta(hours=1), timedelta(hours=1)),
    (timedelta(days=3), timedelta(hours=72)),
    (timedelta(days=30), timedelta(hours=72)),
]


@pytest.mark.parametrize(("gap", "reach"), GAPS)
def test_details_go_back_to_the_last_briefing_but_no_further_than_72_hours(
    gap: timedelta, reach: timedelta
) -> None:
    assert details_since(NOW - gap, NOW) == NOW - reach


CHOICES = [
    ("nothing", "", "", "", ""),
    ("marked and personal come first, newest first", "abc", "cbd", "abcd", "bcad"),
    ("then marked, then personal", "a", "b", "ba", "ab"),
    ("then what is newest of everything", "c", "", "abcd", "cabd"),
    ("at most ten", "abcdefghijkl", "", "xyz", "abcdefghij"),
    ("candidates before everything, up to ten", "", "klmnop", "abcdefghij", "klmnopabcd"),
    ("each once", "aa", "aa", "aa", "a"),
]


@pytest.mark.parametrize(
    ("marked", "personal", "everything", "chosen"), [c[1:] for c in CHOICES], ids=[c[0] for c in CHOICES]
)
def test_choice(marked: str, personal: str, everything: str, chosen: str) -> None:
    ranked = candidates(tuple(marked), tuple(personal))
    assert "".join(choose(ranked, tuple(everything))) == chosen


def test_a_look_costs_at_most_215_units() -> None:
    assert 3 * LIST_UNITS + GET_LIMIT * GET_UNITS == 215
