"""Gmail's search language, operator by operator."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.google.search import compile_query
from sandbox.google.search_terms import Context
from sandbox.mailboxes import Message

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
OWNER = "nari@mail.example"


def message(name: str, labels: str, days: float, headers: str, body: str = "", extra: str = "") -> Message:
    raw = f"{headers}\r\n{extra}\r\n{body}\r\n".encode()
    return Message(name, name, frozenset(labels.split()), NOW - timedelta(days=days), lambda: raw)


ATTACHED = 'MIME-Version: 1.0\r\nContent-Type: application/pdf; name="plan.pdf"\r\n'
MAIL = [
    message(
        "quote",
        "INBOX UNREAD IMPORTANT CATEGORY_PERSONAL",
        0.1,
        f"From: Ana Marsh <ana@harbor.example>\r\nTo: {OWNER}\r\nSubject: Quote for Pier 7",
        "The price is 40,000. Shall we sign the contract?",
    ),
    message(
        "copied",
        "INBOX CATEGORY_PERSONAL Label_1",
        2,
        f"From: Ben <ben@harbor.example>\r\nTo: team@narae.example\r\nCc: {OWNER}\r\nSubject: Minutes",
        "As discussed.",
    ),
    message(
        "offer",
        "INBOX UNREAD CATEGORY_PROMOTIONS",
        3,
        "From: Shop <news@shop.example>\r\nTo: list@shop.example\r\nSubject: Quote of the week",
        "Everything must go",
    ),
    message(
        "korean",
        "INBOX STARRED CATEGORY_UPDATES",
        40,
        f"From: =?UTF-8?B?6rCV64KY66as?= <kang@haedong.example>\r\nTo: {OWNER}\r\n"
        "Subject: =?UTF-8?B?6rKs7KCB7ISc7J2YIOqxtA==?=",
    ),
    message("sent", "SENT", 5, f"From: {OWNER}\r\nTo: ana@harbor.example\r\nSubject: Re: Quote", "Yes."),
    message("spam", "SPAM", 1, f"From: x@y.example\r\nTo: {OWNER}\r\nSubject: win"),
    message(
        "plan",
        "INBOX CATEGORY_FORUMS",
        400,
        "From: ana@harbor.example\r\nTo: x@y.example\r\nSubject: Plan",
        "JVBERi0=",
        ATTACHED,
    ),
]


def found(q: str) -> set[str]:
    query = compile_query(q, Context(OWNER, {"Label_1": "Harbor/Pier 7"}, NOW))
    return {mail.id for mail in MAIL if query.matches(mail)}


EVERYTHING = {mail.id for mail in MAIL}


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("", EVERYTHING),
        ("from:ana", {"quote", "plan"}),
        ("from:ana@harbor.example", {"quote", "plan"}),
        ("from:harbor.example", {"quote", "copied", "plan"}),
        ("from:an", set()),
        ("from:me", {"sent"}),
        ("-from:me -in:spam", EVERYTHING - {"sent", "spam"}),
        ("from:강나리", {"korean"}),
        ("to:me", {"quote", "copied", "korean", "spam"}),
        ("to:me -cc:me", {"quote", "korean", "spam"}),
        ("cc:me", {"copied"}),
        ("to:ana", {"sent"}),
        ("subject:quote", {"quote", "offer", "sent"}),
        ('subject:"quote for"', {"quote"}),
        ("subject:(quote pier)", {"quote"}),
        ("subject:견적", {"korean"}),
        ("in:inbox", {"quote", "copied", "offer", "korean", "plan"}),
        ("in:sent", {"sent"}),
        ("in:spam", {"spam"}),
        ("in:anywhere", EVERYTHING),
        ("is:unread", {"quote", "offer"}),
        ("is:read in:inbox", {"copied", "korean", "plan"}),
        ("is:starred", {"korean"}),
        ("is:important", {"quote"}),
        ("is:important OR is:starred", {"quote", "korean"}),
        ("label:harbor-pier-7", {"copied"}),
        ('label:"Harbor/Pier 7"', {"copied"}),
        ("label:Label_1", {"copied"}),
        ("label:inbox is:starred", {"korean"}),
        ("label:none", set()),
        ("category:promotions", {"offer"}),
        ("category:updates", {"korean"}),
        ("category:primary", {"quote", "copied"}),
        ("-category:promotions -category:forums in:inbox", {"quote", "copied", "korean"}),
        ("has:attachment", {"plan"}),
        ("after:2026/11/20", {"quote"}),  # midnight in California
        ("before:2026/1/1", {"plan"}),
        ("after:2026-11-18 before:2026-11-19", {"copied"}),
        (f"after:{int((NOW - timedelta(hours=3)).timestamp())}", {"quote"}),
        (f"before:{int((NOW - timedelta(days=300)).timestamp())}", {"plan"}),
        ("newer_than:1d", {"quote", "spam"}),
        ("newer_than:2h", set()),
        ("newer_than:2m -newer_than:1m", {"korean"}),
        ("older_than:1y", {"plan"}),
        ("contract", {"quote"}),
        ("Contract price", {"quote"}),
        ('"sign the contract"', {"quote"}),
        ('"contract sign"', set()),
        ("contr", set()),
        ("contr*", {"quote"}),
        ("discussed OR everything", {"copied", "offer"}),
        ("in:inbox discussed OR everything", {"copied", "offer"}),
        ("quote AND price", {"quote"}),
        ("{discussed everything}", {"copied", "offer"}),
        ("in:inbox {from:ana from:ben}", {"quote", "copied", "plan"}),
        ("from:(ana OR ben) -subject:plan", {"quote", "copied"}),
        ("from:{ana ben} -subject:plan", {"quote", "copied"}),
        ("in:inbox after:1 (is:important OR is:starred) -from:me", {"quote", "korean"}),
        ("-(from:ana OR from:ben) in:inbox", {"offer", "korean"}),
        ("-{from:ana from:ben} in:inbox", {"offer", "korean"}),
        ('-"price is" quote in:inbox', {"offer"}),
        ("minutes unknown:thing", set()),
        ("harbor:example minutes", {"copied"}),
        ("after:yesterday", set()),
        ("(discussed", {"copied"}),
        ("discussed))", {"copied"}),
        ('"as discussed', {"copied"}),
        ("FROM:ana SUBJECT:plan", {"plan"}),
    ],
)
def test_a_query_finds_what_gmail_would_find(q: str, expected: set[str]) -> None:
    assert found(q) == expected


@pytest.mark.parametrize(
    ("q", "everywhere"),
    [
        ("in:spam", True),
        ("in:anywhere x", True),
        ("label:trash", True),
        ("in:inbox", False),
        ("-in:spam", False),
    ],
)
def test_spam_and_trash_are_looked_into_only_when_named(q: str, everywhere: bool) -> None:
    assert compile_query(q, Context(OWNER, {}, NOW)).everywhere is everywhere


@given(st.text(alphabet='ab :-(){}"OR AND|+*from:newer_than:9y가\n', max_size=60))
def test_no_query_is_an_error(q: str) -> None:
    found(q)


@pytest.mark.parametrize(
    "q", ["(" * 5000 + "x", "-(" * 2000, "{(" * 2000 + "from:", "from:" * 3000, "-" * 5000]
)
def test_deep_nesting_is_bounded(q: str) -> None:
    found(q)
