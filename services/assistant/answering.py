"""From a request to its answer. Google and the model are asked first, with no transaction open; what changes
something is left to the transaction that ends the event.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import partial

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services import preferences, previews
from services.assistant import answers, lookups, model, waiting
from services.assistant.answers import Standing
from services.assistant.asker import Asker, Reply
from services.assistant.understanding.requests import (
    BriefingNow,
    CalendarQuestion,
    ChangeTime,
    Confirm,
    Connect,
    DeleteData,
    Disconnect,
    Greeting,
    Help,
    MailSearch,
    Pause,
    Request,
    Resume,
    Service,
    Status,
    Thanks,
    Unknown,
)
from services.briefing.model import SlackMessage
from services.connect.connection import connection_of
from services.db.models import Briefing
from services.errors import NeedsConsent, PreferenceRefused, SourceUnavailable
from services.people import slack_link
from services.runtime import Runtime

# A briefing takes seconds; who asks again after that is told that it is being made.
STILL = timedelta(seconds=15)
log = structlog.get_logger(__name__)


def prepare(runtime: Runtime, asker: Asker, request: Request) -> Reply:
    """What has to be looked up is, now; the rest happens when the reply is called. Raises PortalError."""
    if isinstance(request, (MailSearch, CalendarQuestion)):
        return _looked_up(runtime, asker, request)
    if isinstance(request, Unknown):
        text = asker.incoming.text
        said = model.understand(runtime, asker.user, text, now=asker.now, t=asker.t)
        answer = said or answers.unknown(request.suggestions, asker.t)
        return lambda session: answer
    return partial(_reply, runtime, asker, request)


def pause(session: Session, asker: Asker, wanted: Pause) -> SlackMessage:
    """Stop the daily briefing now, through a day or until it is resumed."""
    try:
        with session.begin_nested():  # a refusal leaves nothing behind
            if wanted.until is None:
                preferences.change(session, asker.user.id, enabled=False)
            else:
                preferences.change(session, asker.user.id, paused_until=wanted.until)
    except PreferenceRefused:
        return answers.pause_too_long(asker.t)
    return answers.paused(wanted.until, next_at(session, asker), asker.t, today=asker.today)


def change_time(session: Session, asker: Asker, at: time) -> SlackMessage:
    """The daily briefing at this time of the person's clock from now on."""
    preferences.change(session, asker.user.id, send_at=at)
    return answers.time_changed(at, next_at(session, asker), asker.t, today=asker.today)


def resume(session: Session, asker: Asker) -> SlackMessage:
    """Daily briefings again."""
    preferences.change(session, asker.user.id, enabled=True, paused_until=None)
    return answers.resumed(next_at(session, asker), asker.t, today=asker.today)


def next_at(session: Session, asker: Asker) -> datetime | None:
    """When the next briefing comes, on the person's clock."""
    due = preferences.read(session, asker.user.id).next_due_at
    return due.astimezone(asker.zone) if due is not None else None


def _comes_before(session: Session, asker: Asker, start: date) -> bool:
    """Whether a briefing is still to come before that day."""
    due = next_at(session, asker)
    return due is not None and due.date() < start


def _looked_up(runtime: Runtime, asker: Asker, request: MailSearch | CalendarQuestion) -> Reply:
    """What Google holds; or the request waits: for a permission, or for Google to answer."""
    try:
        found = lookups.answer(runtime, asker.user, request, now=asker.now, t=asker.t)
    except NeedsConsent as exc:
        return partial(_kept, runtime, asker, request, exc.needs)
    except SourceUnavailable as exc:
        log.warning("lookup_put_off", slack_event=asker.incoming.event_id, error=exc.code)
        return partial(_put_off, asker, request, "mail" if isinstance(request, MailSearch) else "calendar")
    return lambda session: found


def _kept(runtime: Runtime, asker: Asker, request: Request, needs: str, session: Session) -> SlackMessage:
    return waiting.keep(session, runtime, asker.user, asker.incoming, request, needs, t=asker.t)


