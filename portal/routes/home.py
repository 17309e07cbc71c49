"""`/home`: Streamlit serves the default page at the root only; who asks for it by its name is led there."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response


def home(request: Request) -> Response:
    """To the root, the query kept."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/{query}", status_code=302)
