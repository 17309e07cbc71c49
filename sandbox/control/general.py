"""Controls over the sandbox as a whole: reset, clock, faults, latency, clients, quota, what was asked."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from sandbox.cast import furnish
from sandbox.control.calls import Action, Controlled, read
from sandbox.environment import environment
from sandbox.faults import Rule
from sandbox.google.clients import CLIENT_ID, Client
from sandbox.slack.state import workspace


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Clock(_Body):
    """`skew_seconds`: how far the sandbox's clock is ahead."""

    skew_seconds: float = Field(ge=-(10**9), le=10**9)


class Latency(_Body):
    """`ms` before every answer."""

    ms: int = Field(ge=0, le=60_000)


class QuotaLimit(_Body):
    """Gmail's quota units a person and minute; null counts without enforcing."""

    per_minute: int | None = Field(ge=1)


class ClientChange(_Body):
    """Fields of an OAuth client to set; a client that is not registered is created."""

    client_id: str = CLIENT_ID
    client_secret: str | None = None
    name: str | None = None
    kind: Literal["web", "installed"] | None = None
    redirect_uris: tuple[str, ...] | None = None
    testing: bool | None = None
    deleted: bool | None = None
    may_exchange: bool | None = None
    may_refresh: bool | None = None


async def settings(controlled: Controlled, request: Request) -> object:
    """The product's environment variables that point it here."""
    return environment(controlled.world)


async def reset(controlled: Controlled, request: Request) -> object:
    """Everything as at the start: the cast, their mail of now, no grants, no faults, no skew."""
    controlled.world.people.clear()
    controlled.world.people.update(controlled.people)
    controlled.world.skew = timedelta(0)
    controlled.google.reset()
    furnish(controlled.google)
    controlled.faults.rules.clear()
    controlled.faults.latency_ms = 0
    controlled.journal.clear()
    workspace(controlled.world).reset()
    return {}


async def set_clock(controlled: Controlled, request: Request) -> object:
    """Skew the clock: {"skew_seconds": 300}."""
    controlled.world.skew = timedelta(seconds=(await read(request, Clock)).skew_seconds)
    return {"now": controlled.world.now().isoformat()}


async def add_fault(controlled: Controlled, request: Request) -> object:
    """Add a rule: {"op": "gmail.users.messages.list", "status": 500, "times": 1}."""
    controlled.faults.rules.append(await read(request, Rule))
    return await list_faults(controlled, request)


async def list_faults(controlled: Controlled, request: Request) -> object:
    """The rules in force, in the order in which they are tried."""
    return {"rules": [rule.model_dump(exclude_defaults=True) for rule in controlled.faults.rules]}


async def clear_faults(controlled: Controlled, request: Request) -> object:
    """Remove all rules."""
    controlled.faults.rules.clear()
    return {}


async def set_latency(controlled: Controlled, request: Request) -> object:
    """Delay every answer: {"ms": 50}."""
    controlled.faults.latency_ms = (await read(request, Latency)).ms
    return {}


async def change_client(controlled: Controlled, request: Request) -> object:
    """Register or change an OAuth client: {"redirect_uris": ["http://127.0.0.1:9/cb"], "testing": true}."""
    change = (await read(request, ClientChange)).model_dump(exclude_none=True)
    known = controlled.google.clients.get(change["client_id"], Client())
    client = replace(known, **change)
    controlled.google.clients[client.client_id] = client
    return asdict(client)


async def set_quota(controlled: Controlled, request: Request) -> object:
    """Enforce Gmail's quota: {"per_minute": 6000}, or null to only count."""
    controlled.google.quota.per_minute = (await read(request, QuotaLimit)).per_minute
    return {}


async def list_requests(controlled: Controlled, request: Request) -> object:
    """The last requests, oldest first; ?person= and ?op= narrow."""
    wanted = {name: request.query_params[name] for name in ("person", "op") if name in request.query_params}
    seen = [asdict(entry) | {"at": entry.at.isoformat()} for entry in list(controlled.journal.requests)]
    return {"requests": [e for e in seen if all(e[name] == value for name, value in wanted.items())]}


async def clear_requests(controlled: Controlled, request: Request) -> object:
    """Forget the requests and counters so far."""
    controlled.journal.clear()
    controlled.google.quota.used.clear()
    return {}


async def counters(controlled: Controlled, request: Request) -> object:
    """Calls by operation, batches' parts included, and quota units by person."""
    return {"operations": controlled.journal.by_operation, "units": controlled.google.quota.used}


ACTIONS: tuple[tuple[str, str, Action], ...] = (
    ("GET", "/settings", settings),
    ("POST", "/reset", reset),
    ("POST", "/clock", set_clock),
    ("GET", "/faults", list_faults),
    ("POST", "/faults", add_fault),
    ("DELETE", "/faults", clear_faults),
    ("POST", "/latency", set_latency),
    ("POST", "/clients", change_client),
    ("POST", "/quota", set_quota),
    ("GET", "/requests", list_requests),
    ("DELETE", "/requests", clear_requests),
    ("GET", "/counters", counters),
)
