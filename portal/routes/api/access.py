"""Who calls: a machine with CRON_SECRET, or a person's own program with a key of theirs; and how often."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from portal import runtime
from portal.routes.api.limit import RateLimit
from portal.routes.api.problems import Refused
from services import api_keys
from services.access import Actor
from services.db.engine import transaction

MACHINE = Actor("system:api", is_admin=True)

cron_secret = HTTPBearer(
    auto_error=False, scheme_name="CRON_SECRET", description="CRON_SECRET of the portal's settings"
)
mail_key = HTTPBearer(
    auto_error=False, scheme_name="mail key", description="a key made under Settings, for one's own mail"
)


class Limits:
    """One bucket a caller: known machines, keys that read mail, and by their address those we do not know."""

    def __init__(self, *, generous: bool = False) -> None:
        times = 1_000 if generous else 1
        self.machine = RateLimit(burst=120 * times, per_minute=120 * times)
        self.mail = RateLimit(burst=20 * times, per_minute=10 * times)
        self.strangers = RateLimit(burst=20 * times, per_minute=20 * times)


def by_machine(
    request: Request,
    response: Response,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(cron_secret)],
) -> Actor:
    """Let in whoever knows CRON_SECRET; compared in constant time."""
    offered = given.credentials if given is not None else ""
    admit_machine(_limits(request), _address(request), offered)
    response.headers["Cache-Control"] = "no-store"
    return MACHINE


def admit_machine(limits: Limits, address: str, offered: str) -> None:
    """The same where no FastAPI is. Raises Refused."""
    expected = runtime.settings().cron_secret.get_secret_value()
    if not expected or not secrets.compare_digest(offered.encode(), expected.encode()):
        raise _stranger(limits, address, "unauthorized")
    _pay(limits.machine, MACHINE.user_id)


def by_owner(
    request: Request,
    response: Response,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(mail_key)],
) -> Actor:
    """Let in a key's owner, noting the key's use. It never makes anybody an admin."""
    offered = given.credentials if given is not None else ""
    with transaction(runtime.current().sessions) as session:
        owner = api_keys.owner_of(session, offered) if offered else None
    if owner is None:
        raise _stranger(_limits(request), _address(request), "not_a_mail_key")
    _pay(_limits(request).mail, owner)
    request.state.own = True  # what goes wrong is told to the person, not to an admin
    response.headers["Cache-Control"] = "no-store"
    return Actor(owner)


Machine = Annotated[Actor, Depends(by_machine)]
Owner = Annotated[Actor, Depends(by_owner)]


def _limits(request: Request) -> Limits:
    limits: Limits = request.app.state.limits
    return limits


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _stranger(limits: Limits, address: str, code: str) -> Refused:
    """Why somebody unknown is refused: who guesses too often is not even told that it was wrong."""
    wait = limits.strangers.take(address)
    return Refused("too_many_calls", wait=wait) if wait else Refused(code)


def _pay(limit: RateLimit, caller: str) -> None:
    if wait := limit.take(caller):
        raise Refused("too_many_calls", wait=wait)
