"""The order of mail, row by row, and what is not listed."""

from __future__ import annotations

import pytest

from services.briefing.model import Mark
from services.briefing.rank import Reader, rank_mails
from services.sources.records import Address, Invitation, Mail
from tests.unit.briefing_cast import IMPORTANT, ME, OWNER, at, mail

BOSS = Address("박 대표", "ceo@example.com")
LOUD = Address("광고", "loud@example.com")
LIST = Address("팀", "team@example.com")
READER = Reader(frozenset({OWNER}), vips=frozenset({BOSS.email}), muted=frozenset({LOUD.email}))
STARRED = frozenset({"INBOX", "STARRED"})
INVITATION = Invitation("REQUEST", "회고", at(24, 15), "")
OLDER, NEWER = at(19, 10), at(19, 20)


def ranked_ids(*mails: Mail) -> list[str]:
    return [item.message_ids[0] for item in rank_mails(mails, READER).items]


# Each row of the table in rank_mails: the first comes before the second, though the second is newer and has
# what stands below.
ROWS = {
    "a VIP's before a starred one": (
        {"sender": BOSS, "to": (LIST,)},
        {"labels": STARRED | IMPORTANT},
    ),
    "starred before a bounce": (
        {"labels": STARRED, "to": (LIST,)},
        {"bounce": True, "labels": IMPORTANT},
    ),
    "a bounce before an important one": (
        {"bounce": True, "to": (LIST,)},
        {"labels": IMPORTANT, "text": "가능할까요?"},
    ),
    "important before one addressed to me": (
        {"labels": IMPORTANT, "to": (LIST,), "cc": (ME,)},
        {"text": "가능할까요?"},
    ),
    "to me before in copy": (
        {},
        {"to": (LIST,), "cc": (ME,), "is_reply": True, "text": "가능할까요?"},
    ),
    "awaiting an answer before an invitation": (
        {"text": "내일까지 회신 부탁드립니다."},
        {"invitation": INVITATION, "is_reply": True},
    ),
    "an invitation before a reply": ({"invitation": INVITATION}, {"is_reply": True}),
    "a reply before a plain one": ({"is_reply": True}, {}),
}


@pytest.mark.parametrize(("better", "worse"), ROWS.values(), ids=ROWS.keys())
def test_each_row_of_the_table_outranks_the_rows_below(
    better: dict[str, object], worse: dict[str, object]
) -> None:
    first = mail("first", **{"received_at": OLDER, **better})
    second = mail("second", **{"received_at": NEWER, **worse})
    assert ranked_ids(first, second) == ranked_ids(second, first) == ["first", "second"]


def test_the_newer_comes_first_among_equals() -> None:
    assert ranked_ids(mail("old", received_at=OLDER), mail("new", received_at=NEWER)) == ["new", "old"]


def test_mails_of_the_same_second_have_one_order() -> None:
    one, other = mail("a"), mail("b")
    assert ranked_ids(one, other) == ranked_ids(other, one)


def test_a_conversation_is_one_item_with_its_newest_text_and_everybody_in_it() -> None:
    question = mail("1", thread_id="t", text="언제 만날까요?", received_at=at(19, 9), attachment_count=1)
    answer = mail("2", thread_id="t", text="내일 봅시다.", received_at=at(19, 10), sender=BOSS, is_reply=True)
    again = mail(
        "3", thread_id="t", text="좋습니다.", received_at=at(19, 11), labels=STARRED, attachment_count=2
    )
    (item,) = rank_mails([answer, again, question], READER).items
    assert item.message_ids == ("3", "2", "1")
    assert item.text == "좋습니다."
    assert [sender.email for sender in item.senders] == ["younghee@partner.example", "ceo@example.com"]
    assert item.marks == {Mark.VIP, Mark.STARRED}
    assert item.attachments == 3


def test_mails_without_a_thread_stay_apart() -> None:
    assert len(rank_mails([mail("1", thread_id=""), mail("2", thread_id="")], READER).items) == 2


BULK = {
    "a newsletter": ({}, False),
    "an important newsletter": ({"labels": IMPORTANT}, False),
    "a starred one": ({"labels": STARRED}, True),
    "a VIP's": ({"sender": BOSS}, True),
    "a delivery report": ({"bounce": True}, True),
    "an invitation": ({"invitation": INVITATION}, True),
    "a cancelled meeting": ({"invitation": Invitation("CANCEL", "회고", None, "")}, True),
    "somebody's answer to my own invitation": ({"invitation": Invitation("REPLY", "회고", None, "")}, False),
}


@pytest.mark.parametrize(("changes", "is_listed"), BULK.values(), ids=BULK.keys())
def test_bulk_mail_is_listed_only_for_a_reason(changes: dict[str, object], is_listed: bool) -> None:
    ranked = rank_mails([mail("b", bulk=True, **changes)], READER)
    assert bool(ranked.items) is is_listed
    assert ranked.bulk == (frozenset() if is_listed else {"b"})


def test_muted_senders_are_dropped_and_counted() -> None:
    ranked = rank_mails([mail("m", sender=Address("", "LOUD@example.com"), labels=STARRED)], READER)
    assert not ranked.items
    assert ranked.muted == {"m"}


def test_own_mail_and_own_briefings_are_left_out() -> None:
    ranked = rank_mails([mail("mine", sender=ME), mail("briefing", own_briefing=True)], READER)
    assert not ranked.items
    assert ranked.own == {"mine", "briefing"}


AWAITS = {
    "a question to me": ({"text": "가능할까요?"}, True),
    "a question in the subject": ({"subject": "Lunch on Friday?"}, True),
    "a question in copy": ({"text": "가능할까요?", "to": (LIST,), "cc": (ME,)}, False),
    "a statement": ({"text": "공유드립니다."}, False),
    "a reply that only carries the question's subject": (
        {"subject": "Re: Lunch on Friday?", "is_reply": True, "text": "Yes, with pleasure."},
        False,
    ),
    "a machine's question": ({"text": "Was this you?", "bulk": True, "labels": STARRED}, False),
    "a delivery report": ({"text": "What can I do?", "bounce": True}, False),
}


@pytest.mark.parametrize(("changes", "awaits"), AWAITS.values(), ids=AWAITS.keys())
def test_who_waits_for_an_answer(changes: dict[str, object], awaits: bool) -> None:
    (item,) = rank_mails([mail("q", **changes)], READER).items
    assert (Mark.AWAITING in item.marks) is awaits


@pytest.mark.parametrize(("answered_at", "awaits"), [(at(19, 9), True), (at(19, 17), False)])
def test_what_the_owner_has_answered_awaits_nothing(answered_at: object, awaits: bool) -> None:
    question = mail("q", thread_id="t", text="가능할까요?", received_at=at(19, 15))
    answer = mail("a", thread_id="t", sender=ME, received_at=answered_at)
    (item,) = rank_mails([question, answer], READER).items
    assert item.message_ids == ("q",)
    assert (Mark.AWAITING in item.marks) is awaits


def test_addresses_match_whatever_their_case() -> None:
    (item,) = rank_mails([mail("v", sender=Address("", "CEO@Example.com"))], READER).items
    assert Mark.VIP in item.marks


def test_the_same_mail_given_twice_counts_once() -> None:
    (item,) = rank_mails([mail("1"), mail("1")], READER).items
    assert item.message_ids == ("1",)
