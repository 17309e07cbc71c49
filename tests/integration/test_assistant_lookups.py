"""Mail and calendar as answers: what is shown, what is refused, what is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import httpx
import pytest
from sqlalchemy import select, text

from services.assistant import lookups, pending
from services.assistant.understanding.requests import CalendarQuestion, MailSearch
from services.db.engine import transaction
from services.db.models import GmailToken, PendingRequest, TokenEvent
from services.errors import NeedsConsent
from services.runtime import Runtime
from tests.integration.assistant_talk import Talk, hurry, shown, work
from tests.integration.journeys import CALENDAR, Sandbox, arrive, connect

HOSTILE = "*<!channel>* <https://evil.example|click> @here\u202e :x: `a` &lt;"


@pytest.fixture
def emma(runtime: Runtime, sandbox: Sandbox) -> Talk:
    """Somebody with mail and calendar connected, who has been greeted."""
    talk = Talk(runtime, sandbox, "emma")
    talk.ask("hello")
    connect(runtime, sandbox, talk.person.id, "emma", scopes=(CALENDAR,))
    work(runtime)
    return talk


def receive(talk: Talk, subject: str, *, sender: str = "Ann <ann@other.example>", days: float = 1) -> None:
    """A mail of the days before."""
    mail = EmailMessage()
    mail["Subject"], mail["To"] = subject, talk.sandbox.person(talk.key).google_email
    raw = f"From: {sender}\n".encode() + mail.as_bytes()
    at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    url = f"{talk.sandbox.world.base_url}/_control/people/{talk.key}/mail"
    assert httpx.post(url, params={"received_at": at}, content=raw, timeout=30).is_success


def test_mail_is_told_by_sender_subject_day_and_link(emma: Talk) -> None:
    receive(emma, "Quarterly invoice 4711", sender="Ann Lee <ann@other.example>")
    said = emma.ask("find the mail about invoice 4711")
    assert "*1 email* · “invoice”" in said
    assert "*Ann Lee*" in said
    assert "https://mail.google.com/mail/u/?authuser=emma%40mail.example#all/" in said
    assert "Quarterly invoice 4711" in said
    assert "#search/" in said
    with transaction(emma.runtime.sessions) as session:
        used = session.scalars(select(TokenEvent.detail).where(TokenEvent.kind == "used")).all()
    assert {"for": "assistant"} in used


def test_more_than_is_shown_is_counted(emma: Talk) -> None:
    for number in range(7):
        receive(emma, f"Zeppelin {number}")
    said = emma.ask("search zeppelin")
    assert "*7 emails* · “zeppelin”" in said
    assert "The newest 5 are shown" in said
    assert "Zeppelin 1|" not in said.replace("Zeppelin 1>", "")


def test_nothing_found_says_what_was_looked_for(emma: Talk) -> None:
    said = emma.ask("find unread mail from nobody-at-all about xylophones since monday")
    assert "No mail found:" in said
    assert "xylophones" in said
    assert "from nobody-at-all" in said
    assert "unread" in said


@pytest.mark.parametrize("ask", ["search zebra", "zebra 메일 찾아줘"])
def test_hostile_mail_is_shown_as_it_is(emma: Talk, ask: str) -> None:
    receive(emma, f"zebra {HOSTILE}", sender=f'"{HOSTILE[:20]}" <x@evil.example>')
    emma.ask(ask)
    said = str(emma.messages()[-1].blocks) + emma.messages()[-1].text
    assert "zebra" in said
    for bad in ("<!channel>", "<https://evil.example", "\u202e"):
        assert bad not in said


def test_what_was_typed_is_shown_as_it_is(emma: Talk) -> None:
    emma.ask('find mail about "<!channel> *zzz*"')
    said = str(emma.messages()[-1].blocks) + emma.messages()[-1].text
    assert "<!channel>" not in said


def add_event(talk: Talk, title: str, *, hours: float, place: str = "") -> None:
    start = datetime.now(UTC) + timedelta(hours=hours)
    body = {
        "summary": title,
        "start": {"dateTime": start.isoformat()},
        "end": {"dateTime": (start + timedelta(hours=1)).isoformat()},
        "location": place,
    }
    talk.sandbox.control(f"/people/{talk.key}/events", body)


def test_the_calendar_is_told_day_by_day(emma: Talk) -> None:
    add_event(emma, "Dentist 4711", hours=30, place="Baker St")
    said = emma.ask("what's on in the next 3 days?")
    assert "Dentist 4711" in said
    assert "Baker St" in said
    assert "📅" in said


def test_the_next_appointment_is_one(emma: Talk) -> None:
    add_event(emma, "In a moment", hours=0.05)
    add_event(emma, "Afterwards", hours=0.5)
    said = emma.ask("when is my next meeting?")
    assert "Your next event:" in said
    assert "In a moment" in said
    assert "Afterwards" not in said


def test_an_empty_day_is_said_to_be_empty(emma: Talk) -> None:
    today = datetime.now(UTC).date()
    sunday = today + timedelta(days=6 - today.weekday() + 7 * 60)
    assert "Nothing in your calendar:" in emma.ask(f"am i free on {sunday}?")


def test_hostile_appointments_are_shown_as_they_are(emma: Talk) -> None:
    add_event(emma, HOSTILE, hours=0.05, place=HOSTILE)
    emma.ask("when is my next meeting?")
    said = str(emma.messages()[-1].blocks) + emma.messages()[-1].text
    assert "Your next event" in said
    assert "<!channel>" not in said
    assert "|click>" not in said


def test_a_calendar_of_hundreds_still_fits_a_message(emma: Talk) -> None:
    for number in range(60):
        add_event(emma, f"{number} " + "&" * 200, hours=1 + number / 100, place="&" * 200)
    said = emma.ask("what's on in the next 3 days?")
    assert "more events" in said
    assert emma.log[-1] == ("assistant", "reply")


def test_without_the_calendar_only_that_is_asked_for(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("emma"))
    connect(runtime, sandbox, user_id, "emma")
    talk = Talk(runtime, sandbox, "emma")
    assert "add=calendar" in talk.ask("what's on tomorrow?")


def test_a_scope_refused_by_google_is_asked_for_again(emma: Talk) -> None:
    """The calendar was granted as far as we know, and a real call says otherwise."""
    body = {"error": {"code": 403, "errors": [{"reason": "insufficientPermissions"}]}}
    emma.sandbox.fault(path="*/calendar/v3/*", status=403, body=body)
    assert "add=calendar" in emma.ask("what's on tomorrow?")
    with transaction(emma.runtime.sessions) as session:
        token = session.scalars(select(GmailToken)).one()
        assert CALENDAR not in (token.scopes or [])
        assert token.status == "healthy"


def test_a_connection_that_ended_is_asked_for_again(emma: Talk) -> None:
    emma.sandbox.control(f"/people/{emma.key}/revoke")
    with transaction(emma.runtime.sessions) as session:
        session.execute(text("UPDATE gmail_tokens SET expiry = now()"))
    assert "/connect?slack=" in emma.ask("find mail from ann")
    with transaction(emma.runtime.sessions) as session:
        assert session.scalars(select(GmailToken.status)).all() == ["reconnect_required"]
        assert session.scalars(select(PendingRequest.needs)).all() == ["mail"]


def test_google_in_trouble_is_said_and_asked_again_by_itself(emma: Talk) -> None:
    receive(emma, "Quagga", days=0.5)
    emma.sandbox.fault(path="*/gmail/v1/*", status=503)
    assert "keep trying" in emma.ask("search quagga")
    assert "Hello" in emma.ask("hi")  # nobody waits behind it
    emma.sandbox.control("/faults", method="DELETE")
    hurry(emma.runtime)
    work(emma.runtime)
    last = shown(emma.messages()[-1])
    assert "Quagga" in last
    assert "You asked: search quagga" in last
    hurry(emma.runtime)
    work(emma.runtime)
    assert sum("Quagga" in shown(message) for message in emma.messages()) == 1


def test_google_that_stays_away_is_given_up_with_a_word(emma: Talk) -> None:
    emma.sandbox.fault(path="*/gmail/v1/*", status=503)
    emma.ask("search quagga")
    with transaction(emma.runtime.sessions) as session:
        session.execute(text(f"UPDATE pending_requests SET attempts = {pending.TRIES - 2}"))
    for _ in range(2):
        hurry(emma.runtime)
        work(emma.runtime)
    assert "gave me no answer" in shown(emma.messages()[-1])
    with transaction(emma.runtime.sessions) as session:
        assert session.scalars(select(PendingRequest.status)).all() == ["failed"]


def test_what_connecting_again_would_not_mend_is_explained(emma: Talk) -> None:
    body = {"error": {"code": 403, "errors": [{"reason": "accessNotConfigured"}]}}
    emma.sandbox.fault(path="*/gmail/v1/*", status=403, body=body)
    said = emma.ask("find mail from ann")
    assert "Google project has it turned off" in said
    assert "/connect?slack=" not in said


def test_an_access_token_that_google_refuses_is_replaced(emma: Talk) -> None:
    emma.sandbox.control(f"/people/{emma.key}/expire")
    assert "emails* · in the inbox" in emma.ask("show my mail")


@pytest.mark.parametrize(
    ("request_", "needs"),
    [
        (MailSearch(words=("a",)), "mail"),
        (
            CalendarQuestion(datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)),
            "calendar",
        ),
    ],
)
def test_who_has_connected_nothing_lacks_just_that(
    runtime: Runtime, sandbox: Sandbox, request_: MailSearch | CalendarQuestion, needs: str
) -> None:
    arrive(runtime, sandbox.person("emma"))
    with pytest.raises(NeedsConsent) as lacking:
        lookups.answer(runtime, Talk(runtime, sandbox, "emma").person, request_, now=datetime.now(UTC))
    assert lacking.value.needs == needs
