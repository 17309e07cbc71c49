"""A small app on the other end: it takes what Slack sends, checks the signature as slack_sdk does, and
answers as it is told to.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from slack_sdk.signature import SignatureVerifier
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.integration.slack_server import serving


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def payload(self) -> Any:
        """An interaction's payload, which comes as a form."""
        return json.loads(parse_qs(self.body.decode())["payload"][0])


@dataclass
class App:
    """What arrived, in order; `answers` are used up one a request, then everything is accepted."""

    signing_secret: str
    base_url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: deque[Response] = field(default_factory=deque)
    delay: float = 0.0

    async def take(self, request: Request) -> Response:
        body = await request.body()
        assert SignatureVerifier(self.signing_secret).is_valid_request(body, dict(request.headers))
        self.received.append(Received(request.url.path, dict(request.headers), body))
        await asyncio.sleep(self.delay)
        if self.answers:
            return self.answers.popleft()
        is_challenge = b'"url_verification"' in body
        return Response(self.received[-1].json["challenge"] if is_challenge else b"")

    def wait(self, count: int, seconds: float = 5.0) -> list[Received]:
        """Everything that arrived, once it is at least `count`."""
        deadline = time.monotonic() + seconds
        while len(self.received) < count:
            assert time.monotonic() < deadline, f"{len(self.received)} of {count} arrived"
            time.sleep(0.01)
        return self.received


@contextmanager
def running_app(signing_secret: str) -> Iterator[App]:
    app = App(signing_secret)
    with serving([Route("/{path:path}", app.take, methods=["POST"])]) as base_url:
        app.base_url = base_url
        yield app
