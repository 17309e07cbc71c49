"""The control API: faults, the clock, tokens, mail and appointments of the sandbox, as JSON on loopback.

`GET /_control/` lists what there is. It takes no password: it answers loopback only, and no page of
another site.
"""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from sandbox.control import consents, general, people
from sandbox.control.calls import Action, Controlled, LoopbackOnly, endpoint
from sandbox.faults import Faults
from sandbox.google.state import Google
from sandbox.journal import Journal

ACTIONS: tuple[tuple[str, str, Action], ...] = (*general.ACTIONS, *people.ACTIONS, *consents.ACTIONS)


def routes(google: Google, faults: Faults, journal: Journal) -> list[BaseRoute]:
    """The control routes of one sandbox."""
    controlled = Controlled(google, faults, journal, dict(google.world.people))
    inner = [Route(path, endpoint(controlled, action), methods=[method]) for method, path, action in ACTIONS]
    guard = [Middleware(LoopbackOnly)]
    return [Mount("/_control", routes=[Route("/", _index), *inner], middleware=guard)]


async def _index(request: Request) -> Response:
    """What there is."""
    listed = {f"{method} /_control{path}": (action.__doc__ or "") for method, path, action in ACTIONS}
    return JSONResponse(listed)
