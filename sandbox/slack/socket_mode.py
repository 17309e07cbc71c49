"""Socket Mode: an app asks for an address and is told there what happens, instead of over HTTP.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import json
import secrets
from functools import partial

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.slack.call import Call, Method
from sandbox.slack.limits import Rate
from sandbox.slack.sending import Answer
from sandbox.slack.state import Json, Link, Workspace, workspace
from sandbox.world import World

OPEN = "apps.connections.open"
PATH = "/slack/link"
NOT_YOURS = 1008


def routes(world: World) -> list[BaseRoute]:
    return [WebSocketRoute(PATH, partial(_connected, world))]


def connections_open(call: Call) -> Json:
    """An address for one connection."""
    ticket = secrets.token_urlsafe(18)
    call.workspace.tickets.add(ticket)
    base = call.workspace.world.base_url.replace("http", "ws", 1)
    return {"url": f"{base}{PATH}?ticket={ticket}&app_id={call.workspace.app_id}"}


METHODS = {OPEN: Method(connections_open, rate=Rate(100, 100))}


async def hand_over(space: Workspace, kind: str, payload: Json, attempt: int = 0, reason: str = "") -> Answer:
    """Tell one of the connections, in turns, and wait for its acknowledgement."""
    link = space.links[0]
    space.links.append(space.links.pop(0))
    envelope_id = secrets.token_hex(16)
    envelope = {
        "envelope_id": envelope_id,
        "type": kind,
        "payload": payload,
        "accepts_response_payload": kind == "interactive",
        **({"retry_attempt": attempt, "retry_reason": reason} if kind == "events_api" else {}),
    }
    acknowledged = link.waiting.setdefault(envelope_id, asyncio.get_running_loop().create_future())
    try:
        await link.socket.send_text(json.dumps(envelope))
        await asyncio.wait_for(acknowledged, space.listener.timeout)
    except TimeoutError:
        return Answer("timeout")
    except (WebSocketDisconnect, ConnectionError, RuntimeError):  # closed while we were writing
        return Answer("connection_failed")
    finally:
        link.waiting.pop(envelope_id, None)
    return Answer()


async def refresh(space: Workspace) -> None:
    """Ask every connection to be made anew, as Slack does every few hours."""
    for link in list(space.links):
        await link.socket.send_text(json.dumps({"type": "disconnect", "reason": "refresh_requested"}))


async def cut(space: Workspace) -> None:
    """Close every connection."""
    for link in list(space.links):
        await link.socket.close()


async def _connected(world: World, socket: WebSocket) -> None:
    space = workspace(world)
    if socket.query_params.get("ticket", "") not in space.tickets:
        await socket.close(NOT_YOURS)
        return
    space.tickets.discard(socket.query_params["ticket"])
    await socket.accept()
    link = Link(socket)
    hello = {"type": "hello", "num_connections": len(space.links) + 1, "connection_info": {}}
    await socket.send_text(json.dumps(hello))
    space.links.append(link)
    try:
        while True:
            _acknowledge(link, await socket.receive_text())
    except WebSocketDisconnect:
        return
    finally:
        space.links.remove(link)


def _acknowledge(link: Link, text: str) -> None:
    try:
        envelope_id = json.loads(text).get("envelope_id")
    except (ValueError, AttributeError):
        return
    waiting = link.waiting.get(str(envelope_id))
    if waiting is not None and not waiting.done():
        waiting.set_result(None)
