"""What people do, for the tests beside this file: arrive, connect Google, look at their DM."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from sandbox.environment import environment
from sandbox.slack.state import Message, Workspace, workspace
from sandbox.world import Person, World
from services.connect import flow
from services.connect.flow import Callback
from services.db.engine import transaction
from services.db.models import AuthSession, User
from services.people import NewPerson, register
from services.runtime import Runtime

CALENDAR = "https://www.googleapis.com/auth/calendar.readonly"


class Sandbox:
    """A running sandbox: its world to look at, its control API to change it."""

    def __init__(self, world: World) -> None:
        self.world = world

    def environment(self) -> dict[str, str]:
        return environment(self.world)

    @property
    def slack(self) -> Workspace:
        return workspace(self.world)

    def person(self, key: str) -> Person:
        return self.world.people[key]

    def control(self, path: str, json: object = None, *, method: str = "POST") -> dict[str, Any]:
        """One call of the control API; its JSON answer."""
        answer = httpx.request(method, f"{self.world.base_url}/_control{path}", json=json, timeout=30)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def fault(self, **rule: object) -> None:
        """Add a fault, such as op="chat.postMessage", drop="after", times=1."""
        self.control("/faults", rule)

    def calls(self, op: str) -> int:
        """How often an operation was asked for."""
        return int(self.control("/counters", method="GET")["operations"].get(op, 0))

    def dms(self, key: str) -> list[Message]:
        """What was said in somebody's DM, oldest first."""
        conversation = self.slack.conversations.get("D" + self.person(key).slack_user_id[1:])
        return [conversation.messages[ts] for ts in sorted(conversation.messages)] if conversation else []


def arrive(runtime: Runtime, person: Person, *, now: datetime | None = None) -> str:
    """Register one of the cast with their Slack account; the id of the new user."""
    new = NewPerson(
        display_name=person.name,
        email=person.google_email,
        locale=person.locale,
        timezone=person.timezone,
        slack_user_id=person.slack_user_id or None,
    )
    with transaction(runtime.sessions) as session:
        return register(session, new, runtime.settings, now=now or datetime.now(UTC)).id


def connect(
    runtime: Runtime,
    sandbox: Sandbox,
    user_id: str,
    key: str,
    *,
    scopes: tuple[str, ...] = (),
    **choices: object,
) -> AuthSession:
    """Go through the real consent and code exchange; `choices` go to the consent (deny, unticked)."""
    consent = flow.begin(runtime, user_id, scopes=scopes)
    back = sandbox.control("/consent", {"url": consent.url, "person": key, **choices})["location"]
    return flow.finish(runtime, callback_of(back, user_id, consent.browser_secret))


def callback_of(location: str, user_id: str, browser_secret: str) -> Callback:
    """What the portal reads from Google's redirect."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    return Callback(
        state=query.get("state", ""),
        browser_secret=browser_secret,
        user_id=user_id,
        code=query.get("code", ""),
        error=query.get("error", ""),
    )


def settled(runtime: Runtime, user_id: str) -> User:
    """A user as stored now."""
    with transaction(runtime.sessions) as session:
        return session.get_one(User, user_id)
