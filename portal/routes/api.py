"""`/api`: what machines call. Endpoints are plain `def`: FastAPI runs them in threads."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from portal import runtime
from services.db.engine import transaction
from services.errors import DatabaseUnavailable, PortalError
from services.people import UnknownPerson
from services.runs import UnknownRun, read_run, start_run

bearer = HTTPBearer(auto_error=False, description="CRON_SECRET")

api = FastAPI(
    title="Briefing portal",
    version="1",
    description="Runs briefings and tells what became of them.",
    docs_url="/docs",
    redoc_url=None,
)


class Problem(BaseModel):
    """Why a call did not do what was asked."""

    error: str = Field(examples=["unknown_run"])
    message: str


class RunRequest(BaseModel):
    """Whose briefing of which day; without them everybody's of today."""

    user_id: str | None = Field(default=None, description="a person's id or Slack user id")
    local_date: date | None = Field(default=None, alias="date", description="their local date, YYYY-MM-DD")


class RunAnswer(BaseModel):
    """A run and how many briefings stand where."""

    run_id: str
    counts: dict[str, int] = Field(examples=[{"due": 3, "already": 9}])


def with_cron_secret(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> None:
    """Let in whoever knows CRON_SECRET; compared in constant time."""
    expected = runtime.settings().cron_secret.get_secret_value()
    offered = given.credentials if given is not None else ""
    if not expected or not secrets.compare_digest(offered.encode(), expected.encode()):
        raise HTTPException(401, "a bearer token is needed", headers={"WWW-Authenticate": "Bearer"})


REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem},
    404: {"model": Problem},
    503: {"model": Problem},
}
machine = Depends(with_cron_secret)


@api.post("/cron/daily-summary", status_code=202, dependencies=[machine], responses=REFUSALS)
def daily_summary(asked: RunRequest | None = None) -> RunAnswer:
    """Start the day's briefings now. Who has had theirs is not sent another: safe to call again."""
    wanted = asked or RunRequest()
    opened = runtime.current()
    with transaction(opened.sessions) as session:
        run = start_run(
            session,
            opened.settings,
            requested_by="api",
            user_id=wanted.user_id,
            local_date=wanted.local_date,
            now=datetime.now(UTC),
        )
        return RunAnswer(run_id=run.id, counts=run.counts)


@api.get("/runs/{run_id}", dependencies=[machine], responses=REFUSALS)
def show_run(run_id: str) -> RunAnswer:
    """What has become of a run's briefings by now."""
    with transaction(runtime.current().sessions) as session:
        run = read_run(session, run_id)
        return RunAnswer(run_id=run.id, counts=run.counts)


@api.exception_handler(HTTPException)
def _refused(request: Request, exc: HTTPException) -> JSONResponse:
    code = {401: "unauthorized", 404: "not_found", 405: "method_not_allowed"}.get(exc.status_code, "refused")
    body = {"error": code, "message": str(exc.detail)}
    return JSONResponse(body, status_code=exc.status_code, headers=exc.headers)


@api.exception_handler(PortalError)
def _failed(request: Request, exc: PortalError) -> JSONResponse:
    known = {UnknownPerson: 404, UnknownRun: 404, DatabaseUnavailable: 503}
    status = next((number for kind, number in known.items() if isinstance(exc, kind)), 409)
    return JSONResponse({"error": exc.code, "message": str(exc)}, status_code=status)
