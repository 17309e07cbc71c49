"""How tokens are, mending what can be mended without the person, and where the person mends the rest."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from portal import runtime
from portal.routes.api.access import Machine
from portal.routes.api.names import EXAMPLES, IdInPath, PersonInPath, PersonInQuery
from portal.routes.api.problems import auth_url, refusals
from services.connect import timeline
from services.db.engine import transaction
from services.people import by_any_id
from services.tokens import overview
from services.tokens.refresh import refresh_now

router = APIRouter(tags=["tokens"])

TokenStatus = Literal[
    "reconnect_required", "failing", "expiring_soon", "not_connected", "refresh_due", "healthy"
]


class AuthUrl(BaseModel):
    """Where a person connects Gmail: opening it changes nothing, it signs them in and leads on to Google."""

    auth_url: str = Field(examples=["https://portal.example.com/connect"])


class TokenState(BaseModel):
    """A person's token after the refresh."""

    user_id: str = Field(examples=EXAMPLES[:1])
    status: str = Field(examples=["healthy"])


class TokenLine(BaseModel):
    """One person's token, no secret: `expiry` is the access token's end, `dies_at` the refresh token's."""

    model_config = ConfigDict(from_attributes=True)

    user_id: str = Field(examples=EXAMPLES[:1])
    name: str = Field(examples=["Kim Minjun"])
    active: bool
    status: TokenStatus = Field(examples=["reconnect_required"])
    reason: str | None = Field(examples=["revoked_or_expired"])
    mailbox: str = Field(examples=["minjun@example.com"])
    can_read: bool
    can_send: bool
    slack_user_id: str | None = Field(examples=EXAMPLES[1:])
    robing_id: str | None = Field(examples=["rb1"])
    expiry: datetime | None
    dies_at: datetime | None
    last_refresh_at: datetime | None
    last_briefing_at: datetime | None
    next_briefing_at: datetime | None


class TokenHealth(BaseModel):
    """How many people stand where, and one page of them, the worst first."""

    counts: dict[str, int] = Field(examples=[{"reconnect_required": 3, "healthy": 0}])
    tokens: list[TokenLine]
    page: int
    pages: int


class Step(BaseModel):
    """One line of a timeline; `message` is a machine name."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    level: Literal["info", "error"]
    message: str = Field(examples=["consent_requested"])


class AuthSessionState(BaseModel):
    """One attempt to connect; `progress` has a flag for each state, `finished` says that nothing follows.

    The first look into the mailbox has read `mails_read` of `mails_found` messages, null before it has begun.
    Google must have answered by `expires_at`.
    """

    id: str
    user_id: str = Field(examples=EXAMPLES[:1])
    status: str = Field(examples=["fetching"])
    finished: bool
    progress: dict[str, bool] = Field(examples=[{"consent_requested": True, "authorized": True}])
    mails_read: int | None = Field(examples=[3])
    mails_found: int | None = Field(examples=[9])
    error: str | None = Field(examples=["access_denied"])
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    timeline: list[Step]


@router.get("/gmail/auth", responses=refusals("unauthorized", "unknown_person"))
def gmail_auth(machine: Machine, user_id: PersonInQuery) -> AuthUrl:
    """The address to send a person who must connect Gmail. It works for whoever signs in there, for ever."""
    with transaction(runtime.current().sessions) as session:
        by_any_id(session, user_id)
    return AuthUrl(auth_url=auth_url())


@router.post(
    "/gmail/refresh/{user_id}",
    responses=refusals("unauthorized", "unknown_person", "not_connected", "source_unavailable"),
)
def gmail_refresh(machine: Machine, user_id: PersonInPath) -> TokenState:
    """Refresh a person's token at once, due or not. 409 where only they can mend it, with the address."""
    opened = runtime.current()
    with transaction(opened.sessions) as session:
        found = by_any_id(session, user_id).id
    return TokenState(user_id=found, status=refresh_now(opened, found, machine))


@router.get("/tokens/health", responses=refusals("unauthorized"))
def token_health(
    machine: Machine,
    status: Annotated[TokenStatus | None, Query(description="only these")] = None,
    only_trouble: Annotated[bool, Query(description="leave out what works or mends itself")] = False,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> TokenHealth:
    """Everybody's token, the worst first, 50 a page."""
    opened = runtime.current()
    asked = overview.Filter(status=status or "", only_trouble=only_trouble)
    with transaction(opened.sessions) as session:
        found = overview.token_health(session, opened.settings, machine, asked, page)
        counts = overview.status_counts(session, opened.settings, machine)
    return TokenHealth(
        counts=counts,
        tokens=[TokenLine.model_validate(row) for row in found.rows],
        page=found.number,
        pages=found.pages,
    )


@router.get("/auth-sessions/{session_id}", responses=refusals("unauthorized", "unknown_auth_session"))
def auth_session(machine: Machine, session_id: IdInPath) -> AuthSessionState:
    """How an attempt to connect stands: ask again until `finished`."""
    with transaction(runtime.current().sessions) as session:
        attempt, lines = timeline.read_for(session, session_id, machine)
    return AuthSessionState(
        id=attempt.id,
        user_id=attempt.user_id,
        status=attempt.status,
        finished=attempt.finished,
        progress={state: state in attempt.progress for state in timeline.STATES},
        mails_read=attempt.mails_read,
        mails_found=attempt.mails_found,
        error=attempt.error_code,
        created_at=attempt.created_at,
        updated_at=attempt.updated_at,
        expires_at=attempt.expires_at,
        timeline=[Step.model_validate(line) for line in lines],
    )