def _put_off(asker: Asker, request: Request, needs: str, session: Session) -> SlackMessage:
    waiting.try_again(session, asker.user, asker.incoming, request, needs)
    return answers.trying_again(asker.t)


def _reply(runtime: Runtime, asker: Asker, request: Request, session: Session) -> SlackMessage | None:
    t = asker.t
    match request:
        case Greeting():
            return answers.greeting(asker.user.display_name, t)
        case Thanks():
            return answers.thanks(t)
        case Help():
            return answers.help_(t)
        case BriefingNow():
            return _briefing(session, runtime, asker)
        case Connect(service=service):
            return _connect(session, runtime, asker, service)
        case Status():
            return _status(session, runtime, asker)
        case Disconnect():
            connection = connection_of(session, runtime.settings, asker.user.id)
            return answers.ask_disconnect(t) if connection else _status(session, runtime, asker)
        case DeleteData():
            return answers.ask_delete_data(t)
        case Confirm(change=Pause(start=start) as wanted) if start and not _comes_before(
            session, asker, start
        ):
            return answers.ask_change(Pause(wanted.until), t, today=asker.today)
        case Confirm(change=wanted):
            return answers.ask_change(wanted, t, today=asker.today)
        case ChangeTime(at=at):
            return change_time(session, asker, at)
        case Pause(start=start) if start is not None and _comes_before(session, asker, start):
            return answers.ask_pause(request, t, today=asker.today)
        case Pause():
            return pause(session, asker, request)
        case Resume():
            once = request.or_once and not _is_off(session, asker)
            return _briefing(session, runtime, asker) if once else resume(session, asker)
    return answers.unknown((), t)


def _briefing(session: Session, runtime: Runtime, asker: Asker) -> SlackMessage | None:
    """It comes as its own message. Without Gmail it is what can be had now, and waits for the rest."""
    wanted = preferences.read(session, asker.user.id)
    connection = connection_of(session, runtime.settings, asker.user.id)
    lacking = "mail" in wanted.sections and (connection is None or connection.broken)
    late = False
    if not lacking or ("news" in wanted.sections and wanted.feeds):
        late = _is_late(session, previews.send_now(session, asker.user.id))
    if lacking:
        return waiting.keep(session, runtime, asker.user, asker.incoming, BriefingNow(), "mail", t=asker.t)
    return answers.making_briefing(asker.t, still=True) if late else None


def _is_late(session: Session, briefing_id: str) -> bool:
    """Whether this briefing was asked for before, and should be there by now."""
    late = select(Briefing.created_at < func.now() - STILL).where(Briefing.id == briefing_id)
    return bool(session.scalar(late))


def _is_off(session: Session, asker: Asker) -> bool:
    wanted = preferences.read(session, asker.user.id)
    paused = wanted.paused_until is not None and wanted.paused_until >= asker.today
    return paused or not wanted.enabled


def _connect(session: Session, runtime: Runtime, asker: Asker, service: Service) -> SlackMessage:
    add = "calendar" if service == "calendar" else None
    url = slack_link.issue(session, runtime.settings, asker.user, add=add)
    connection = connection_of(session, runtime.settings, asker.user.id)
    if connection is None or connection.broken or (add and not connection.calendar):
        return answers.connect(service, url, asker.t)
    return answers.connected(connection.mailbox, url, asker.t)


def _status(session: Session, runtime: Runtime, asker: Asker) -> SlackMessage:
    connection = connection_of(session, runtime.settings, asker.user.id)
    standing = Standing(
        account=connection.mailbox if connection else "",
        broken=connection is not None and connection.broken,
        calendar=connection is not None and connection.calendar,
        next_at=next_at(session, asker),
        paused_until=preferences.read(session, asker.user.id).paused_until,
        today=asker.today,
    )
    add = "calendar" if standing.account and not standing.broken and not standing.calendar else None
    url = slack_link.issue(session, runtime.settings, asker.user, add=add)
    return answers.status(standing, asker.t, connect_url=url)
