"""Consent by script: what a person does in the browser, as one call."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from sandbox.control.calls import Action, Controlled, Refused, read
from sandbox.google.consent import (
    Asked,
    PageError,
    Redirected,
    allow,
    decide_for,
    deny,
    read_request,
    to_tick,
)
from sandbox.google.oauth import Server
from sandbox.google.scopes import normalise
from sandbox.world import Person


class Consent(BaseModel):
    """`url` is the authorization address a client made. `person` chooses their account and continues.

    They tick everything but `unticked` and what the untick control names; `deny` cancels.
    """

    model_config = ConfigDict(extra="forbid")

    url: str
    person: str
    deny: bool = False
    unticked: tuple[str, ...] = ()


async def consent(controlled: Controlled, request: Request) -> object:
    """Go through a consent: {"url": …, "person": "seoyeon"}; answers where the browser is sent."""
    given = await read(request, Consent)
    person = controlled.named(given.person)
    server = Server(controlled.google)
    try:
        asked = read_request(controlled.google, server, given.url)
        return {"location": _decide(controlled, server, asked, person, given)}
    except Redirected as exc:
        return {"location": exc.location}
    except PageError as exc:
        raise Refused(f"Error {exc.status}: {exc.code}: {exc.detail}") from exc


def _decide(controlled: Controlled, server: Server, asked: Asked, person: Person, given: Consent) -> str:
    google = controlled.google
    if given.deny:
        return deny(asked)
    if location := decide_for(google, server, asked, person):
        return location
    left_out = google.unticked.get(person.key, frozenset()).union(normalise(given.unticked))
    return allow(google, server, asked, person, set(to_tick(google, asked, person)) - left_out)


ACTIONS: tuple[tuple[str, str, Action], ...] = (("POST", "/consent", consent),)
