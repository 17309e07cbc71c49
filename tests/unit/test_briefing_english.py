"""Briefings as people get them in English, whole, to be read; the list of links at the end is cut off."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.briefing.compose import compose_briefing
from services.briefing.model import Missing
from services.briefing.plain import message_as_text
from services.briefing.render import render_slack
from services.sources.records import Address, Invitation, NewsBatch
from tests.unit.briefing_cast import IMPORTANT, at, batch, event, inputs, mail, story

MAILS = (
    mail(
        "outage",
        sender=Address("Grace Bennett", "grace@customer.example"),
        subject="Invoices fail since this morning",
        text="Hi Emma,\n\nSince 7:30 none of our invoices go through: https://status.customer.example/i/42\n"
        "Could you tell me who is looking into it?",
        received_at=at(20, 8, 5),
        labels=IMPORTANT,
        attachment_count=2,
    ),
    mail(
        "launch",
        thread_id="launch",
        sender=Address("Noah Fischer", "noah@example.com"),
        subject="Re: Launch date",
        text="Thursday works for marketing.",
        received_at=at(19, 17),
        is_reply=True,
    ),
    mail(
        "launch 2",
        thread_id="launch",
        sender=Address("Ava Lindqvist", "ava@example.com"),
        subject="Re: Launch date",
        text="For us too. Shall I book the room?",
        received_at=at(19, 18, 30),
        is_reply=True,
    ),
    mail(
        "cancelled",
        sender=Address("Liam Okafor", "liam@example.com"),
        subject="Canceled: Budget review",
        received_at=at(19, 14),
        bulk=True,
        invitation=Invitation("CANCEL", "Budget review", at(21, 15), "Room 4"),
    ),
)
MAIL = batch(
    *MAILS, failed_ids=("broken",), new_ids=(*(one.id for one in MAILS), "broken", "offer", "letter")
)
MAIL = replace(MAIL, candidate_ids=(*MAIL.candidate_ids, "offer"))
CALENDAR = (
    event("Stand-up", at(20, 9, 30), 15, meeting_link="https://meet.example.com/standup"),
    event("Design review", at(20, 11, 30), answer="tentative"),
    event("Offsite", at(19, 9), end=at(21, 18)),
)
NEWS = NewsBatch((story("Chip exports rise for a third month", "Harbor Times"),))
PLAIN = inputs(locale="en", person_name="Emma")
FRIDAY = replace(PLAIN, mail=MAIL, calendar=CALENDAR, news=NEWS, muted=frozenset({"ads@example.com"}))

DAYS = {
    "a Friday": FRIDAY,
    "after a long weekend, late": replace(
        FRIDAY,
        now=at(23, 9, 40),
        local_date=date(2026, 11, 23),
        scheduled_for=at(23, 9),
        mail=replace(MAIL, mails=MAILS[1:2], since=at(13, 9), details_since=at(20, 9, 40), failed_ids=()),
        calendar=None,
        news=None,
    ),
    "calendar broken": replace(FRIDAY, mail=batch(MAILS[3]), calendar=Missing("calendar", "invalid_rapt")),
    "all missing": replace(
        PLAIN,
        mail=Missing("mail", "not_connected"),
        calendar=None,
        news=NewsBatch((), (("https://feed.example/rss", "timeout"),)),
    ),
    "nothing new": PLAIN,
    "the complete one after a partial one": replace(
        PLAIN, kind="completion", now=at(20, 10, 15), mail=batch(MAILS[0]), calendar=None, news=None
    ),
    "everything turned off": replace(PLAIN, mail=None, calendar=None, news=None),
}
READS: dict[str, str] = {
    "a Friday": """
Briefing for Fri, Nov 20
========================

Emma, here is your day: 3 events, 3 emails worth a look, 1 headline.

----------------------------------------

📅 Today
All day  Offsite [1]
9:30–9:45 AM  Stand-up [2] · Join [3] · next
11:30 AM–12:30 PM  Design review [4] · tentative

----------------------------------------

📬 Mail

Grace Bennett · 8:05 AM · 💬 awaits your reply · 📎 2
Invoices fail since this morning [5]
Since 7:30 none of our invoices go through: status.customer.example Could you tell me who is looking
  into it?

