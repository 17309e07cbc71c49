"""`/api`: what machines call. Endpoints are plain `def`: FastAPI runs them in threads."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from portal.routes.api import briefings, messages, tokens
from portal.routes.api.access import Limits
from portal.routes.api.problems import explain_problems


def make_api(limits: Limits | None = None) -> FastAPI:
    """The app that is mounted under `/api`."""
    made = FastAPIOffline(
        title="Briefing portal",
        version="1",
        description=(
            "Runs briefings, tells how tokens are and mends what can be mended without the person, and gives"
            " people's own programs their mail. Every refusal says what to do. A `user_id` is a person's id"
            " or their Slack user id."
        ),
        docs_url="/docs",
        redoc_url=None,
        redirect_slashes=False,
    )
    made.state.limits = limits or Limits()
    for part in (briefings, tokens, messages):
        made.include_router(part.router)
    explain_problems(made)
    return made


api = make_api()
