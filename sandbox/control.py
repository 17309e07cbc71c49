"""The control API under `/_control/`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.faults import Faults
from sandbox.google.state import Google
from sandbox.journal import Journal


def routes(google: Google, faults: Faults, journal: Journal) -> list[BaseRoute]:
    """The control routes of one sandbox."""

    async def index(request: Request) -> Response:
        return JSONResponse({"people": sorted(google.world.people)})

    return [Route("/_control/", index)]
