"""`/metrics`: figures for Prometheus, for whoever knows CRON_SECRET."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from portal import runtime
from portal.routes.api import api
from portal.routes.api.access import admit_machine
from portal.routes.api.problems import Refused, answer
from services import figures
from services.db.engine import transaction
from services.errors import PortalError


def metrics(request: Request) -> Response:
    """What the rows tell. The same secret and the same patience with wrong ones as for the API."""
    scheme, _, offered = request.headers.get("authorization", "").partition(" ")
    address = request.client.host if request.client is not None else ""
    try:
        admit_machine(api.state.limits, address, offered if scheme.lower() == "bearer" else "")
        opened = runtime.current()
        with transaction(opened.sessions) as session:
            body = figures.tell(session, opened.settings)
    except Refused as exc:
        return answer(exc.code, wait=exc.wait)
    except PortalError as exc:
        return answer(exc.code, wait=30)
    return Response(body, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})
