"""What an answer takes from Google: mail that was searched for, the calendar that was asked about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Literal, TypeVar, cast

from google.oauth2.credentials import Credentials
from sqlalchemy import select

from services.assistant import answers, lookup_wording
from services.assistant.google_call import ask_google
from services.assistant.understanding.requests import CalendarQuestion, MailSearch, Request
from services.briefing.missing import cure_of
from services.briefing.model import Missing, SlackMessage
from services.db.engine import transaction
from services.db.models import GmailToken, User
from services.due import zone_of
from services.errors import NeedsConsent, NotConnected, SourceRefused, SourceUnavailable
from services.i18n import Translator, translator
from services.mail_reading import CONNECTING
from services.people import slack_link
from services.runtime import Runtime
from services.sources.calendar import fetch_events
from services.sources.gather import patiently
from services.sources.gmail.quota import meter_of
from services.sources.gmail.search import search_mail
from services.tokens import health, scopes, store

MAILS = 5
_PERMITTING = {"mail": scopes.READING, "calendar": scopes.CALENDAR}
Needs = Literal["mail", "calendar"]
Answer = TypeVar("Answer")


def needs_of(request: Request) -> Needs | None:
    """The permission that answering takes; None where it takes none."""
    match request:
        case MailSearch():
            return "mail"
        case CalendarQuestion():
            return "calendar"
    return None


def answer(
    runtime: Runtime, user: User, request: Request, *, now: datetime, t: Translator | None = None
) -> SlackMessage:
    """What a person's Google holds on this, in their language where `t` is no other.

    Raises NeedsConsent where the permission is missing or the connection broken, SourceUnavailable where
    Google does not answer in time. A refusal that connecting again would not mend is an answer.
    """
    t = t or translator(user.locale, default=runtime.settings.default_locale)
    needs = needs_of(request)
    if needs is None:  # what once asked for this is read differently by now
        return answers.unknown((), t)
    owner = _granted_account(runtime, user.id, needs)
    try:
        return _found(runtime, user, owner, request, t, now)
    except (NotConnected, SourceRefused) as exc:
        _note(runtime, user.id, needs, exc)
        if isinstance(exc, NotConnected):
            reason = Missing(needs, exc.code, cure="reconnect")
        else:
            reason = Missing(needs, exc.code)
        if cure_of(reason) in CONNECTING:
            raise NeedsConsent(needs) from exc
        return _refused(runtime, user, needs, exc.code, t, owner)


def _refused(
    runtime: Runtime, user: User, needs: Needs, code: str, t: Translator, owner: str
) -> SlackMessage:
    settings = runtime.settings
    said = lookup_wording.refused(needs, code, t, portal_url=settings.portal_url, owner=owner)
    with transaction(runtime.sessions) as session:
        return SlackMessage(**slack_link.proving(session, settings, user, asdict(said)))


def _found(
    runtime: Runtime, user: User, owner: str, request: Request, t: Translator, now: datetime
) -> SlackMessage:
    zone = zone_of(user.timezone)
    if isinstance(request, MailSearch):
        mail = _ask(
            runtime,
            user.id,
            lambda credentials: search_mail(
                credentials,
                root=runtime.settings.gmail_api_url,
                owner=owner,
                query=request.query,
                limit=MAILS,
                meter=meter_of(runtime, user.id),
            ),
        )
        today = now.astimezone(zone).date()
        return lookup_wording.mail_found(request, mail, t, owner=owner, zone=zone, today=today)
    question = cast(CalendarQuestion, request)
    events = _ask(
        runtime,
        user.id,
        lambda credentials: fetch_events(
            credentials,
            root=runtime.settings.calendar_api_url,
            owner=owner,
            zone=zone,
            start=question.start,
            end=question.end,
        ),
    )
    return lookup_wording.calendar_found(question, events, t, owner=owner, zone=zone, now=now)


def _ask(runtime: Runtime, user_id: str, ask: Callable[[Credentials], Answer]) -> Answer:
    try:
        return ask_google(
            runtime, user_id, lambda credentials: patiently(lambda: ask(credentials)), purpose="assistant"
        )
    except SourceRefused as exc:
        if exc.code != "unauthorized":
            raise
        health.failing(runtime.sessions, user_id, "Google refuses a token it has just given")
        raise SourceUnavailable("Google refuses a token it has just given", code="unauthorized") from exc


def _granted_account(runtime: Runtime, user_id: str, needs: Needs) -> str:
    """The connected address. Raises NeedsConsent where it is known that Google was not asked for this."""
    with transaction(runtime.sessions) as session:
        row = session.execute(
            select(GmailToken.scopes, GmailToken.details["email"].astext).where(GmailToken.user_id == user_id)
        ).first()
    if row is None or _PERMITTING[needs].isdisjoint(row[0] or ()):
        raise NeedsConsent(needs)
    return row[1] or ""


def _note(runtime: Runtime, user_id: str, needs: Needs, exc: NotConnected | SourceRefused) -> None:
    """Write down what was refused; a calendar that was not granted is no broken connection."""
    if not isinstance(exc, SourceRefused):
        return
    if needs == "mail":
        health.refused(runtime.sessions, user_id, exc)
    elif exc.code == "missing_scope":
        with transaction(runtime.sessions) as session:
            store.forget_scopes(session, user_id, scopes.CALENDAR)
