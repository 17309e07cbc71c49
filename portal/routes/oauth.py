"""`/oauth/gmail/start` and `/callback`: from the portal to Google's consent screen and back.

Starting needs a signed-in browser, so a link preview that fetches the address starts nothing.
"""

from __future__ import annotations

import re
from urllib.parse import urlencode

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal import runtime
from portal.session import Visitor, visitor_of
from services.connect import flow
from services.db.engine import transaction
from services.errors import ConnectError, PortalError
from services.tokens.store import account_of

COOKIE = "gmail_connect"
CAME_FROM = "gmail_connect_from"
PATH = "/oauth/gmail"
SCOPES = {
    "calendar": ("https://www.googleapis.com/auth/calendar.readonly",),
    "send": ("https://www.googleapis.com/auth/gmail.send",),
}

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

log = structlog.get_logger("portal")


def start(request: Request) -> Response:
    """Begin an auth session and send the browser to Google.

    `?add=calendar` asks for the calendar, `?add=send` for sending mail, besides what was granted;
    `?other=1` accepts another Google account than the last one; `?from=slack` comes back with the way to
    Slack.
    """
    came = _came(request.query_params.get("from", ""))
    try:
        visitor = visitor_of(request)
        if visitor is None:
            return _to_connect()
        consent = flow.begin(
            runtime.current(),
            visitor.user_id,
            scopes=SCOPES.get(request.query_params.get("add", ""), ()),
            login_hint=None if request.query_params.get("other") else _known_account(visitor),
        )
    except PortalError as exc:
        return _to_connect(problem=exc.code, **came)
    answer = RedirectResponse(consent.url, status_code=302, headers={"Cache-Control": "no-store"})
    answer.set_cookie(COOKIE, consent.browser_secret, max_age=600, path=PATH, httponly=True, samesite="lax")
    answer.set_cookie(CAME_FROM, came.get("from", ""), max_age=600, path=PATH, httponly=True, samesite="lax")
    return answer


def callback(request: Request) -> Response:
    """Take Google's redirect; whatever happens, the Connect page says it in words."""
    query = request.query_params
    came = _came(request.cookies.get(CAME_FROM, ""))
    try:
        visitor = visitor_of(request)
    except PortalError as exc:
        log.warning("callback_failed", error=exc.code, reason=str(exc))
        return _to_connect(problem=exc.code)
    if visitor is None:
        return _to_connect(problem="signed_out")
    try:
        taken = flow.finish(
            runtime.current(),
            flow.Callback(
                state=query.get("state", ""),
                browser_secret=request.cookies.get(COOKIE, ""),
                user_id=visitor.user_id,
                code=query.get("code", ""),
                error=_named(query.get("error", "")),
            ),
        )
    except ConnectError as exc:
        return _done(_to_connect(problem=exc.code, **came))
    except PortalError as exc:
        return _to_connect(problem=exc.code, **came)
    return _done(_to_connect(session=taken.id, **came))


def _came(origin: str) -> dict[str, str]:
    """Slack, or nowhere in particular."""
    return {"from": "slack"} if origin == "slack" else {}


def _named(error: str) -> str:
    """Google's name for what went wrong; whatever else stands in the address has none."""
    return error if not error or NAME.fullmatch(error) else "unknown_error"


def _known_account(visitor: Visitor) -> str | None:
    with transaction(runtime.current().sessions) as session:
        return account_of(session, visitor.user_id)


def _to_connect(**query: str) -> Response:
    target = f"/connect?{urlencode(query)}" if query else "/connect"
    return RedirectResponse(target, status_code=302, headers={"Cache-Control": "no-store"})


def _done(answer: Response) -> Response:
    answer.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="lax")
    return answer
