"""Everything under a path of its own; plain `def` endpoints, which Starlette runs in threads.

Slack's are the exception: they bound how long a body may take (`slack_events.py`).
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from portal.routes import health, home, metrics, oauth, slack_events
from portal.routes.api import api


def routes() -> list[BaseRoute]:
    """The routes beside Streamlit's own. `/api` is an app of its own, so unknown paths there are 404."""
    return [
        Route("/healthz", health.healthz),
        Route("/readyz", health.readyz),
        Route("/metrics", metrics.metrics),
        Route("/oauth/gmail/start", oauth.start),
        Route("/oauth/gmail/callback", oauth.callback),
        Route("/slack/events", slack_events.receive, methods=["POST"]),
        Route("/slack/interactivity", slack_events.receive, methods=["POST"]),
        Route("/api", _api_docs),
        Route("/home", home.home),
        Mount("/api", app=api),
    ]


def _api_docs(request: Request) -> Response:
    """The mount begins behind its slash; without one Streamlit would answer with a page."""
    return RedirectResponse("/api/docs", status_code=302)
