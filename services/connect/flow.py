"""Connecting Gmail: the consent address, and what comes back from it.

google-auth-oauthlib does the OAuth; here are the one-time state, bound to the person and the browser, and
what each way of coming back ends in. What a granted consent leads to is in `granted`.
"""

from __future__ import annotations

import os
import re
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests
import structlog
from google_auth_oauthlib.flow import Flow
from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from sqlalchemy import func, select

from services.connect import granted, repeated, sessions
from services.connect.wanted import wanted_scopes
from services.db.engine import transaction
from services.db.models import AuthSession
from services.errors import ConnectError, PortalError, SourceUnavailable
from services.runtime import Runtime
from services.settings import Settings

LIFETIME = timedelta(minutes=10)
TIMEOUT_SECONDS = 10
# What a token endpoint may answer (RFC 6749, 5.2), and Google's own.
REFUSALS = frozenset(
    {
        "access_denied",
        "admin_policy_enforced",
        "deleted_client",
        "disabled_client",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "org_internal",
        "redirect_uri_mismatch",
        "unauthorized_client",
        "unsupported_grant_type",
    }
)

CODE = re.compile(r"[A-Za-z0-9_]{1,60}")
log = structlog.get_logger(__name__)

# Google may grant fewer scopes than asked: what was granted is read, not refused.
os.environ.setdefault("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")


@dataclass(frozen=True, slots=True)
class Consent:
    """Where to send the browser, and the secret that it must bring back in its cookie."""

    session_id: str
    url: str
    browser_secret: str


@dataclass(frozen=True, slots=True)
class Callback:
    """What the browser brought back: query parameters of the redirect, and its cookie."""

    state: str
    browser_secret: str
    user_id: str
    code: str = ""
    error: str = ""


def begin(
    runtime: Runtime, user_id: str, *, scopes: tuple[str, ...] = (), login_hint: str | None = None
) -> Consent:
    """Start an auth session and give the address of Google's consent screen.

    `scopes` are to be added, to a connection that works alone. `login_hint` only where the mailbox is known
    already.
    """
    session_id, state, browser_secret = (
        str(uuid.uuid4()),
        secrets.token_urlsafe(32),
        secrets.token_urlsafe(32),
    )
    with transaction(runtime.sessions) as session:
        wanted = wanted_scopes(session, runtime.settings, user_id, scopes, same_account=bool(login_hint))
    flow = _flow(runtime.settings, wanted, state=state)
    url, _ = flow.authorization_url(
        access_type="offline",
        include_granted_scopes="true",
        prompt="consent",
        **({"login_hint": login_hint} if login_hint else {}),
    )
    with sessions.in_logs(session_id), transaction(runtime.sessions) as session:
        session.add(
            AuthSession(
                id=session_id,
                user_id=user_id,
                progress=sessions.FIRST,
                state_hash=sessions.digest(state),
                browser_hash=sessions.digest(browser_secret),
                code_verifier=runtime.box.encrypt(flow.code_verifier, belongs_to=_verifier_of(session_id)),
                scopes=list(wanted),
                login_hint=login_hint,
                redirect_uri=_redirect_uri(runtime.settings),
                expires_at=func.now() + LIFETIME,
            )
        )
        session.flush()
        sessions.note(session, session_id, "started")
        sessions.advance(session, session_id, "consent_requested", "consent_requested")
    return Consent(session_id, url, browser_secret)


def finish(runtime: Runtime, callback: Callback) -> AuthSession:
    """Take the redirect back: exchange the code, prove the tokens with a real call, store them.

    Returns the auth session in `authorized`; a browser that comes twice with the same code gets what the
    first time came to. Raises ConnectError with a code that says what happened; the session then stands in
    `denied`, `failed` or `expired`, except where the state leads to none.
    """
    with sessions.in_logs("unknown"):
        try:
            return _finish(runtime, callback)
        except PortalError as exc:
            log.warning("connect_failed", error=exc.code, reason=str(exc))
            raise


