"""`/slack/events` and `/slack/interactivity`: what Slack sends, stored before it is answered.

The only routes that read a body themselves: in the event loop, where one that trickles in holds no thread;
all the rest runs in threads of its own number, so that a slow database leaves the portal's alone.
"""

from __future__ import annotations

import functools
import threading

import anyio
import anyio.to_thread
import structlog
from slack_bolt import App, BoltRequest, BoltResponse
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from portal import runtime
from services.assistant.from_slack.gate import make_app
from services.errors import PortalError
from services.runtime import Runtime

SECONDS = 2.7  # Slack waits for three
BODY_MOST = 2 * 1024 * 1024  # an edited message of 40,000 characters, twice, escaped
THREADS = 10
# Threads that were left to themselves with a hanging database count here until they end.
ROOM = threading.BoundedSemaphore(4 * THREADS)
SIGNED_WITH = ("x-slack-signature", "x-slack-request-timestamp")
# What Bolt raises over a body that is not of the shape that Slack's have.
NOT_SLACKS = (ValueError, TypeError, AttributeError, KeyError, RecursionError)
log = structlog.get_logger("portal")


class BodyTooLarge(Exception):
    """More than Slack ever sends."""


async def receive(request: Request) -> Response:
    """Answer within Slack's three seconds: 200 once it is stored, 503 where it must come again."""
    signature, timestamp = (request.headers.get(name, "") for name in SIGNED_WITH)
    if not (signature.isascii() and timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 16):
        return PlainTextResponse("not signed", status_code=401)
    try:
        with anyio.fail_after(SECONDS):
            body = await _body(request)
            answer = functools.partial(_where_there_is_room, body, dict(request.headers))
            return await anyio.to_thread.run_sync(answer, limiter=_threads(), abandon_on_cancel=True)
    except BodyTooLarge:
        return PlainTextResponse("too large", status_code=413)
    except (TimeoutError, ClientDisconnect):
        log.error("slack_request_too_slow")
        return PlainTextResponse("try again", status_code=503)


async def _body(request: Request) -> bytes:
    """The whole body. Raises BodyTooLarge, ClientDisconnect."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MOST:
            raise BodyTooLarge
    return bytes(body)


def _where_there_is_room(body: bytes, headers: dict[str, str]) -> Response:
    if not ROOM.acquire(blocking=False):
        return PlainTextResponse("try again", status_code=503)
    try:
        return _answer(body, headers)
    finally:
        ROOM.release()


def _answer(body: bytes, headers: dict[str, str]) -> Response:
    try:
        opened = runtime.current()
    except PortalError as exc:
        log.error("slack_request_failed", error=exc.code)
        return PlainTextResponse("try again", status_code=503)
    # Without a secret anybody could sign.
    if not opened.settings.slack_signing_secret.get_secret_value():
        return PlainTextResponse("SLACK_SIGNING_SECRET is not set", status_code=404)
    try:
        wanted = BoltRequest(body=body.decode("utf-8"), headers=dict(headers))
    except NOT_SLACKS:
        return PlainTextResponse("not from Slack", status_code=400)
    answered: BoltResponse = _app(opened).dispatch(wanted)
    return Response(answered.body, answered.status, answered.first_headers_without_set_cookie())


@functools.lru_cache(maxsize=1)
def _threads() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(THREADS)


@functools.lru_cache(maxsize=1)
def _app(opened: Runtime) -> App:
    return make_app(opened)
