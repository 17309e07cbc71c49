"""The control over the Slack side: `GET` and `POST /slack/_control`, JSON.

`POST` takes any of: `request_url` and `interactivity_url` (loopback only, empty for none; `verify` false
leaves out Slack's challenge), `timeout`, `retry_scale`, `scopes`, `bot_error` (`token_revoked`,
`account_inactive`, empty), `deactivated` (user ids), `limits` (see `LimitChange`), `links` (`refresh` or
`cut` the connections of Socket Mode), `reset` true.
"""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.slack.events import UrlRefused, use_interactivity_url, use_url
from sandbox.slack.limits import Rate
from sandbox.slack.socket_mode import cut, refresh
from sandbox.slack.state import Json, Workspace, workspace
from sandbox.world import World


class LimitChange(BaseModel):
    """Rates a minute: of messages in a channel and in the workspace, of calls of a method."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool | None = None
    channel: Rate | None = None
    workspace: Rate | None = None
    methods: dict[str, Rate] | None = None


class Change(BaseModel):
    """What is to be different from now on; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    reset: bool = False
    request_url: str | None = None
    interactivity_url: str | None = None
    verify: bool = True
    timeout: float | None = Field(None, gt=0, le=30)
    retry_scale: float | None = Field(None, ge=0, le=1)
    scopes: set[str] | None = None
    bot_error: Literal["", "token_revoked", "account_inactive"] | None = None
    deactivated: set[str] | None = None
    limits: LimitChange | None = None
    links: Literal["refresh", "cut"] | None = None


def routes(world: World) -> list[BaseRoute]:
    path = "/slack/_control"
    return [Route(path, partial(show, world)), Route(path, partial(change, world), methods=["POST"])]


async def show(world: World, request: Request) -> Response:
    """How things are set, and what has been asked and sent so far."""
    return JSONResponse(described(workspace(world)))


async def change(world: World, request: Request) -> Response:
    """Set things; all of it is read before any of it is done."""
    space = workspace(world)
    try:
        wanted = Change.model_validate_json(await request.body())
        await apply(space, wanted)
    except ValidationError as exc:
        problems = exc.errors(include_url=False, include_context=False, include_input=False)
        return JSONResponse({"ok": False, "error": "invalid", "problems": problems}, HTTPStatus.BAD_REQUEST)
    except UrlRefused as refused:
        return JSONResponse({"ok": False, "error": str(refused)}, HTTPStatus.BAD_REQUEST)
    return JSONResponse({"ok": True} | described(space))


async def apply(space: Workspace, wanted: Change) -> None:
    """Do what is `wanted`, a reset first. Raises UrlRefused."""
    if wanted.reset:
        space.reset()
    if wanted.request_url is not None:
        await use_url(space, wanted.request_url, verify=wanted.verify)
    if wanted.interactivity_url is not None:
        use_interactivity_url(space, wanted.interactivity_url)
    if wanted.links is not None:
        await (refresh(space) if wanted.links == "refresh" else cut(space))
    for owner, names in ((space.listener, ("timeout", "retry_scale")), (space, _OWN)):
        _set(owner, wanted, names)
    if wanted.limits:
        _set(space.limits, wanted.limits, ("enabled", "channel", "workspace", "methods"))


_OWN = ("scopes", "bot_error", "deactivated")


def _set(owner: object, wanted: BaseModel, names: tuple[str, ...]) -> None:
    """Copy over what was given."""
    for name in names:
        if (value := getattr(wanted, name)) is not None:
            setattr(owner, name, value)


def described(space: Workspace) -> Json:
    """Settings and records of a workspace; no token among them."""
    listener, limits = space.listener, space.limits
    return {
        "request_url": listener.events_url,
        "interactivity_url": listener.interactivity_url,
        "links": len(space.links),
        "timeout": listener.timeout,
        "retry_scale": listener.retry_scale,
        "scopes": sorted(space.scopes),
        "bot_error": space.bot_error,
        "deactivated": sorted(space.deactivated),
        "limits": {
            "enabled": limits.enabled,
            "channel": limits.channel._asdict(),
            "workspace": limits.workspace._asdict(),
            "methods": {name: rate._asdict() for name, rate in limits.methods.items()},
            "refused": dict(limits.refused),
        },
        "counts": dict(space.counts),
        "requests": [
            {"method": s.method, "user": s.user, "at": s.at.isoformat(), "ok": s.ok, "error": s.error}
            for s in list(space.seen)[-200:]
        ],
        "deliveries": [
            {"kind": d.kind, "event_id": d.event_id, "attempt": d.attempt, "outcome": d.outcome}
            for d in list(space.deliveries)[-200:]
        ],
    }
