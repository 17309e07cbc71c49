"""Whatever the sources give, the message is within Slack's limits and means only what was meant."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.briefing.blocks import size
from services.briefing.compose import MAILS_LISTED, compose_briefing
from services.briefing.model import BriefingInputs, Missing
from services.briefing.plain import message_as_text
from services.briefing.render import DETAILS, SIZE_LIMIT, _blocks, render_slack
from services.i18n import LANGUAGES, translator
from services.sources.records import Address, Event, Invitation, Mail, MailBatch, NewsBatch, NewsItem
from tests.unit import block_kit

NASTY = [
    "<!channel>", "<@U0123>", "<https://evil.example|click>", "@channel", "@here", "@everyone", "*bold*",
    "_it_", "~s~", "```code```", ">>>", "> q", ":tada:", "&lt;!here&gt;", "&", "|", "<", ">", "\u202e",
    "\u2066", "\u200b", "\u200d", "\ufeff", "\x00", "\x1b[2J", "\r\n", "\u2028", "\ud83d", "\ud800\udc00",
    "\u3164", "e\u0301\u0301\u0301\u0301\u0301\u0301", "👨\u200d👩\u200d👧", "🇰🇷", "عربي",
    "안녕하세요", "{0}", "{n}", "%s",
    "https://evil.example/@channel", "Re: ", "?", "x" * 10_000, "가" * 10_000, "\u0301" * 500,
]  # fmt: skip
ZONES = ["Asia/Seoul", "UTC", "Asia/Kathmandu", "Pacific/Apia", "Pacific/Kiritimati", "America/St_Johns",
         "Antarctica/Troll", "Africa/Casablanca", "Australia/Lord_Howe", "America/Santiago"]  # fmt: skip
PORTAL = "https://portal.example.com"

nasty = st.lists(
    st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=()), max_size=12), max_size=4
)
texts = nasty.map("".join)
zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.datetimes(timezones=st.just(UTC) | zones)
sane_moments = st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC) | zones)
links = st.sampled_from(
    ["https://mail.google.com/mail/u/?authuser=a#all/1", "javascript:alert(1)", ""]
) | texts.map("https://x.example/".__add__)
ids = st.sampled_from("abcdefghijklmnop")
addresses = st.builds(Address, texts, st.sampled_from(["me@example.com", "vip@example.com", ""]) | texts)
invitations = st.builds(
    Invitation,
    st.sampled_from(["REQUEST", "CANCEL", "REPLY", ""]),
    texts,
    st.none() | moments | st.dates(),
    texts,
)
mails = st.builds(
    Mail, ids, ids, addresses, st.tuples(addresses), st.tuples(), texts, texts, moments,
    st.sets(st.sampled_from(["IMPORTANT", "STARRED"])).map(frozenset), links,
    bulk=st.booleans(), bounce=st.booleans(), failed_recipient=texts, is_reply=st.booleans(),
    attachment_count=st.integers(0, 10**9), invitation=st.none() | invitations,
)  # fmt: skip
batches = st.builds(
    MailBatch, st.just("me@example.com") | texts, moments, moments, st.lists(mails, max_size=10).map(tuple),
    st.lists(ids).map(tuple), st.lists(ids).map(tuple), st.lists(ids).map(tuple), st.booleans(),
)  # fmt: skip
events = st.builds(
    Event, ids, texts, moments | st.dates(), moments | st.dates(), st.booleans(), texts, links, links,
    st.sampled_from(["", "declined", "tentative", "needsAction"]) | texts,
)  # fmt: skip
stories = st.builds(NewsItem, texts, links, texts)
news_batches = st.builds(NewsBatch, st.lists(stories, max_size=8).map(tuple), st.just((("f", "timeout"),)))
reasons = st.sampled_from(["not_connected", "invalid_rapt", "unavailable", "admin_policy"]) | texts


def missing(source: str) -> st.SearchStrategy[Missing]:
    return st.builds(Missing, st.just(source), reasons, texts)


inputs = st.builds(
    BriefingInputs, texts, st.sampled_from(["ko", "en", "xx"]), zones, sane_moments,
    st.dates(date(1971, 1, 1), date(2199, 1, 1)), st.sampled_from(["daily", "completion", "manual"]),
    st.none() | sane_moments, st.none() | missing("mail") | batches,
    st.none() | missing("calendar") | st.lists(events, max_size=8).map(tuple),
    st.none() | missing("news") | news_batches, st.just(PORTAL) | texts, st.just("me@example.com") | texts,
    vips=st.just(frozenset({"vip@example.com"})),
)  # fmt: skip


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(inputs)
def test_any_message_is_within_limits_and_means_only_what_was_meant(given_inputs: BriefingInputs) -> None:
    message = render_slack(compose_briefing(given_inputs))
    assert block_kit.violations(message.text, message.blocks) == []
    assert len(message.blocks) <= 30
    assert json.loads(json.dumps(message.blocks)) == message.blocks
    assert message_as_text(message).strip()


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(inputs)
def test_links_lead_only_where_the_sources_or_the_portal_point(given_inputs: BriefingInputs) -> None:
    message = render_slack(compose_briefing(replace(given_inputs, portal_url=PORTAL)))
    ours = ("https://mail.google.com/mail/u/", "https://calendar.google.com/calendar/r", PORTAL)
    for url in block_kit.links(message.blocks):
        assert url.startswith(("https://x.example/", *ours))


def crowd(unit: str, language: str) -> BriefingInputs:
    """500 mails, 200 events and 500 headlines, everything as long as it can be."""
    now = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
    text, link = unit * 10_000, "https://x.example/?" + "&" * 110
    return BriefingInputs(
        person_name=text,
        locale=language,
        zone=ZoneInfo("Asia/Seoul"),
        now=now,
        local_date=date(2026, 11, 20),
        kind="daily",
        scheduled_for=now - timedelta(days=400),
        mail=crowd_of_mail(text, link, now),
        calendar=crowd_of_events(text, link, now),
        news=NewsBatch(
            tuple(NewsItem(f"{n * 7919}{text}", f"{link}{n}", text) for n in range(500)),
            tuple((text, "timeout") for _ in range(500)),
        ),
        portal_url=PORTAL,
        account_email="me@example.com",
    )


def crowd_of_mail(text: str, link: str, now: datetime) -> MailBatch:
    plain = Mail("", "", Address("", ""), (), (), text, text, now, frozenset({"STARRED"}), link)
    mails = tuple(
        replace(
            plain,
            id=f"m{n}",
            thread_id=f"t{n % 100}",
            sender=Address(f"{n}{text}", f"{n}@example.com"),
            attachment_count=10**6,
        )
        for n in range(500)
    )
    ids = tuple(mail.id for mail in mails)
    return MailBatch("me@example.com", now - timedelta(days=300), now, mails, ids, ids, (), True)


def crowd_of_events(text: str, link: str, now: datetime) -> tuple[Event, ...]:
    end = now + timedelta(hours=9)
    plain = Event("", text, now, end, False, text, link, link, "tentative")
    return tuple(replace(plain, id=f"e{n}", start=now + timedelta(minutes=n)) for n in range(200))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("unit", ["x", "가", "&", "<", "🙂", '"', "\\", ":a", "\u0301", "가 나 ", "word "])
def test_crowds_of_the_longest_texts_fit(unit: str, language: str) -> None:
    message = render_slack(compose_briefing(crowd(unit, language)))
    assert block_kit.violations(message.text, message.blocks) == []
    assert len(message.blocks) <= 30


def test_mails_left_out_for_space_are_counted_as_such() -> None:
    message = render_slack(compose_briefing(crowd("가", "en")))
    listed = [text for _, text in block_kit.texts(message.blocks) if " · 5 emails" in text]
    assert 0 < len(listed) < MAILS_LISTED
    assert f"|more than {500 - 5 * len(listed)} more emails>" in json.dumps(message.blocks)


def test_the_last_detail_fits_whatever_there_is() -> None:
    for unit in ("&", "🙂", "\u0301", '"'):
        briefing = compose_briefing(crowd(unit, "ko"))
        assert size(_blocks(briefing, translator("ko"), DETAILS[-1])) <= SIZE_LIMIT


def test_hostile_text_changes_no_formatting() -> None:
    """The same briefing with and without format characters has the same bold parts, links and lines."""

    def shape(unit: str) -> list[Any]:
        message = render_slack(compose_briefing(crowd(unit, "en")))
        return [[text.count(mark) for mark in "*<>|\n"] for _, text in block_kit.texts(message.blocks)]

    assert shape("*_~`") == shape("abcd")
