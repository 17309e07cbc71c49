"""The cast: a dozen people whose mail and appointments are worth a briefing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import getaddresses

import pytest

from sandbox.cast import furnish
from sandbox.cast.appointments import appointments_for
from sandbox.cast.people import CAST
from sandbox.google.events import Window
from sandbox.google.rendering import resource
from sandbox.google.state import Google
from sandbox.google.words import words_of
from sandbox.mailboxes import Message
from sandbox.world import Person, World

RESERVED = re.compile(r"(^|\.)(example|example\.(com|org|net))$")


@pytest.fixture(scope="module")
def google() -> Google:
    made = Google(World("http://127.0.0.1"))
    furnish(made)
    return made


def header(message: Message, name: str) -> str:
    headers = resource(message, "full")["payload"]["headers"]
    return next((h["value"] for h in headers if h["name"] == name), "")


def everybody(google: Google) -> list[Message]:
    return [message for person in CAST for message in google.mailbox(person).newest_first()]


def test_a_dozen_people_of_whom_most_write_korean() -> None:
    assert len(CAST) == 12
    assert sum(person.locale == "ko" for person in CAST) >= 7
    assert len({person.google_sub for person in CAST}) == 12
    slack_ids = [person.slack_user_id for person in CAST if person.slack_user_id]
    assert len(slack_ids) == len(set(slack_ids)) == 11
    assert [p.key for p in CAST if p.slack_email and p.slack_email != p.google_email] == ["taeho"]
    assert [p.hd for p in CAST if p.hd] == ["narae.example"]


def test_account_ids_differ_however_alike_the_keys() -> None:
    people = [Person(f"person-{n:04}", "", "", "", "", "en", "UTC") for n in range(200)]
    assert len({person.google_sub for person in people}) == 200
    assert all(re.fullmatch(r"\d{21}", person.google_sub) for person in people)


def test_every_address_is_on_a_reserved_domain(google: Google) -> None:
    for message in everybody(google):
        values = [header(message, name) for name in ("From", "To", "Cc", "Message-ID")]
        for _, address in getaddresses(values):
            assert not address or RESERVED.search(address.strip("<>").rpartition("@")[2]), address


@pytest.mark.parametrize("person", CAST, ids=lambda person: person.key)
def test_everybody_has_something_fresh_that_matters(google: Google, person: Person) -> None:
    since = google.world.now() - timedelta(hours=4)
    fresh = [m for m in google.mailbox(person).newest_first() if m.internal_date > since]
    assert any({"INBOX", "IMPORTANT", "UNREAD"} <= m.labels or "STARRED" in m.labels for m in fresh)
    assert any(m.labels & {"CATEGORY_PROMOTIONS", "CATEGORY_UPDATES"} for m in fresh)


@pytest.mark.parametrize("person", CAST, ids=lambda person: person.key)
def test_every_letter_reads_as_it_was_written(google: Google, person: Person) -> None:
    for message in google.mailbox(person).newest_first():
        words = words_of(message)
        assert words.subject.strip()
        assert "�" not in words.everything
        assert "{when" not in words.everything


def test_the_mail_is_of_every_kind(google: Google) -> None:
    payloads = [resource(message, "full")["payload"] for message in everybody(google)]
    kinds = {payload["mimeType"] for payload in payloads}
    kinds |= {part["mimeType"] for payload in payloads for part in payload.get("parts", [])}
    assert {"text/plain", "text/html", "text/calendar", "multipart/report", "application/pdf"} <= kinds
    raw = b"".join(message.read() for message in everybody(google)).lower()
    for charset in (b"euc-kr", b"cp949", b"ks_c_5601-1987", b"iso-8859-1", b"utf-8"):
        assert b'charset="' + charset in raw
    assert b"x-briefing-portal: briefing" in raw


def test_threads_hold_their_replies(google: Google) -> None:
    for person in CAST:
        mailbox = google.mailbox(person)
        for message in mailbox.newest_first():
            if header(message, "In-Reply-To"):
                assert len(mailbox.thread(message.thread_id)) > 1
                assert mailbox.thread(message.thread_id)[0].internal_date < message.internal_date


def test_ids_are_the_same_in_every_sandbox(google: Google) -> None:
    other = Google(World("http://127.0.0.1", skew=timedelta(days=3)))
    furnish(other)
    for person in CAST:
        ids = [message.id for message in google.mailbox(person).newest_first()]
        assert [message.id for message in other.mailbox(person).newest_first()] == ids


@pytest.mark.parametrize("day", range(7))
@pytest.mark.parametrize("person", CAST, ids=lambda person: person.key)
def test_every_day_has_appointments_of_every_kind(person: Person, day: int) -> None:
    google = Google(World("http://127.0.0.1"))
    now = datetime(2026, 11, 16 + day, 0, 30, tzinfo=UTC)
    calendar = google.calendar(person)
    for event in appointments_for(person, now):
        calendar.add(event)
    window = Window(now - timedelta(hours=30), now + timedelta(hours=30))
    shown = calendar.within(window, expand=True, deleted=False)
    answers = {
        guest.get("responseStatus") for e in shown for guest in e.get("attendees", []) if guest.get("self")
    }
    assert "declined" in answers
    assert any("date" in event["start"] for event in shown)
    assert any(event["start"].get("timeZone", person.timezone) != person.timezone for event in shown)
    deleted = calendar.within(window, expand=True, deleted=True)
    assert any(event["status"] == "cancelled" for event in deleted)
    week = calendar.within(Window(now, now + timedelta(days=7)), expand=True, deleted=True)
    series = [event["status"] for event in week if event.get("recurringEventId")]
    assert series.count("cancelled") == 1
    assert len(series) >= 4
