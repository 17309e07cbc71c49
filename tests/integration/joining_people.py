"""Somebody whom the assistant knows from a DM, the same somebody in the portal, and what they do."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import select

from services import jobs, people
from services.db.engine import transaction
from services.db.models import SlackLink, User
from services.people import NewPerson, SignInClaims, joining, slack_link
from services.runtime import Runtime
from tests.integration.journeys import Sandbox

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def by_dm(runtime: Runtime, sandbox: Sandbox, key: str) -> str:
    """Known by a first DM alone: what Slack says of them, and no sign-in."""
    person = sandbox.person(key)
    new = NewPerson(person.name, None, person.locale, person.timezone, slack_user_id=person.slack_user_id)
    with transaction(runtime.sessions) as session:
        return people.register(session, new, runtime.settings, now=datetime.now(UTC)).id


def by_google(runtime: Runtime, name: str, *, email: str | None = None) -> str:
    """Signed in with Google, with an address that Slack has never heard of."""
    claims = SignInClaims(
        issuer="https://accounts.google.com",
        subject=f"of-{name}",
        email=email or f"{name}@private.example",
        email_verified=True,
        name=name.title(),
        locale="en-US",
        slack_user_id="",
        slack_team_id="",
        digest=hashlib.sha256(name.encode()).hexdigest(),
    )
    return people.sign_in(runtime, claims, now=NOW).id


def link_of(runtime: Runtime, user_id: str, *, add: str | None = None) -> str:
    """The token of a link that the assistant has just handed out to this person."""
    with transaction(runtime.sessions) as session:
        url = slack_link.issue(session, runtime.settings, session.get_one(User, user_id), add=add)
    return parse_qs(urlsplit(url).query)["slack"][0]


def state_of(runtime: Runtime, user_id: str, token: str) -> str:
    """What the page makes of the link."""
    with transaction(runtime.sessions) as session:
        return joining.look(session, user_id, token).state


def presses(runtime: Runtime, slack_user_id: str, *, yes: bool, value: str | None = None) -> str:
    """Somebody presses a button in their DM, of the newest link or the named one; what is said."""
    with transaction(runtime.sessions) as session:
        newest = session.scalars(select(SlackLink.id).order_by(SlackLink.created_at.desc())).first()
        return joining.answer(session, slack_user_id, newest or "" if value is None else value, yes).text


def work(runtime: Runtime) -> None:
    """Whatever is queued is done."""
    asyncio.run(jobs.run_worker(runtime, wait=False))


def last_dm(sandbox: Sandbox, key: str) -> dict[str, Any]:
    """What the assistant said last in somebody's DM, as Slack has it."""
    message = sandbox.dms(key)[-1]
    return {"text": message.text, "blocks": message.blocks}
