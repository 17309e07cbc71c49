"""Faults on demand: wrong answers, slow ones, cut connections. One middleware for Google and Slack alike."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http.client import responses
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.google.errors import USAGE_LIMITS, Answer, ApiError
from sandbox.journal import Journal, Seen
from sandbox.naming import Names

_REASONS = {
    400: ("badRequest", "INVALID_ARGUMENT"),
    401: ("authError", "UNAUTHENTICATED"),
    403: ("forbidden", "PERMISSION_DENIED"),
    404: ("notFound", "NOT_FOUND"),
    429: ("rateLimitExceeded", "RESOURCE_EXHAUSTED"),
    500: ("backendError", "INTERNAL"),
    503: ("backendError", "UNAVAILABLE"),
}
_SLACK_ERRORS = {401: "invalid_auth", 403: "access_denied", 404: "unknown_method", 429: "ratelimited"}


class Rule(BaseModel):
    """One fault. It strikes requests that fit every one of `op`, `path`, `method` and `person` given.

    `op` and `path` may hold `*`. `inner` rules strike parts of batches, others whole requests. What happens:
    `latency_ms` delays the request, `answer_ms` the service's answer; `status`, `reason`, `body`, `headers`,
    `retry_after` answer in the service's place, with the service's own error shape where `body` is left out;
    `drop` cuts the connection before or after the service handled the request (of a batch's part: leaves it
    out of the answer); `truncate` lets only so many bytes of the real answer through. `times`: how often,
    without it until removed.
    """

    model_config = ConfigDict(extra="forbid")

    op: str | None = None
    path: str | None = None
    method: str | None = None
    person: str | None = None
    inner: bool = False
    times: int | None = Field(default=None, ge=1)
    latency_ms: int = Field(default=0, ge=0, le=600_000)
    answer_ms: int = Field(default=0, ge=0, le=600_000)
    status: int | None = Field(default=None, ge=200, le=599)
    reason: str = ""
    body: JsonValue = None
    headers: dict[str, str] = {}
    retry_after: int | None = Field(default=None, ge=0)
    drop: Literal["before", "after"] | None = None
    truncate: int | None = Field(default=None, ge=0)

    def fits(self, op: str, path: str, method: str, person: str) -> bool:
        """Whether a request is one of those meant."""
        return (
            (self.op is None or fnmatchcase(op, self.op))
            and (self.path is None or fnmatchcase(path, self.path))
            and (self.method is None or self.method.upper() == method)
            and (self.person is None or self.person == person)
        )

    @property
    def answers(self) -> bool:
        """Whether the service is not asked at all."""
        return self.status is not None or self.body is not None

    def answer(self, path: str) -> Answer:
        """What is said in the service's place."""
        status = self.status or 200
        headers = dict(self.headers)
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        if self.body is None and path.startswith("/api/"):
            error = self.reason or _SLACK_ERRORS.get(status, "internal_error")
            return Answer(status, json.dumps({"ok": False, "error": error}).encode(), headers)
        if self.body is None and status >= 400:
            return self._google_error(status, headers)
        if isinstance(self.body, str):
            kind = "text/html" if self.body.lstrip().startswith("<") else "text/plain"
            headers.setdefault("Content-Type", f"{kind}; charset=utf-8")
            return Answer(status, self.body.encode("utf-8", "replace"), headers)
        return Answer(status, b"" if self.body is None else json.dumps(self.body).encode(), headers)

    def _google_error(self, status: int, headers: dict[str, str]) -> Answer:
        reason, canonical = _REASONS.get(status, ("backendError", "UNKNOWN"))
        message = responses.get(status, "Error")
        reason = self.reason or reason
        domain = {"domain": USAGE_LIMITS} if "limitexceeded" in reason.lower() else {}
        error = ApiError(status, reason, message, status=canonical, error=domain, headers=headers)
        return error.answer()


@dataclass(slots=True)
class Faults:
    """The rules in force and the latency of everything."""

    rules: list[Rule] = field(default_factory=list)
    latency_ms: int = 0

    def take(self, op: str, path: str, method: str, person: str, *, inner: bool = False) -> Rule | None:
        """The first rule that fits, used up by one."""
        for rule in self.rules:
            if rule.inner == inner and rule.fits(op, path, method, person):
                self._use(rule)
                return rule
        return None

    def _use(self, rule: Rule) -> None:
        if rule.times is not None:
            rule.times -= 1
            if rule.times == 0:
                self.rules.remove(rule)


class ConnectionCut(Exception):
    """A connection was to be cut, but this server does not let us."""


class FaultMiddleware:
    """Applies the rules to each request and notes each request in the journal."""

    def __init__(self, app: ASGIApp, faults: Faults, journal: Journal, names: Names) -> None:
        self.app = app
        self.faults = faults
        self.journal = journal
        self.names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_control"):
            await self.app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        receive, body = await self.names.peek(request, receive)
        path, method = scope["path"], scope["method"]
        op, person = self.names.operation(scope), self.names.person(request, body)
        seen = self.journal.note(Seen(op, method, path, person, self.names.google.world.now()))
        rule = self.faults.take(op, path, method, person)
        if delay := self.faults.latency_ms + (rule.latency_ms if rule else 0):
            await asyncio.sleep(delay / 1000)
        await self._carry_out(rule, scope, receive, _noting(send, seen))

    async def _carry_out(self, rule: Rule | None, scope: Scope, receive: Receive, send: Send) -> None:
        if rule is None:
            await self.app(scope, receive, send)
        elif rule.drop == "before":
            await _cut(scope, receive)
        elif rule.drop == "after":
            await self.app(scope, receive, _swallow)
            await _cut(scope, receive)
        elif rule.answers:
            await _plain(rule.answer(scope["path"]))(scope, receive, send)
        elif rule.truncate is not None:
            await self._truncated(rule.truncate, scope, receive, send)
        else:
            await self.app(scope, receive, _after(rule.answer_ms, send))

    async def _truncated(self, size: int, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        content = b""

        async def collect(message: Message) -> None:
            nonlocal start, content
            if message["type"] == "http.response.start":
                start = message
            else:
                content += message.get("body", b"")

        await self.app(scope, receive, collect)
        headers = [(k, v) for k, v in start["headers"] if k.lower() != b"content-length"]
        content = content[:size]
        length = (b"content-length", str(len(content)).encode())
        await send({**start, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": content})


def _plain(answer: Answer) -> Response:
    headers = {"Content-Type": "application/json; charset=UTF-8"} | answer.headers
    return Response(answer.body, answer.status, headers)


def _noting(send: Send, seen: Seen) -> Send:
    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start":
            seen.status = message["status"]
        await send(message)

    return noting


def _after(milliseconds: int, send: Send) -> Send:
    """What the service has done is done; only its answer takes its time."""

    async def late(message: Message) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(milliseconds / 1000)
        await send(message)

    return late


async def _swallow(message: Message) -> None:
    """An answer that nobody gets."""


async def _cut(scope: Scope, receive: Receive) -> None:
    """Close the TCP connection with nothing answered; `sandbox.app` puts the transport into the state."""
    transport = scope.get("state", {}).get("transport")
    if transport is None:
        raise ConnectionCut
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        continue
