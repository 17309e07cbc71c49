"""What can be clicked, what a notification shows, and how it reads in a terminal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import unquote

import pytest
from wcwidth import width as columns

from services.briefing.compose import compose_briefing
from services.briefing.model import BriefingInputs, Missing, SlackMessage
from services.briefing.plain import message_as_text
from services.briefing.render import render_slack
from services.sources.records import Address, NewsBatch
from tests.unit import block_kit
from tests.unit.briefing_cast import PORTAL, at, batch, event, inputs, mail, story
from tests.unit.briefing_korean_days import DAYS, FRIDAY


def sent(given: BriefingInputs) -> SlackMessage:
    return render_slack(compose_briefing(given))


def english(**changes: Any) -> SlackMessage:
    return sent(inputs(**{"locale": "en", "calendar": None, "news": None, **changes}))


def shown(message: SlackMessage) -> str:
    return "\n".join(text for _, text in block_kit.texts(message.blocks))


def test_every_sample_keeps_slacks_limits() -> None:
    for given in DAYS.values():
        message = sent(given)
        assert block_kit.violations(message.text, message.blocks) == []


def test_each_mail_opens_in_gmail_under_its_subject() -> None:
    message = english(mail=batch(mail("m1", subject="Minutes")))
    assert "<https://mail.google.com/mail/u/?authuser=minsu%40example.com#all/m1|Minutes>" in shown(message)


def test_a_mail_without_a_safe_link_is_shown_without_one() -> None:
    message = english(mail=batch(mail(subject="Minutes", link="javascript:alert(1)")))
    assert "\nMinutes\n" in shown(message)


def test_what_is_only_counted_can_be_searched_for_in_the_same_account() -> None:
    given = batch(new_ids=("letter", "offer"), candidate_ids=("offer",))
    searches = {unquote(url) for url in block_kit.links(english(mail=given).blocks) if "#search" in url}
    account = "https://mail.google.com/mail/u/?authuser=minsu@example.com#search/"
    since = int(at(19, 9).timestamp())
    machines = "category:promotions category:social category:updates category:forums"
    to_me = "to:me -" + machines.replace(" ", " -")
    assert searches == {
        f"{account}in:inbox after:{since} -from:me {{is:important is:starred ({to_me})}}",
        f"{account}in:inbox after:{since} -from:me -is:important -is:starred {{{machines} -to:me}}",
    }


@pytest.mark.parametrize(
    ("missing", "button"),
    [
        (Missing("mail", "not_connected"), ("Connect", f"{PORTAL}/connect", "connect_mail")),
        (
            Missing("mail", "unavailable"),
            ("Open Gmail", "https://mail.google.com/mail/u/?authuser=minsu%40example.com", "open_mail"),
        ),
        (Missing("mail", "admin_policy"), None),
    ],
)
def test_what_is_missing_has_the_button_that_mends_it(
    missing: Missing, button: tuple[str, str, str] | None
) -> None:
    message = english(mail=missing)
    found = [block["accessory"] for block in message.blocks if "accessory" in block]
    assert [(one["text"]["text"], one["url"], one["action_id"]) for one in found] == (
        [button] if button else []
    )


@pytest.mark.parametrize("kind", ["daily", "completion", "manual"])
def test_every_briefing_leads_to_the_settings(kind: Any) -> None:
    assert f"{PORTAL}/settings" in block_kit.links(english(kind=kind, portal_url=f"{PORTAL}/").blocks)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (FRIDAY, "11월 20일 (금) 브리핑 · 일정 4건 · 살펴볼 메일 5통 · 뉴스 2건"),
        (DAYS["Gmail broken"], "11월 20일 (금) 브리핑 · 일정 2건 · 뉴스 2건 · 빠진 항목: 메일"),
        (
            inputs(locale="en"),
            "Briefing for Fri, Nov 20 · there is nothing new to tell you today. Enjoy the quiet.",
        ),
    ],
)
def test_a_notification_says_what_there_is(given: BriefingInputs, text: str) -> None:
    assert sent(given).text == text


MARKED = {
    "a name that pretends to be an address": (
        {"sender": Address("ceo@example.com", "x@evil.example")},
        "*x@evil",
    ),
    "no name": ({"sender": Address(" ", "x@example.com")}, "*x@example.com*"),
    "nobody": ({"sender": Address("", "")}, "*(unknown sender)*"),
    "no subject": ({"subject": " \u200b"}, "|(no subject)>"),
    "starred": ({"labels": frozenset({"STARRED"})}, " · ⭐"),
    "attachments": ({"attachment_count": 3}, " · 📎 3"),
    "today": ({"received_at": at(20, 8, 5)}, "* · 8:05 AM"),
    "yesterday": ({"received_at": at(19, 20)}, "* · yesterday at 8:00 PM"),
    "last week": ({"received_at": at(13, 20)}, "* · Fri, Nov 13 at 8:00 PM"),
    "a bounce of nobody known": ({"bounce": True}, "\nYour mail did not reach its recipient"),
}


@pytest.mark.parametrize(("changes", "expected"), MARKED.values(), ids=MARKED.keys())
def test_a_mails_lines_say_what_is_worth_knowing(changes: dict[str, Any], expected: str) -> None:
    assert expected in shown(english(mail=batch(mail(**changes))))


def test_a_conversation_of_many_names_two_and_counts_the_others() -> None:
    mails = [
        mail(str(n), thread_id="t", sender=Address(f"P{n}", f"p{n}@example.com"), received_at=at(19, n))
        for n in (1, 2, 3, 4)
    ]
    assert "*P4, P3 and 2 others* · yesterday at 4:00 AM · 4 emails" in shown(english(mail=batch(*mails)))


EVENTS = {
    "a place": ({"location": "Room 4"}, "</eid|> · Room 4"),
    "a place that is an address": ({"location": "https://meet.example.com/x"}, "</eid|> · *next*"),
    "a meeting link": ({"meeting_link": "https://meet.example.com/x"}, "<https://meet.example.com/x|Join>"),
    "an unsafe meeting link": ({"meeting_link": "javascript:alert(1)"}, "</eid|> · *next*"),
    "an open question": ({"answer": "needsAction"}, "not answered yet"),
    "no title": ({"title": ""}, "|(no title)>"),
    "into tomorrow": ({"end": at(21, 1)}, "*3:00 PM–tomorrow at 1:00 AM*"),
    "until midnight": ({"end": at(21, 0)}, "*3:00 PM–12:00 AM*"),
    "from yesterday": ({"start": at(19, 23), "end": at(20, 10)}, "*yesterday at 11:00 PM–10:00 AM*"),
    "a moment": ({"end": at(20, 15)}, "*3:00 PM*"),
}


@pytest.mark.parametrize(("changes", "expected"), EVENTS.values(), ids=EVENTS.keys())
def test_an_events_line_says_what_is_worth_knowing(changes: dict[str, Any], expected: str) -> None:
    calendar = (replace(event("eid", at(20, 15)), **changes),)
    text = shown(english(mail=None, calendar=calendar))
    link = f"<{calendar[0].link}|{calendar[0].title}>"
    assert expected.replace("</eid|>", link) in text


def test_events_beyond_the_list_are_counted() -> None:
    message = english(mail=None, calendar=tuple(event(f"e{n}", at(20, 10, n), 1) for n in range(15)))
    assert "3 more events" in shown(message)


def test_whole_days_and_tomorrows_start_are_told() -> None:
    text = shown(english(calendar=(event("day", date(2026, 11, 20)), event("fly", at(21, 6)))))
    assert "*All day*  <" in text
    assert "Tomorrow starts early: 6:00 AM <" in text


def test_a_terminal_shows_the_same_with_its_links_numbered_once() -> None:
    message = english(
        mail=batch(mail("m1", subject="R&D <draft> *v2* @here :x:"), mail("m2")),
        news=NewsBatch((story("News"),)),
    )
    text = message_as_text(message)
    assert "R&D <draft> ∗v2∗ @here :x: [" in text
    assert "*" not in text
    assert text.count(f"{PORTAL}/settings") == 1
    for number, url in enumerate(sorted(block_kit.links(message.blocks)), start=1):
        assert f"] {url}\n" in text
        assert f"\n[{number}] https://" in text


@pytest.mark.parametrize("width", [40, 100])
def test_a_terminal_line_is_no_wider_than_asked(width: int) -> None:
    body = message_as_text(sent(FRIDAY), width=width).partition("\n\n[1] ")[0]
    assert max(columns(line) for line in body.splitlines()) <= width


def test_a_message_without_blocks_is_its_text() -> None:
    assert (
        message_as_text(SlackMessage("a &amp; b <https://x.example|c>"))
        == "a & b c [1]\n\n[1] https://x.example\n"
    )
