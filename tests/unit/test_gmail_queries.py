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
    settled,
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
    assert queries.conversations == recent


def test_the_searches_use_only_operators_every_stand_in_knows() -> None:
    queries = inbox_queries(SINCE, SINCE)
    for query in (queries.marked, queries.personal, queries.everything, queries.conversations):
        words = re.sub(r"[()]", " ", query).split()
        known = [w for w in words if w == "OR" or any(w.removeprefix("-").startswith(o) for o in OPERATORS)]
        assert words == known


def test_own_mail_is_never_sought_in_the_inbox() -> None:
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
    ("at most nine", "abcdefghijkl", "", "xyz", "abcdefghi"),
    ("candidates before everything, up to nine", "", "klmnop", "abcdefghij", "klmnopabc"),
    ("each once", "aa", "aa", "aa", "a"),
]


@pytest.mark.parametrize(
    ("marked", "personal", "everything", "chosen"), [c[1:] for c in CHOICES], ids=[c[0] for c in CHOICES]
)
def test_choice(marked: str, personal: str, everything: str, chosen: str) -> None:
    ranked = candidates(tuple(marked), tuple(personal))
    assert "".join(choose(ranked, tuple(everything))) == chosen


def test_a_look_stays_below_215_units() -> None:
    assert 4 * LIST_UNITS + GET_LIMIT * GET_UNITS == 200


SETTLED = [
    ("nothing listed", "", "ab", ""),
    ("ends with new mail from somebody else", "a1", "a", ""),
    ("ends with an own reply", "b1 a1", "a", "1"),
    ("the other wrote again", "c1 b1 a1", "ac", ""),
    ("each thread by itself", "c2 b1 a1 d2", "acd", "1"),
]


@pytest.mark.parametrize(("listed", "new", "threads"), [s[1:] for s in SETTLED], ids=[s[0] for s in SETTLED])
def test_threads_that_do_not_end_with_new_mail_are_settled(listed: str, new: str, threads: str) -> None:
    conversations = [(pair[0], pair[1]) for pair in listed.split()]
    assert settled(conversations, new) == frozenset(threads)
