"""Every refusal of the API: its status, its machine name, and a sentence that says what to do."""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from portal import runtime
from services.errors import NotConnected, PortalError, SourceRefused, SourceUnavailable
from services.i18n import translator
from services.tokens import overview
from services.tokens.reasons import explain

log = structlog.get_logger("portal")


class Problem(BaseModel):
    """Why a call did not do what was asked. `message` says what to do about it."""

    error: str = Field(description="a stable machine name")
    message: str


class Reconnect(Problem):
    """Only the person can mend it: `error` is the reason, `auth_url` the address to send them."""

    auth_url: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a problem is answered."""

    status: int
    message: str


REFUSALS = {
    "bad_request": Refusal(400, "The request cannot be read. Send the body as JSON in UTF-8."),
    "unauthorized": Refusal(
        401, "Send the header “Authorization: Bearer …” with CRON_SECRET of this portal's settings."
    ),
    "not_a_mail_key": Refusal(
        401,
        "Send the header “Authorization: Bearer …” with a key that the mailbox's owner has made under"
        " Settings and not revoked. CRON_SECRET does not open mail.",
    ),
    "forbidden": Refusal(403, "This key opens its owner's mail only. Ask the other person to make one."),
    "not_found": Refusal(404, "There is no such address. Those there are: GET /api/docs."),
    "unknown_person": Refusal(
        404, "Nobody is known by this user_id. Give a person's id or their Slack user id; /people has both."
    ),
    "unknown_run": Refusal(
        404, "There is no run of this id. Take run_id from the answer of POST /api/cron/daily-summary."
    ),
    "unknown_auth_session": Refusal(
        404, "There is no auth session of this id. It is in the address of the Connect page after consent."
    ),
    "method_not_allowed": Refusal(
        405, "This address does not take this method. See GET /api/docs for the one it takes."
    ),
    "not_connected": Refusal(
        409,
        "Gmail is not connected. The reconnect link is auth_url: it signs the person in and leads on to"
        " Google.",
    ),
    "invalid": Refusal(422, "Something in the request is not as it must be: {what}."),
    "too_many_calls": Refusal(429, "Too many calls. Wait as many seconds as Retry-After says."),
    "internal": Refusal(500, "This is our fault. The cause is in the portal's log under number {number}."),
    "source_refused": Refusal(
        502, "Google refuses this, and trying again will not help. The portal's log has Google's reason."
    ),
    "source_unavailable": Refusal(
        503, "Google cannot be reached at the moment. Nothing is broken; try again after Retry-After seconds."
    ),
    "database_unavailable": Refusal(
        503, "The portal cannot reach its database. Nothing was done; try again after Retry-After seconds."
    ),
}
# A token that is there and no longer good; the reason takes the place of the name.
RECONNECT = (
    "Gmail has to be connected again ({reason}). Send the person auth_url: they sign in and reconnect."
)
PATIENCE = 30


def refusals(*codes: str) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI tells of an operation's problems, an example each; those that any may have come by
    themselves.
    """
    told: dict[int | str, dict[str, Any]] = {}
    for code in (*codes, "invalid", "too_many_calls", "internal", "database_unavailable"):
        known = REFUSALS[code]
        entry = told.setdefault(known.status, _described(known.status))
        entry["content"]["application/json"]["examples"][code] = {"value": _example(code)}
    return told


def answer(code: str, *, wait: float | None = None, **details: str) -> JSONResponse:
    """A problem as it goes out; `wait` in seconds becomes Retry-After."""
    known = REFUSALS[code]
    headers = {"Cache-Control": "no-store"}
    if known.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if wait is not None:
        headers["Retry-After"] = str(max(1, math.ceil(wait)))
    body = {"error": code, "message": known.message.format(**details)}
    return JSONResponse(body, status_code=known.status, headers=headers)


class Refused(Exception):
    """A call that goes no further, by the name of its problem."""

    def __init__(self, code: str, *, wait: float | None = None) -> None:
        super().__init__(code)
        self.code, self.wait = code, wait


def explain_problems(api: FastAPI) -> None:
    """Have every way that a call can fail answered as a Problem."""
    api.add_exception_handler(Refused, _refused)
    api.add_exception_handler(HTTPException, _unroutable)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(PortalError, _failed)
    api.add_exception_handler(Exception, _unexpected)


def _refused(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, Refused)  # noqa: S101 - for mypy
    return answer(exc.code, wait=exc.wait)


def _unroutable(request: Request, exc: Exception) -> JSONResponse:
    """What the framework itself refuses, in our words; its headers (Allow) stay."""
    assert isinstance(exc, HTTPException)  # noqa: S101 - for mypy
    code = {404: "not_found", 405: "method_not_allowed"}.get(exc.status_code, "bad_request")
    said = answer(code)
    said.headers.update(exc.headers or {})
    return said


def _invalid(request: Request, exc: Exception) -> JSONResponse:
    """Names each field, never its value: values may be anything, even no Unicode."""
    assert isinstance(exc, RequestValidationError)  # noqa: S101 - for mypy
    what = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in exc.errors()[:5])
    return answer("invalid", what=what.encode("ascii", "backslashreplace").decode()[:500])


def _failed(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, PortalError)  # noqa: S101 - for mypy
    if isinstance(exc, NotConnected):
        return _reconnect(request, exc.code)
    if isinstance(exc, SourceUnavailable):
        return answer("source_unavailable", wait=exc.retry_after or PATIENCE)
    if isinstance(exc, SourceRefused):
        log.warning("api_refused_by_google", path=request.url.path, error=exc.code, reason=str(exc))
        return answer("source_refused")
    if exc.code not in REFUSALS or exc.code == "internal":
        return _unexpected(request, exc)
    return answer(exc.code, wait=PATIENCE if REFUSALS[exc.code].status == 503 else None)


def _reconnect(request: Request, reason: str) -> JSONResponse:
    """In place of the name stands the reason, and its sentences are those of the health page."""
    missing = runtime.settings().required_scopes
    own = getattr(request.state, "own", False)
    why = explain(reason, translator("en"), for_admin=not own, missing=missing)
    message = f"{why} The reconnect link is auth_url."
    body = Reconnect(error=reason, message=message, auth_url=auth_url())
    return JSONResponse(body.model_dump(), status_code=409, headers={"Cache-Control": "no-store"})


def auth_url() -> str:
    """Where a person connects Gmail: it signs them in first, and opening it changes nothing."""
    return overview.reconnect_link(runtime.settings(), "")


def _unexpected(request: Request, exc: Exception) -> JSONResponse:
    number = uuid.uuid4().hex[:8]
    log.error("api_failed", number=number, path=request.url.path, error=type(exc).__name__, exc_info=exc)
    return answer("internal", number=number)


def _described(status: int) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "model": Reconnect if status == HTTPStatus.CONFLICT else Problem,
        "description": HTTPStatus(status).phrase,
        "content": {"application/json": {"examples": {}}},
    }
    if status in (429, 503):
        seconds = {"description": "seconds to wait", "schema": {"type": "integer", "minimum": 1}}
        entry["headers"] = {"Retry-After": seconds}
    return entry


def _example(code: str) -> dict[str, str]:
    details = {"what": "query.user_id: Field required", "number": "3f9a01bc"}
    example = {"error": code, "message": REFUSALS[code].message.format(**details)}
    if REFUSALS[code].status == HTTPStatus.CONFLICT:
        example |= {"auth_url": "https://portal.example.com/connect"}
    return example
