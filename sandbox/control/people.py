"""Controls over one person: their tokens, mail and appointments."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from sandbox.control.calls import Action, Controlled, Refused, read
from sandbox.google.events import complete_event
from sandbox.google.scopes import normalise
from sandbox.google.state import RefreshFailure
from sandbox.mailfiles import Loaded, load_bytes, load_file
from sandbox.world import Person


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewPerson(_Body):
    """Somebody to move in; addresses left out are made of the key."""

    key: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    name: str
    google_email: str = ""
    slack_user_id: str = ""
    slack_email: str = ""
    locale: Literal["ko", "en"] = "ko"
    timezone: str = "Asia/Seoul"
    title: str = ""
    hd: str = ""


class Failure(_Body):
    """How refreshes are refused, in Google's words."""

    error: str = "invalid_grant"
    description: str = "Token has been expired or revoked."
    subtype: str = ""
    status: int = Field(default=400, ge=400, le=599)


class Unticked(_Body):
    """Scopes that this person leaves unticked when they consent by script."""

    scopes: tuple[str, ...]


class MailFile(_Body):
    """A file to load, by its path on this machine."""

    path: Path


async def add_person(controlled: Controlled, request: Request) -> object:
    """Let somebody move in: {"key": "nari", "name": "나리"}; the same key replaces."""
    given = (await read(request, NewPerson)).model_dump()
    given["google_email"] = (given["google_email"] or f"{given['key']}@mail.example").lower()
    given["slack_email"] = (given["slack_email"] or given["google_email"]).lower()
    person = controlled.world.add(Person(**given))
    return {"key": person.key, "google_email": person.google_email, "sub": person.google_sub}


async def list_people(controlled: Controlled, request: Request) -> object:
    """Who lives here."""
    people = controlled.world.people.values()
    return {
        "people": [
            {
                "key": person.key,
                "name": person.name,
                "title": person.title,
                "google_email": person.google_email,
                "sub": person.google_sub,
                "slack_user_id": person.slack_user_id,
                "slack_email": person.slack_email,
                "locale": person.locale,
                "timezone": person.timezone,
                "hd": person.hd,
                "messages": len(controlled.google.mailbox(person).newest_first()),
            }
            for person in people
        ]
    }


async def expire(controlled: Controlled, request: Request) -> object:
    """Let a person's access tokens run out now."""
    return {"expired": controlled.google.grants.expire_access_tokens(controlled.person(request).key)}


async def revoke(controlled: Controlled, request: Request) -> object:
    """Take back everything a person granted, as on their Google account page."""
    return {"revoked": controlled.google.grants.revoke_person(controlled.person(request).key)}


async def fail_refresh(controlled: Controlled, request: Request) -> object:
    """Refuse refreshes: {"description": "reauth related error (invalid_rapt)", "subtype": "invalid_rapt"}."""
    person = controlled.person(request)
    failure = await read(request, Failure)
    controlled.google.refresh_failures[person.key] = RefreshFailure(**failure.model_dump())
    return {}


async def mend_refresh(controlled: Controlled, request: Request) -> object:
    """Let refreshes work again."""
    controlled.google.refresh_failures.pop(controlled.person(request).key, None)
    return {}


async def untick(controlled: Controlled, request: Request) -> object:
    """Leave scopes unticked in consents by script: {"scopes": ["https://…/gmail.readonly"]}."""
    person = controlled.person(request)
    controlled.google.unticked[person.key] = frozenset(normalise((await read(request, Unticked)).scopes))
    return {}


async def load_mail(controlled: Controlled, request: Request) -> object:
    """Load mail: an .eml or .mbox as the body, or {"path": "/a/file.mbox"}; ?received_at= dates one mail."""
    mailbox = controlled.google.mailbox(controlled.person(request))
    now = controlled.world.now()
    if request.headers.get("content-type", "").startswith("application/json"):
        path = (await read(request, MailFile)).path
        return _loaded(await asyncio.to_thread(load_file, path, mailbox, now=now))
    received_at = _received_at(request)
    return _loaded(load_bytes(await request.body(), mailbox, now=now, received_at=received_at))


def _received_at(request: Request) -> datetime | None:
    text = request.query_params.get("received_at")
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise Refused("received_at needs an offset, such as 2026-11-21T09:00:00+09:00")
    return at.astimezone(UTC)


def _loaded(loaded: Loaded) -> object:
    return {
        "found": loaded.found,
        "added": loaded.added,
        "oldest": loaded.oldest and loaded.oldest.isoformat(),
        "newest": loaded.newest and loaded.newest.isoformat(),
    }


async def empty_mailbox(controlled: Controlled, request: Request) -> object:
    """Throw a person's mail away."""
    controlled.google.empty_mailbox(controlled.person(request))
    return {}


async def add_event(controlled: Controlled, request: Request) -> object:
    """Add an appointment in Google's JSON; its id is made of its content where it has none."""
    person = controlled.person(request)
    calendar = controlled.google.calendar(person)
    event = complete_event(await request.json(), calendar)
    calendar.add(event)
    return event


async def empty_calendar(controlled: Controlled, request: Request) -> object:
    """Throw a person's appointments away."""
    controlled.google.empty_calendar(controlled.person(request))
    return {}


ACTIONS: tuple[tuple[str, str, Action], ...] = (
    ("GET", "/people", list_people),
    ("POST", "/people", add_person),
    ("POST", "/people/{key}/expire", expire),
    ("POST", "/people/{key}/revoke", revoke),
    ("POST", "/people/{key}/refresh-failure", fail_refresh),
    ("DELETE", "/people/{key}/refresh-failure", mend_refresh),
    ("POST", "/people/{key}/untick", untick),
    ("POST", "/people/{key}/mail", load_mail),
    ("DELETE", "/people/{key}/mail", empty_mailbox),
    ("POST", "/people/{key}/events", add_event),
    ("DELETE", "/people/{key}/events", empty_calendar),
)
