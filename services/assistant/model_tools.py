"""What a language model may do: look at what is the asker's own. Nothing here changes or sends anything.

Whose data it is comes with `Desk`, never from the model: no tool has a parameter for a person.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.orm import Session

from services import preferences
from services.access import Actor
from services.assistant.google_call import ask_google
from services.assistant.understanding.requests import MailSearch
from services.connect.connection import Connection, connection_of
from services.conversations.reading import Wanted, days, own_messages
from services.conversations.words import said
from services.db.engine import transaction
from services.errors import NotConnected, PortalError
from services.runtime import Runtime
from services.sources.calendar import fetch_events
from services.sources.gmail.quota import meter_of
from services.sources.gmail.search import search_mail

MAILS, EVENTS, MESSAGES, TEXT = 8, 40, 12, 700
WIDEST = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Source:
    """A mail or appointment that was found; `label` is strangers' text, `link` Google's own address of it."""

    label: str
    link: str


@dataclass(slots=True)
class Desk:
    """One question of one person. `sources` are what was found so far, by the number the model cites;
    `needs` says that a permission was lacking."""

    runtime: Runtime
    user_id: str
    zone: ZoneInfo
    now: datetime
    sources: list[Source] = field(default_factory=list)
    needs: bool = False

    def cite(self, label: str, link: str) -> int:
        """The number of a source."""
        self.sources.append(Source(label, link))
        return len(self.sources)


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Nothing(_Arguments):
    """No parameters."""


class Period(_Arguments):
    first: date = Field(description="first day, YYYY-MM-DD, in the person's time zone")
    last: date = Field(description="last day, included")


class Search(_Arguments):
    words: list[str] = Field([], max_length=8, description="words or phrases that all occur in the mail")
    sender: str = Field("", max_length=200, description="name or address of who sent it")
    first: date | None = Field(None, description="first day, YYYY-MM-DD, in the person's time zone")
    last: date | None = Field(None, description="last day, included")


class Conversation(_Arguments):
    words: list[str] = Field([], max_length=8, description="words that all occur in the message")
    first: date | None = Field(None, description="first day, YYYY-MM-DD, in the person's time zone")
    last: date | None = Field(None, description="last day, included")


def mail_search(desk: Desk, wanted: Search) -> object:
    """Search the person's own mail; the newest that match, with their text."""
    connection = _connection(desk)
    request = MailSearch(
        words=tuple(word[:100] for word in wanted.words if _says_something(word)),
        senders=(wanted.sender,) if _says_something(wanted.sender) else (),
        start=_midnight(desk, wanted.first) if wanted.first else None,
        end=_midnight(desk, wanted.last + timedelta(days=1)) if wanted.last else None,
    )
    found = ask_google(
        desk.runtime,
        desk.user_id,
        lambda credentials: search_mail(
            credentials,
            root=desk.runtime.settings.gmail_api_url,
            owner=connection.mailbox,
            query=request.query,
            limit=MAILS,
            fmt="full",
            meter=meter_of(desk.runtime, desk.user_id),
        ),
    )
    return [
        {
            "source": desk.cite(mail.subject, mail.link),
            "from": mail.sender.name or mail.sender.email,
            "address": mail.sender.email,
            "received": _clock(desk, mail.received_at),
            "subject": mail.subject[:300],
            "text": mail.text[:TEXT],
        }
        for mail in found.mails
    ]


def calendar(desk: Desk, wanted: Period) -> object:
    """The person's own appointments in a period of at most two months."""
    connection = _connection(desk)
    if not connection.calendar:
        raise NotConnected("the calendar was not granted", code="missing_scope")
    start, end = _midnight(desk, wanted.first), _midnight(desk, wanted.last + timedelta(days=1))
    events = ask_google(
        desk.runtime,
        desk.user_id,
        lambda credentials: fetch_events(
            credentials,
            root=desk.runtime.settings.calendar_api_url,
            owner=connection.mailbox,
            zone=desk.zone,
            start=start,
            end=min(end, start + WIDEST),
        ),
        purpose="calendar",
    )
    return [
        {
            "source": desk.cite(event.title, event.link),
            "title": event.title[:300],
            "start": str(event.start),
            "end": str(event.end),
            "location": event.location[:200],
            "answer": event.answer,
        }
        for event in events[:EVENTS]
    ]


