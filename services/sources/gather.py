"""All sources of one briefing at once: each gives its answer or why it is missing, none hurts the others."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from datetime import time as time_of_day
from typing import ParamSpec, TypeVar

from google.oauth2.credentials import Credentials

from services.briefing.model import Missing, Source
from services.errors import NotConnected, PortalError, SourceRefused, SourceUnavailable
from services.metrics import timed
from services.recipient import Recipient
from services.runtime import Runtime
from services.sources.calendar import fetch_events
from services.sources.gmail.fetch import fetch_mail
from services.sources.gmail.quota import meter_of
from services.sources.news_cache import read_news
from services.sources.records import Event, MailBatch, NewsBatch
from services.tokens import health
from services.tokens.refresh import credentials_for

Answer = TypeVar("Answer")
P = ParamSpec("P")
Events = tuple[Event, ...]
Progress = Callable[[str], None]

MIDNIGHT = time_of_day(0)
PAUSES = (0.5, 1.5)
LONGEST_PAUSE = 8.0

# Long-lived threads keep their connections to Google open from one person to the next.
_threads = ThreadPoolExecutor(max_workers=64, thread_name_prefix="source")


@dataclass(frozen=True, slots=True)
class Gathered:
    """What each source gave; None: not wanted, Missing: wanted and not to be had."""

    mail: MailBatch | Missing | None
    calendar: Events | Missing | None
    news: NewsBatch | Missing | None


def no_progress(step: str) -> None:
    """Nobody watches."""


def gather(
    runtime: Runtime, person: Recipient, *, now: datetime, progress: Progress = no_progress
) -> Gathered:
    """Ask every source that the person wants, all beside each other.

    `progress` is told what is being waited for: token, then mail, calendar, news, as far as wanted.
    """
    wants_news = "news" in person.sections and bool(person.feeds)
    news = _beside(_news, runtime, person.feeds, now) if wants_news else None
    mail, calendar = _from_google(runtime, person, now, progress)
    if news is not None:
        progress("news")
    headlines: NewsBatch | Missing | None = _outcome(news, "news")
    return Gathered(mail, calendar, headlines)


def _from_google(
    runtime: Runtime, person: Recipient, now: datetime, progress: Progress
) -> tuple[MailBatch | Missing | None, Events | Missing | None]:
    """Mail and calendar; a token that Google has just refused is replaced once."""
    rejected: str | None = None
    mail: Future[MailBatch] | None = None
    calendar: Future[Events] | None = None
    wants_mail, wants_calendar = "mail" in person.sections, "calendar" in person.sections
    if not wants_mail and not (wants_calendar and person.calendar_granted):
        return None, None
    progress("token")
    for _ in range(2):
        try:
            with timed("token"):
                credentials = credentials_for(runtime, person.user_id, rejected=rejected)
        except PortalError as exc:
            return (
                _missing("mail", exc) if wants_mail else None,
                _missing("calendar", exc) if wants_calendar and person.calendar_granted else None,
            )
        mail = _beside(_mail, runtime, person, credentials, now) if wants_mail else None
        if wants_calendar and person.calendar_granted:
            calendar = _beside(_calendar, runtime, person, credentials, now)
        if not _any_was_rejected(mail, calendar, progress):
            break
        rejected = credentials.token
    else:
        health.failing(runtime.sessions, person.user_id, "Google refuses a token it has just given")
    # Gmail is what REQUIRED_SCOPES are for; a calendar that was not granted is no broken connection.
    refusal = mail.exception() if mail is not None else None
    if isinstance(refusal, SourceRefused):
        health.refused(runtime.sessions, person.user_id, refusal)
    return _outcome(mail, "mail"), _outcome(calendar, "calendar")


def _beside(ask: Callable[P, Answer], *args: P.args, **kwargs: P.kwargs) -> Future[Answer]:
    """Ask in another thread, whose log lines say the same ids as this one's."""
    context = copy_context()
    return _threads.submit(lambda: context.run(ask, *args, **kwargs))


def patiently(ask: Callable[[], Answer]) -> Answer:
    """Ask again, twice at most and within seconds, where a source fails in passing."""
    for pause in PAUSES:
        try:
            return ask()
        except SourceUnavailable as exc:
            wait = max(pause, exc.retry_after or 0)
            if wait > LONGEST_PAUSE:
                raise
            time.sleep(wait)
    return ask()


@timed("mail")
def _mail(runtime: Runtime, person: Recipient, credentials: Credentials, now: datetime) -> MailBatch:
    batch = patiently(
        lambda: fetch_mail(
            credentials,
            root=runtime.settings.gmail_api_url,
            owner=person.google_email,
            since=person.read_from,
            now=now,
            seen_ids=person.seen_ids,
            meter=meter_of(runtime, person.user_id),
        )
    )
    health.mark_used(runtime.sessions, person.user_id)
    return replace(batch, since=max(person.covers_since, person.read_from))


@timed("calendar")
def _calendar(runtime: Runtime, person: Recipient, credentials: Credentials, now: datetime) -> Events:
    """Today and tomorrow on the person's wall calendar."""
    today = datetime.combine(now.astimezone(person.zone).date(), MIDNIGHT, tzinfo=person.zone)
    events = patiently(
        lambda: fetch_events(
            credentials,
            root=runtime.settings.calendar_api_url,
            owner=person.google_email,
            zone=person.zone,
            start=today,
            end=today + timedelta(days=2),
        )
    )
    health.mark_used(runtime.sessions, person.user_id, purpose="calendar")
    return events


@timed("news")
def _news(runtime: Runtime, feeds: tuple[str, ...], now: datetime) -> NewsBatch:
    return read_news(runtime, feeds, now=now)


def _any_was_rejected(
    mail: Future[MailBatch] | None, calendar: Future[Events] | None, progress: Progress
) -> bool:
    """Whether Google refused the token to one of them; both have come back then."""
    if mail is not None:
        progress("mail")
    rejected = _was_rejected(mail)
    if calendar is not None:
        progress("calendar")
    return _was_rejected(calendar) or rejected


def _was_rejected(future: Future[MailBatch] | Future[Events] | None) -> bool:
    exc = future.exception() if future is not None else None
    return isinstance(exc, SourceRefused) and exc.code == "unauthorized"


def _outcome(future: Future[Answer] | None, source: Source) -> Answer | Missing | None:
    """A source's answer, or the reason there is none; anything that is no PortalError is our own fault."""
    if future is None:
        return None
    try:
        return future.result()
    except PortalError as exc:
        return _missing(source, exc)


def _missing(source: Source, exc: PortalError) -> Missing:
    cure = "reconnect" if isinstance(exc, NotConnected) else ""
    return Missing(source, exc.code, cure=cure, passing=not exc.permanent)
