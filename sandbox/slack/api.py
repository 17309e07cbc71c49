"""The Web API's door: who asks, may they, how often, and the answer as Slack wraps it."""

from __future__ import annotations

import json
import time
from functools import partial
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.slack import socket_mode
from sandbox.slack.call import Call, Method, Refusal
from sandbox.slack.events import send_pending
from sandbox.slack.limits import Rate
from sandbox.slack.methods import METHODS
from sandbox.slack.state import Json, SeenRequest, Workspace, workspace
from sandbox.world import World

POST_MESSAGE = "chat.postMessage"


def routes(world: World) -> list[BaseRoute]:
    return [Route("/api/{method}", partial(answer, world), methods=["GET", "POST"])]


async def answer(world: World, request: Request) -> Response:
    """One call of one method, JSON or form, GET or POST."""
    space, name = workspace(world), request.path_params["method"]
    call, method = Call(space, {}, world.now()), METHODS.get(name)
    try:
        call = Call(space, await _arguments(request), world.now())
        admitted = _admitted(call, name, method, _token(request, call))
        result: Json = {"ok": True} | admitted.handle(call)
    except Refusal as refusal:
        result = {"ok": False, "error": refusal.error} | refusal.fields
    _remember(call, name, str(result.get("error", "")))
    send_pending(space)
    return _response(space, method, result)


def _admitted(call: Call, name: str, method: Method | None, token: str) -> Method:
    """The method, once token, scope and rate allow it. Raises Refusal."""
    space = call.workspace
    if method is None:
        raise Refusal("unknown_method", req_method=name)
    if not token:
        raise Refusal("not_authed")
    if token != (space.app_token if name == socket_mode.OPEN else space.bot_token):
        raise Refusal("invalid_auth")
    if space.bot_error:
        raise Refusal(space.bot_error)
    if method.scopes and not space.scopes.intersection(method.scopes):
        raise Refusal("missing_scope", needed=",".join(method.scopes), provided=_provided(space))
    if wait := space.limits.take(name, _rates(call, name, method), time.monotonic()):
        raise Refusal("ratelimited", retry_after=wait)
    return method


def _rates(call: Call, name: str, method: Method) -> dict[str, Rate]:
    limits = call.workspace.limits
    rates = {name: limits.methods.get(name, method.rate)}
    if name == POST_MESSAGE:
        conversation = call.workspace.conversation(call.text("channel"))
        rates["workspace"] = limits.workspace
        if conversation:
            rates[conversation.id] = limits.channel
    return rates


async def _arguments(request: Request) -> Json:
    """Query and body together. Raises Refusal where the body cannot be read."""
    arguments: Json = dict(request.query_params)
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    body = await request.body()
    if kind == "application/json" and body:
        return arguments | _parsed(body)
    if kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return arguments | {k: v for k, v in (await request.form()).items() if isinstance(v, str)}
    if body:
        raise Refusal("invalid_post_type")
    return arguments


def _parsed(body: bytes) -> Json:
    try:
        parsed = json.loads(body)
    except ValueError as exc:
        raise Refusal("invalid_json") from exc
    if not isinstance(parsed, dict):
        raise Refusal("json_not_object")
    # Slack takes no token from a JSON body.
    return {name: value for name, value in parsed.items() if name != "token"}


def _token(request: Request, call: Call) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else call.text("token")


def _remember(call: Call, name: str, error: str) -> None:
    """What was asked, about whom, and how it went."""
    conversation = call.workspace.conversations.get(call.text("channel"))
    user = conversation.user if conversation else ""
    asked = next((call.text(key) for key in ("user", "users", "email", "channel") if call.text(key)), "")
    call.workspace.seen.append(SeenRequest(name, user or asked, call.now, error))
    call.workspace.counts[f"{name} {error or 'ok'}"] += 1


def _response(space: Workspace, method: Method | None, result: Json) -> Response:
    headers = {"Cache-Control": "private, no-cache, no-store, must-revalidate"}
    if method:
        headers["X-OAuth-Scopes"] = _provided(space)
        headers["X-Accepted-OAuth-Scopes"] = ",".join(method.scopes)
    status = HTTPStatus.OK
    if result.get("error") == "ratelimited":
        headers["Retry-After"] = str(result.pop("retry_after"))
        status = HTTPStatus.TOO_MANY_REQUESTS
    return JSONResponse(result, status, headers)


def _provided(space: Workspace) -> str:
    return ",".join(sorted(space.scopes))
