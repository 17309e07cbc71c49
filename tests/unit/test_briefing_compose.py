"""What a briefing decides to say: counts, gaps, lateness, what is missing, where the next one starts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.briefing.compose import MAILS_LISTED, compose_briefing
from services.briefing.model import Briefing, MailDigest, Missing
from services.sources.records import Address, MailBatch, NewsBatch
from tests.unit.briefing_cast import ME, OWNER, SEOUL, at, batch, event, inputs, mail, story

NEWS = NewsBatch((story("환율 내려"),))


def digest(given: MailBatch, **changes: Any) -> MailDigest:
    composed = compose_briefing(inputs(mail=given, **changes)).mail
    assert composed is not None
    return composed


def test_every_new_mail_is_counted_exactly_once() -> None:
    read = [
        mail("listed"),
        mail("bulk", bulk=True),
        mail("muted", sender=Address("", "loud@example.com")),
        mail("mine", sender=ME),
        mail("briefing", own_briefing=True),
    ]
    given = batch(
        *read,
        new_ids=("listed", "bulk", "muted", "mine", "briefing", "more", "letter", "broken"),
        candidate_ids=("listed", "bulk", "more"),
        failed_ids=("broken",),
    )
    composed = digest(given, muted=frozenset({"Loud@example.com "}))
    assert [item.message_ids for item in composed.items] == [("listed",)]
    assert (composed.may_matter, composed.other, composed.muted, composed.unreadable) == (1, 2, 1, 1)
    assert composed.total == 6


def test_what_does_not_fit_the_list_may_matter() -> None:
    mails = [mail(f"m{n}") for n in range(MAILS_LISTED + 2)]
    composed = digest(batch(*mails, candidate_ids=()))
    assert (len(composed.items), composed.may_matter, composed.other) == (MAILS_LISTED, 2, 0)


def test_mails_of_an_earlier_briefing_are_left_out_of_everything() -> None:
    given = batch(mail("old"), mail("new"), new_ids=("old", "new", "old letter"), failed_ids=("old fault",))
    seen = frozenset({"old", "old letter", "old fault"})
    composed = compose_briefing(inputs(mail=given, seen_ids=seen))
    assert composed.mail is not None
    assert [item.message_ids for item in composed.mail.items] == [("new",)]
    assert (composed.mail.total, composed.message_ids) == (1, ("new",))


def test_the_owner_is_known_by_both_addresses() -> None:
    given = batch(mail("1", sender=Address("", "alias@example.com")), mail("2", sender=ME))
    assert digest(given, account_email="alias@example.com").items == ()


def test_unreadable_mails_are_not_remembered_so_that_they_get_another_chance() -> None:
    composed = compose_briefing(inputs(mail=batch(mail("1"), new_ids=("1", "x"), failed_ids=("x",))))
    assert composed.message_ids == ("1",)


@pytest.mark.parametrize(
    ("received", "cursor"),
    [
        ([at(19, 10), at(20, 8), at(19, 12)], at(20, 8)),
        ([at(19, 10), at(25, 8)], at(20, 9)),
        ([], None),
    ],
    ids=["the newest", "never beyond now", "none without mail"],
)
def test_the_next_look_starts_at_the_newest_mail(received: list[datetime], cursor: datetime | None) -> None:
    mails = [mail(str(n), received_at=moment) for n, moment in enumerate(received)]
    assert compose_briefing(inputs(mail=batch(*mails))).cursor == cursor


def test_mail_already_seen_does_not_move_the_cursor_back() -> None:
    given = batch(mail("1", received_at=at(19, 10)))
    assert compose_briefing(inputs(mail=given, seen_ids=frozenset({"1"}))).cursor is None


def test_what_is_covered_is_said_and_that_counts_reach_further() -> None:
    short = compose_briefing(inputs())
    assert short.covers_since == at(19, 9)
    assert short.mail is not None
    assert not short.mail.counts_reach_further
    gap = digest(batch(since=at(13, 9), details_since=at(17, 9)))
    assert gap.counts_reach_further


LATENESS = {
    "on time": ({"now": at(20, 9, 2)}, None),
    "a quarter of an hour": ({"now": at(20, 9, 15)}, None),
    "more": ({"now": at(20, 9, 16)}, timedelta(minutes=16)),
    "in another zone": ({"now": datetime(2026, 11, 20, 2, 0, tzinfo=UTC)}, timedelta(hours=2)),
    "asked for": ({"now": at(20, 12), "kind": "manual", "scheduled_for": None}, None),
    "completing": ({"now": at(20, 12), "kind": "completion"}, None),
}


@pytest.mark.parametrize(("changes", "late_by"), LATENESS.values(), ids=LATENESS.keys())
def test_a_daily_one_knows_when_it_is_late(changes: dict[str, Any], late_by: timedelta | None) -> None:
    assert compose_briefing(inputs(**changes)).late_by == late_by


def test_what_is_missing_is_told_in_the_order_of_the_sections() -> None:
    composed = compose_briefing(
        inputs(
            news=Missing("news", "unavailable"),
            mail=Missing("mail", "not_connected"),
            calendar=Missing("calendar", "missing_scope"),
        )
    )
    assert [missing.source for missing in composed.missing] == ["calendar", "mail", "news"]
    assert composed.completeness == "partial"
    assert (composed.agenda, composed.mail, composed.news) == (None, None, None)
    assert not composed.nothing_new


def test_sections_turned_off_are_not_missing() -> None:
    composed = compose_briefing(inputs(mail=None, calendar=None, news=None))
    assert (composed.missing, composed.completeness, composed.nothing_new) == ((), "complete", True)
    assert (composed.cursor, composed.covers_since, composed.message_ids) == (None, None, ())


@pytest.mark.parametrize(
    ("news", "is_missing"),
    [
        (NewsBatch((), (("a", "timeout"),)), True),
        (replace(NEWS, failed=(("a", "timeout"),)), False),
        (NewsBatch(), False),
    ],
    ids=["every feed failed", "some failed", "no news"],
)
def test_news_is_missing_when_feeds_failed_and_nothing_is_left(news: NewsBatch, is_missing: bool) -> None:
    composed = compose_briefing(inputs(news=news))
    assert bool(composed.missing) is is_missing
    assert (composed.news is None) is is_missing


SOMETHING = {
    "an event": {"calendar": (event("회의", at(20, 10)),)},
    "an early start tomorrow": {"calendar": (event("공항", at(21, 6)),)},
    "a mail": {"mail": batch(mail())},
    "a newsletter": {"mail": batch(new_ids=("x",))},
    "an unreadable mail": {"mail": batch(failed_ids=("x",))},
    "a headline": {"news": NEWS},
}


@pytest.mark.parametrize("changes", SOMETHING.values(), ids=SOMETHING.keys())
def test_anything_at_all_is_something_new(changes: dict[str, Any]) -> None:
    assert not compose_briefing(inputs(**changes)).nothing_new


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"calendar": (event("지난 회의", at(20, 7)),)},
        {"mail": batch(mail("1"), mail("2", sender=ME)), "seen_ids": frozenset({"1"})},
    ],
    ids=["empty sources", "only what is over", "only what was seen"],
)
def test_nothing_new_is_known_as_such(changes: dict[str, Any]) -> None:
    assert compose_briefing(inputs(**changes)).nothing_new


def test_composing_is_a_function_of_its_inputs() -> None:
    given = inputs(mail=batch(mail("1"), mail("2")), news=NEWS, calendar=(event("회의", at(20, 10)),))
    first: Briefing = compose_briefing(given)
    assert first == compose_briefing(given)
    assert (first.zone, first.account_email) == (SEOUL, OWNER)