Ava Lindqvist, Noah Fischer · yesterday at 6:30 PM · 💬 awaits your reply · 2 emails
Re: Launch date [6]
For us too. Shall I book the room?

Liam Okafor · yesterday at 2:00 PM
Canceled: Budget review [7]
📅 Cancelled: tomorrow at 3:00 PM · Room 4

1 more email [8] that may matter · 1 other [9]: newsletters, notifications, not addressed to you
  directly · 1 could not be read

----------------------------------------

📰 News
• Chip exports rise for a third month [10] · Harbor Times

----------------------------------------

Covers mail since yesterday at 9:00 AM · You get this because your daily briefing is turned on ·
  Settings [11]
""",
    "after a long weekend, late": """
Briefing for Mon, Nov 23
========================

Emma, here is your day: 1 email worth a look.
It was due today at 9:00 AM and is 40 minutes late. Sorry about that.

----------------------------------------

📬 Mail

Noah Fischer · Thursday at 5:00 PM
Re: Launch date [1]
Thursday works for marketing.

4 more emails [2] that may matter · 2 others [3] · Mail from before Friday at 9:40 AM was only
  counted

----------------------------------------

Covers mail since Fri, Nov 13 at 9:00 AM · You get this because your daily briefing is turned on ·
  Settings [4]
""",
    "calendar broken": """
Briefing for Fri, Nov 20
========================

Emma, here is your day: 1 email worth a look, 1 headline.
Missing this time: calendar. See below why.

----------------------------------------

⚠️ Not read: Google Calendar. Google wants a new sign-in before the portal may read anything.
Connect again. If this comes back every day, show it to your Workspace admin: in the Admin console,
  under Security and Google Cloud session control, trusted apps can be exempted.
[ Connect again ] [1]

----------------------------------------

📬 Mail

Liam Okafor · yesterday at 2:00 PM
Canceled: Budget review [2]
📅 Cancelled: tomorrow at 3:00 PM · Room 4

----------------------------------------

📰 News
• Chip exports rise for a third month [3] · Harbor Times

----------------------------------------

Covers mail since yesterday at 9:00 AM · You get this because your daily briefing is turned on ·
  Settings [4]
""",
    "all missing": """
Briefing for Fri, Nov 20
========================

Emma, nothing could be read this time. See below why, and what mends it.

----------------------------------------

⚠️ Not read: Gmail. Gmail is not connected.
Connect once, and it is part of every briefing.
[ Connect ] [1]

----------------------------------------

⚠️ There was no answer from the news feeds this time.
This passes by itself; there is nothing you need to do.

----------------------------------------

You get this because your daily briefing is turned on · Settings [2]
""",
    "nothing new": """
Briefing for Fri, Nov 20
========================

Emma, there is nothing new to tell you today. Enjoy the quiet.

----------------------------------------

Covers mail since yesterday at 9:00 AM · You get this because your daily briefing is turned on ·
  Settings [1]
""",
    "the complete one after a partial one": """
Briefing for Fri, Nov 20, completed
===================================

Emma, here is your day: 1 email worth a look.
The one sent earlier today was incomplete; this one adds what was missing.

----------------------------------------

📬 Mail

Grace Bennett · 8:05 AM · 💬 awaits your reply · 📎 2
Invoices fail since this morning [1]
Since 7:30 none of our invoices go through: status.customer.example Could you tell me who is looking
  into it?

----------------------------------------

Covers mail since yesterday at 9:00 AM · You get this because your daily briefing is turned on ·
  Settings [2]
""",
    "everything turned off": """
Briefing for Fri, Nov 20
========================

Emma, all parts of your briefing are turned off, so there is nothing to tell.

----------------------------------------

You get this because your daily briefing is turned on · Settings [1]
""",
}


@pytest.mark.parametrize("name", DAYS)
def test_an_english_briefing_reads_as_it_should(name: str) -> None:
    message = render_slack(compose_briefing(DAYS[name]))
    assert message_as_text(message).partition("\n\n[1] ")[0].strip() == READS[name].strip()
