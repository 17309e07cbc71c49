"""Starting the day's briefings, and what has become of them."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from portal import runtime
from portal.routes.api.access import Machine
from portal.routes.api.names import EXAMPLES, WHO, Id, IdInPath
from portal.routes.api.problems import refusals
from services.db.engine import transaction
from services.runs import read_run, start_run

router = APIRouter(tags=["briefings"])


def _written_as_date(value: object) -> object:
    """A number is no date, though it could be taken for seconds since 1970."""
    if value is not None and not (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        raise ValueError("must be written YYYY-MM-DD")
    return value


class RunRequest(BaseModel):
    """Whose briefing of which day; without them everybody's of today. A name that is none is refused."""

    model_config = ConfigDict(extra="forbid")

    user_id: Id | None = Field(default=None, description=WHO, examples=EXAMPLES)
    local_date: Annotated[date | None, BeforeValidator(_written_as_date)] = Field(
        default=None,
        alias="date",
        description="their local date, today or yesterday",
        examples=["2026-01-05"],
    )


class RunAnswer(BaseModel):
    """A run and how many briefings stand where."""

    run_id: str = Field(examples=["6c0a3f6e-7f0e-4d6b-9a35-0d8f6f1f2b11"])
    counts: dict[str, int] = Field(examples=[{"due": 3, "already": 9}])


@router.post(
    "/cron/daily-summary",
    status_code=202,
    responses=refusals("bad_request", "unauthorized", "unknown_person"),
)
def daily_summary(machine: Machine, asked: RunRequest | None = None) -> RunAnswer:
    """Start the day's briefings now. Who has had theirs is not sent another: safe to call again."""
    wanted = asked or RunRequest()
    opened = runtime.current()
    with transaction(opened.sessions) as session:
        run = start_run(
            session,
            opened.settings,
            requested_by=machine.user_id,
            user_id=wanted.user_id,
            local_date=wanted.local_date,
        )
        return RunAnswer(run_id=run.id, counts=run.counts)


@router.get("/runs/{run_id}", responses=refusals("unauthorized", "unknown_run"))
def show_run(machine: Machine, run_id: IdInPath) -> RunAnswer:
    """What has become of a run's briefings by now."""
    with transaction(runtime.current().sessions) as session:
        run = read_run(session, run_id)
        return RunAnswer(run_id=run.id, counts=run.counts)
