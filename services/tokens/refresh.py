"""Access tokens that are good for a while: refreshed when due, by one caller at a time.

In the process a lock a person, between processes the claim `refreshing_until`, set with one UPDATE: whoever
sets it reads again, refreshes and saves; the others wait and read the result. No transaction is open while
Google is asked.
"""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

from google.oauth2.credentials import Credentials
from sqlalchemy import and_, func, or_, update

from services import audit
from services.access import Actor, allow
from services.db.engine import transaction
from services.db.models import GmailToken
from services.errors import EncryptionError, NotConnected, SourceUnavailable
from services.runtime import Runtime
from services.tokens import health, store
from services.tokens.google import ask_google
from services.tokens.store import Grant, StoredToken

MARGIN = timedelta(minutes=15)
STILL_USABLE = timedelta(minutes=1)
CLAIM = timedelta(seconds=12)
WAIT_SECONDS = 30
POLL_SECONDS = 0.1
QUICK_SECONDS = 1.0
PAUSE_SECONDS = 0.5

_STRIPES = tuple(threading.Lock() for _ in range(256))


def credentials_for(runtime: Runtime, user_id: str, *, rejected: str | None = None) -> Credentials:
    """Google Credentials whose access token is good for at least a minute.

    `rejected` is an access token that Google has just refused: it is replaced however long it should have
    lived. Raises NotConnected with the reason as its code when only connecting again helps, and
    SourceUnavailable when Google cannot be reached.
    """
    token = _current(runtime, user_id)
    if _is_due(token, rejected):
        with _STRIPES[hash(user_id) % len(_STRIPES)]:
            token = _refreshed(runtime, user_id, rejected)
    return Credentials(token=token.access_token, scopes=list(token.scopes))  # type: ignore[no-untyped-call]


def refresh_now(runtime: Runtime, user_id: str, actor: Actor) -> str:
    """Refresh at once, due or not, whatever has failed lately; the token's status after it.

    Raises Forbidden, NotConnected with the reason as its code, SourceUnavailable.
    """
    allow(actor, user_id)
    current = _current(runtime, user_id)
    with transaction(runtime.sessions) as session:
        session.execute(update(GmailToken).where(GmailToken.user_id == user_id).values(retry_refresh_at=None))
        if actor.user_id != user_id:
            audit.record(session, actor=actor.user_id, action="refresh_token", subject=user_id)
    with _STRIPES[hash(user_id) % len(_STRIPES)]:
        return _refreshed(runtime, user_id, current.access_token).status


def _is_due(token: StoredToken, rejected: str | None) -> bool:
    return token.remaining < MARGIN or not token.access_token or token.access_token == rejected


def _current(runtime: Runtime, user_id: str) -> StoredToken:
    try:
        with transaction(runtime.sessions) as session:
            token = store.load(session, runtime.box, runtime.settings, user_id)
    except EncryptionError as exc:
        health.needs_reconnect(runtime.sessions, user_id, "undecryptable", str(exc), seal=None)
        raise NotConnected("the stored token cannot be decrypted", code="undecryptable") from exc
    if token is None or token.status == "not_connected":
        raise NotConnected("Gmail is not connected", code="not_connected")
    if token.status == "reconnect_required" and token.status_reason != "undecryptable":
        raise NotConnected("Gmail must be connected again", code=token.status_reason or "revoked_or_expired")
    return token


def _refreshed(runtime: Runtime, user_id: str, rejected: str | None) -> StoredToken:
    """Claim, read again, refresh, save; or wait for whoever holds the claim."""
    give_up = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < give_up:
        token = _current(runtime, user_id)
        if not _is_due(token, rejected):
            return token
        if token.cooling_down:
            return _usable(token, rejected)
        if not token.refreshing and _claim(runtime, user_id):
            token = _current(runtime, user_id)
            if not _is_due(token, rejected):
                _release(runtime, user_id)
                return token
            return _refresh_claimed(runtime, token, rejected)
        time.sleep(POLL_SECONDS)
    raise SourceUnavailable(
        "another process is refreshing this token and does not finish", code="refresh_busy"
    )


def _refresh_claimed(runtime: Runtime, token: StoredToken, rejected: str | None) -> StoredToken:
    if not token.refresh_token:
        health.needs_reconnect(runtime.sessions, token.user_id, "no_refresh_token", "", seal=token.seal)
        raise NotConnected("Google gave no refresh token", code="no_refresh_token")
    try:
        grant = _asked(runtime, token)
    except NotConnected as exc:
        health.needs_reconnect(runtime.sessions, token.user_id, exc.code, str(exc), seal=token.seal)
        raise
    except SourceUnavailable as exc:
        health.failing(runtime.sessions, token.user_id, str(exc))
        return _usable(_current(runtime, token.user_id), rejected, cause=exc)
    _save(runtime, token, grant)
    return _current(runtime, token.user_id)


def _asked(runtime: Runtime, token: StoredToken) -> Grant:
    """Ask Google; once more where it failed at once and the claim lasts."""
    began = time.monotonic()
    try:
        return ask_google(runtime.settings, token)
    except SourceUnavailable:
        if time.monotonic() - began > QUICK_SECONDS:
            raise
    time.sleep(PAUSE_SECONDS)
    return ask_google(runtime.settings, token)


def _usable(token: StoredToken, rejected: str | None, cause: Exception | None = None) -> StoredToken:
    """An access token that could not be renewed yet may still live long enough for this call."""
    if token.access_token and token.access_token != rejected and token.remaining > STILL_USABLE:
        return token
    raise SourceUnavailable("the access token could not be refreshed", code="refresh_failed") from cause


def _claim(runtime: Runtime, user_id: str) -> bool:
    statement = (
        update(GmailToken)
        .where(GmailToken.user_id == user_id, _unclaimed())
        .values(refreshing_until=func.now() + CLAIM)
        .returning(GmailToken.id)
    )
    with transaction(runtime.sessions) as session:
        return session.scalar(statement) is not None


def _unclaimed() -> Any:
    return or_(GmailToken.refreshing_until.is_(None), GmailToken.refreshing_until < func.now())


def _release(runtime: Runtime, user_id: str) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(update(GmailToken).where(GmailToken.user_id == user_id).values(refreshing_until=None))


def _save(runtime: Runtime, token: StoredToken, grant: Grant) -> None:
    """Keep the new access token unless the person has connected anew or a later refresh was saved."""
    expiry = store.lifetime(grant.expires_in or 0)
    values: dict[str, Any] = {
        "token_data": GmailToken.token_data.op("||")(store.sealed(runtime.box, token.user_id, grant)),
        "expiry": expiry,
        "scopes": list(grant.scopes),
        "status": "healthy",
        "status_reason": None,
        "status_detail": None,
        "failure_count": 0,
        "last_refresh_at": func.now(),
        "refreshing_until": None,
        "retry_refresh_at": None,
    }
    if grant.refresh_token_expires_in is not None:
        values["refresh_token_expires_at"] = store.lifetime(grant.refresh_token_expires_in)
    newer = or_(GmailToken.expiry.is_(None), GmailToken.expiry < expiry)
    with transaction(runtime.sessions) as session:
        saved = session.scalar(
            update(GmailToken).where(_same_grant(token), newer).values(values).returning(GmailToken.id)
        )
        if saved is not None:
            store.record(session, token.user_id, "refreshed", {"expires_in": grant.expires_in})


def _same_grant(token: StoredToken) -> Any:
    return and_(
        GmailToken.user_id == token.user_id,
        GmailToken.token_data["refresh_token"].astext == token.seal,
    )
