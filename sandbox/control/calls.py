"""How a call of the control API is answered: who may call, what it reads, what goes wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.faults import Faults
from sandbox.google.state import Google
from sandbox.journal import Journal
from sandbox.world import Person, World

Model = TypeVar("Model", bound=BaseModel)


class Refused(Exception):
    """A call that makes no sense; the message says why."""


@dataclass(frozen=True, slots=True)
class Controlled:
    """What the control API has its hands on; `people` are those who lived here at the start."""

    google: Google
    faults: Faults
    journal: Journal
    people: dict[str, Person]

    @property
    def world(self) -> World:
        return self.google.world

    def person(self, request: Request) -> Person:
        """The person named in the path."""
        return self.named(request.path_params["key"])

    def named(self, key: str) -> Person:
        person = self.world.people.get(key)
        if person is None:
            raise Refused(f"nobody here is called {key!r}: {', '.join(sorted(self.world.people))}")
        return person


Action = Callable[[Controlled, Request], Awaitable[object]]


async def read(request: Request, model: type[Model]) -> Model:
    """The JSON body as `model`; no body is an empty one."""
    return model.model_validate_json(await request.body() or b"{}")


def endpoint(controlled: Controlled, action: Action) -> Callable[[Request], Awaitable[Response]]:
    """An action as a route's endpoint: what it returns is the JSON answered."""

    async def answer(request: Request) -> Response:
        try:
            return JSONResponse(await action(controlled, request))
        except ValidationError as exc:
            problems = [f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in exc.errors()]
            return JSONResponse({"error": "; ".join(problems)}, 400)
        except (Refused, ValueError, OSError) as exc:
            return JSONResponse({"error": str(exc)}, 400)

    return answer


class LoopbackOnly:
    """Answers callers on loopback that are no page of another site."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        origin = connection.headers.get("origin")
        names = [connection.client.host if connection.client else "", connection.url.hostname or ""]
        if origin is not None:
            names.append(urlsplit(origin).hostname or "")
        if all(map(_is_loopback, names)):
            await self.app(scope, receive, send)
        else:
            refused = JSONResponse({"error": "the control API answers loopback only"}, 403)
            await refused(scope, receive, send)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
