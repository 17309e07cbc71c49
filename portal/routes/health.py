"""`/healthz`: this process answers. `/readyz`: it can also work, and how the sidecar is."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from portal import runtime
from services.db import migrate
from services.db.engine import transaction
from services.errors import PortalError
from services.heartbeat import sidecar


def healthz(request: Request) -> Response:
    """200 while the process answers at all."""
    return PlainTextResponse("ok")


def readyz(request: Request) -> Response:
    """200 while database and migrations are good. A silent sidecar is reported, it does not take us down."""
    try:
        opened = runtime.current()
        with transaction(opened.sessions) as session:
            state = sidecar(session)
        current = migrate.is_current(opened.engine)
    except PortalError as exc:
        return JSONResponse({"ready": False, "reason": exc.code}, status_code=503)
    seen = state.last_seen.isoformat() if state.last_seen else None
    body = {"ready": current, "migrated": current, "sidecar": {"alive": state.alive, "last_seen": seen}}
    return JSONResponse(body, status_code=200 if current else 503)