def conversation_search(desk: Desk, wanted: Conversation) -> object:
    """Search what the person and the assistant have said to each other here; the newest that match."""
    since, until = days(wanted.first, wanted.last, desk.zone)
    asked = Wanted(text=" ".join(wanted.words), since=since, until=until)
    with transaction(desk.runtime.sessions) as session:
        found = own_messages(session, Actor(desk.user_id), desk.user_id, asked, limit=MESSAGES)
    return [
        {
            "by": "the person" if one.role == "user" else "the assistant",
            "said": _clock(desk, one.said_at),
            "text": said(one.text, one.blocks)[:TEXT],
        }
        for one in found
    ]


def status(desk: Desk, _: Nothing) -> object:
    """Whether Google is connected and what may be read."""
    with transaction(desk.runtime.sessions) as session:
        connection = _find_connection(session, desk)
    if connection is None:
        return {"google": "not connected"}
    state = "has to be connected again" if connection.broken else "connected"
    return {"google": state, "account": connection.mailbox, "calendar_may_be_read": connection.calendar}


def next_briefing(desk: Desk, _: Nothing) -> object:
    """When the person's next daily briefing comes, and what is in it."""
    with transaction(desk.runtime.sessions) as session:
        wanted = preferences.read(session, desk.user_id)
    return {
        "next": _clock(desk, wanted.next_due_at) if wanted.next_due_at else None,
        "time": wanted.send_at.isoformat("minutes"),
        "iso_weekdays": wanted.weekdays,
        "sections": wanted.sections,
        "turned_on": wanted.enabled,
        "paused_through": str(wanted.paused_until) if wanted.paused_until else None,
    }


TOOLS: dict[str, Callable[[Desk, Any], object]] = {
    "mail_search": mail_search,
    "calendar": calendar,
    "conversation_search": conversation_search,
    "status": status,
    "next_briefing": next_briefing,
}
_ARGUMENTS: dict[str, type[_Arguments]] = {
    "mail_search": Search,
    "calendar": Period,
    "conversation_search": Conversation,
    "status": Nothing,
    "next_briefing": Nothing,
}


def described() -> list[dict[str, Any]]:
    """The tools as OpenAI's chat completions take them."""
    return [
        {
            "type": "function",
            "function": {
                "name": name,
                "description": tool.__doc__ or "",
                "parameters": _ARGUMENTS[name].model_json_schema(),
            },
        }
        for name, tool in TOOLS.items()
    ]


def run(desk: Desk, name: str, arguments: str) -> str:
    """Carry out one call of the model's; what comes of it as JSON, mistakes too. Never raises PortalError."""
    tool = TOOLS.get(name)
    if tool is None:
        return _said({"error": "there is no such tool"})
    try:
        return _said(tool(desk, _ARGUMENTS[name].model_validate_json(arguments or "{}")))
    except (ValidationError, OverflowError):  # a day at the end of time has no tomorrow
        return _said({"error": "these are no parameters of that tool"})
    except NotConnected as exc:
        desk.needs = True
        return _said({"error": f"not permitted: {exc.code}. The person has to connect Google for this"})
    except PortalError as exc:
        desk.needs = desk.needs or exc.code == "missing_scope"
        return _said({"error": f"not to be had now: {exc.code}"})


def _connection(desk: Desk) -> Connection:
    with transaction(desk.runtime.sessions) as session:
        connection = _find_connection(session, desk)
    if connection is None or connection.broken:
        raise NotConnected("Google is not connected")
    return connection


def _find_connection(session: Session, desk: Desk) -> Connection | None:
    return connection_of(session, desk.runtime.settings, desk.user_id)


def _says_something(term: str) -> bool:
    return any(character.isalnum() for character in term[:100])


def _midnight(desk: Desk, day: date) -> datetime:
    return datetime.combine(day, time.min, desk.zone)


def _clock(desk: Desk, moment: datetime) -> str:
    return moment.astimezone(desk.zone).isoformat(" ", "minutes")


def _said(result: object) -> str:
    return json.dumps(result, ensure_ascii=False, default=str)