def _finish(runtime: Runtime, callback: Callback) -> AuthSession:
    try:
        attempt = _take(runtime, callback)
    except ConnectError as exc:
        if exc.code != "state_used":
            raise
        return repeated.outcome(runtime, callback.state, callback.code or callback.error, exc)
    if callback.error:
        refused = "denied" if callback.error == "access_denied" else "failed"
        raise _ended(
            runtime, attempt, refused, callback.error if CODE.fullmatch(callback.error) else "refused"
        )
    if not callback.code:
        raise _ended(runtime, attempt, "failed", "no_code")
    try:
        answer = _exchange(runtime, attempt, callback.code)
        return granted.store_grant(runtime, attempt, answer)
    except PortalError as exc:
        raise _ended(runtime, attempt, "failed", exc.code, str(exc)) from exc


def _take(runtime: Runtime, callback: Callback) -> AuthSession:
    """The open auth session this callback belongs to; its state can be taken once."""
    with transaction(runtime.sessions) as session:
        attempt = session.scalar(
            select(AuthSession)
            .where(AuthSession.state_hash == sessions.digest(callback.state))
            .with_for_update()
        )
        if attempt is None:
            raise ConnectError("this link is not known", code="unknown_state")
        structlog.contextvars.bind_contextvars(auth_session=attempt.id)  # until `finish` ends
        if attempt.user_id == callback.user_id and attempt.code_hash == _answer_digest(callback):
            # Whoever comes again has no cookie any longer; what they bring leads to nothing new.
            problem = "state_used"
        elif attempt.user_id != callback.user_id or attempt.browser_hash != sessions.digest(
            callback.browser_secret
        ):
            sessions.note(session, attempt.id, "foreign_browser", level="error")
            problem = "foreign_browser"
        elif attempt.status == "expired":
            problem = attempt.error_code or "expired"
        elif attempt.status != "consent_requested" or attempt.code_hash is not None:
            problem = "state_used"
        elif attempt.expires_at < session.execute(select(func.now())).scalar_one():
            sessions.advance(session, attempt.id, "expired", "expired", error_code="expired")
            problem = "expired"
        else:
            attempt.code_hash = _answer_digest(callback)
            return attempt
    raise ConnectError(f"the auth session cannot be continued: {problem}", code=problem)


def _answer_digest(callback: Callback) -> str:
    return sessions.digest(callback.code or callback.error)


def _exchange(runtime: Runtime, attempt: AuthSession, code: str) -> dict[str, Any]:
    """The code for tokens. Raises ConnectError, SourceUnavailable."""
    verifier = runtime.box.decrypt(attempt.code_verifier or "", belongs_to=_verifier_of(attempt.id))
    flow = _flow(runtime.settings, tuple(attempt.scopes), verifier=verifier)
    try:
        return dict(flow.fetch_token(code=code, timeout=TIMEOUT_SECONDS))
    except OAuth2Error as exc:
        said = str(exc.error)
        if said not in REFUSALS:  # an answer that is no token endpoint's
            raise SourceUnavailable("Google's token endpoint did not answer as it should") from exc
        raise ConnectError(f"Google refused the code: {said}: {exc.description}", code=said) from exc
    except (requests.RequestException, ValueError) as exc:
        raise SourceUnavailable(f"Google's token endpoint did not answer ({type(exc).__name__})") from exc


def _ended(runtime: Runtime, attempt: AuthSession, to: str, code: str, description: str = "") -> ConnectError:
    with transaction(runtime.sessions) as session:
        sessions.advance(
            session,
            attempt.id,
            to,
            code,
            detail={"description": description} if description else None,
            error_code=code,
            error_description=description or None,
            code_verifier=None,
        )
    return ConnectError(description or f"connecting ended: {code}", code=code)


def _flow(
    settings: Settings, scopes: tuple[str, ...], *, state: str = "", verifier: str | None = None
) -> Flow:
    if settings.development:
        os.environ.setdefault("OAUTHLIB_INSECURE_TRANSPORT", "1")
    client = {
        "client_id": settings.google_client_id,
        "client_secret": settings.google_client_secret.get_secret_value(),
        "auth_uri": settings.google_auth_uri,
        "token_uri": settings.google_token_uri,
    }
    return Flow.from_client_config(
        {"web": client},
        scopes=list(scopes),
        state=state or None,
        redirect_uri=_redirect_uri(settings),
        code_verifier=verifier,
        autogenerate_code_verifier=verifier is None,
    )


def _redirect_uri(settings: Settings) -> str:
    return f"{settings.portal_url}/oauth/gmail/callback"


def _verifier_of(session_id: str) -> str:
    return f"auth_sessions/{session_id}/code_verifier"
