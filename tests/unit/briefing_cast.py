"""A person, their day and their mail, for the tests of the briefing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

from services.briefing.model import BriefingInputs
from services.sources.records import Address, Event, Mail, MailBatch, NewsBatch, NewsItem

SEOUL = ZoneInfo("Asia/Seoul")
OWNER = "minsu@example.com"
ME = Address("김민수", OWNER)
IMPORTANT = frozenset({"INBOX", "IMPORTANT"})
PORTAL = "https://briefing.example.com"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment in November 2026 in Seoul; the 20th is a Friday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SEOUL)


def mail(mail_id: str = "m1", **changes: Any) -> Mail:
    """A plain mail from a colleague to the owner, yesterday."""
    plain = Mail(
        id=mail_id,
        thread_id=mail_id,
        sender=Address("이영희", "younghee@partner.example"),
        to=(ME,),
        cc=(),
        subject="주간 보고",
        text="첨부를 참고하십시오.",
        received_at=at(19, 15),
        labels=frozenset({"INBOX"}),
        link=f"https://mail.google.com/mail/u/?authuser=minsu%40example.com#all/{mail_id}",
    )
    return replace(plain, **changes)


def batch(*mails: Mail, **changes: Any) -> MailBatch:
    """What a look into the mailbox gave: these mails are new and candidates, since yesterday 9:00."""
    ids = tuple(one.id for one in mails)
    given = MailBatch(OWNER, at(19, 9), at(19, 9), mails, new_ids=ids, candidate_ids=ids)
    return replace(given, **changes)


def event(event_id: str, start: datetime | date, minutes: int = 60, **changes: Any) -> Event:
    """An event of `minutes`, or a whole-day one where `start` is a date."""
    timed = isinstance(start, datetime)
    end = start + timedelta(minutes=minutes) if timed else start
    plain = Event(
        event_id,
        event_id,
        start,
        end,
        all_day=not timed,
        link=f"https://calendar.google.com/calendar/event?eid={event_id}",
    )
    return replace(plain, **changes)


def story(title: str, feed: str = "한빛일보", link: str = "") -> NewsItem:
    return NewsItem(title, link or f"https://news.example.com/{crc32(title.encode())}", feed)


def inputs(**changes: Any) -> BriefingInputs:
    """A daily briefing on Friday, 20 November 2026, 9:00 in Seoul; every source answered with nothing."""
    plain = BriefingInputs(
        person_name="김민수",
        locale="ko",
        zone=SEOUL,
        now=at(20, 9),
        local_date=date(2026, 11, 20),
        kind="daily",
        scheduled_for=at(20, 9),
        mail=batch(),
        calendar=(),
        news=NewsBatch(),
        portal_url=PORTAL,
        account_email=OWNER,
    )
    return replace(plain, **changes)
