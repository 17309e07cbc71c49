"""Access tokens that are good for a while: refreshed when due, by one caller at a time.

In the process a lock a person, between processes the claim `refreshing_until`, set with one UPDATE: whoever
sets it reads again, refreshes and saves; the others wait and read the result. No transaction is open while
Google is asked.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from typing import Any

from google.oauth2.credentials import Credentials
from sqlalchemy import and_, func, or_, update

from services import audit
from services.access import Actor, allow
from services.db.engine import transaction
from services.db.models import GmailToken
from services.errors import EncryptionError, NotConnected, SourceRefused, SourceUnavailable
from services.runtime import Runtime
from services.tokens import health, lifespan, store
from services.tokens.google import ask_google
from services.tokens.mailbox_check import check_mailbox
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
    SourceUnavailable when Google cannot be reached. An imported token is handed out only once Gmail has said
    that the mailbox is this person's.
    """
    token = _renewed(runtime, user_id, rejected)
    if not token.mailbox_known:
        token = _of_known_mailbox(runtime, token)
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
        token = _refreshed(runtime, user_id, current.access_token)
    return (token if token.mailbox_known else _of_known_mailbox(runtime, token)).status


def prove(runtime: Runtime, user_id: str) -> Credentials:
    """Refresh though it may not be due, to see that it can be; Credentials as `credentials_for` gives them.

    A cooldown is kept. Raises NotConnected with the reason as its code, SourceUnavailable.
    """
    return credentials_for(runtime, user_id, rejected=_current(runtime, user_id).access_token or None)


def _renewed(runtime: Runtime, user_id: str, rejected: str | None) -> StoredToken:
    token = _current(runtime, user_id)
    if not _is_due(token, rejected):
        return token
    with _STRIPES[hash(user_id) % len(_STRIPES)]:
        return _refreshed(runtime, user_id, rejected)


def _of_known_mailbox(runtime: Runtime, token: StoredToken) -> StoredToken:
    """The token, once it is known to be this person's; renewed where Google refuses it before its time."""
    try:
        check_mailbox(runtime, token)
    except SourceRefused:
        token = _renewed(runtime, token.user_id, token.access_token)
        try:
            check_mailbox(runtime, token)
        except SourceRefused as exc:
            raise SourceUnavailable("Google refuses a token it has just given", code=exc.code) from exc
    return token


def _is_due(token: StoredToken, rejected: str | None) -> bool:
    return token.remaining < MARGIN or not token.access_token or token.access_token == rejected


def _current(runtime: Runtime, user_id: str) -> StoredToken:
    try:
        with transaction(runtime.sessions) as session:
            token = store.load(session, runtime.box, runtime.settings, user_id)
    except EncryptionError as exc:
        health.needs_reconnect(runtime.sessions, user_id, "undecryptable", str(exc))
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
        claim = None if token.refreshing else _claim(runtime, user_id)
        if claim is not None:
            try:
                return _refresh_claimed(runtime, user_id, rejected)
            finally:
                _release(runtime, user_id, claim)
        time.sleep(POLL_SECONDS)
    raise SourceUnavailable(
        "another process is refreshing this token and does not finish", code="refresh_busy"
    )


def _refresh_claimed(runtime: Runtime, user_id: str, rejected: str | None) -> StoredToken:
    token = _current(runtime, user_id)
    if not _is_due(token, rejected):
        return token
    try:
        grant = _asked(runtime, token)
    except NotConnected as exc:
        health.needs_reconnect(runtime.sessions, user_id, exc.code, str(exc), grant_id=token.grant_id)
        raise
    except SourceUnavailable as exc:
        health.failing(runtime.sessions, user_id, str(exc), grant_id=token.grant_id)
        return _usable(_current(runtime, user_id), rejected, cause=exc)
    _save(runtime, token, grant)
    return _current(runtime, user_id)


def _asked(runtime: Runtime, token: StoredToken) -> Grant:
    """Ask Google; once more where it failed at once and the claim lasts."""
    if not token.refresh_token:
        raise NotConnected("Google gave no refresh token", code="no_refresh_token")
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


def _claim(runtime: Runtime, user_id: str) -> datetime | None:
    """Take the turn for a while: until when, or None where somebody else has it."""
    statement = (
        update(GmailToken)
        .where(
            GmailToken.user_id == user_id,
            or_(GmailToken.refreshing_until.is_(None), GmailToken.refreshing_until < func.now()),
        )
        .values(refreshing_until=func.now() + CLAIM)
        .returning(GmailToken.refreshing_until)
    )
    with transaction(runtime.sessions) as session:
        return session.scalar(statement)


def _release(runtime: Runtime, user_id: str, claim: datetime) -> None:
    """Give the turn back, unless it has lapsed and is somebody else's by now."""
    with transaction(runtime.sessions) as session:
        session.execute(
            update(GmailToken)
            .where(GmailToken.user_id == user_id, GmailToken.refreshing_until == claim)
            .values(refreshing_until=None)
        )


def _save(runtime: Runtime, token: StoredToken, grant: Grant) -> None:
    """Keep the new access token unless the person has connected anew or a later refresh was saved."""
    expiry, dies_at = store.lifetime(grant.expires_in or 0), store.lifetime(grant.refresh_token_expires_in)
    values: dict[str, Any] = {
        "token_data": GmailToken.token_data.op("||")(store.sealed(runtime.box, token.user_id, grant)),
        "expiry": expiry,
        "scopes": list(grant.scopes),
        "status": lifespan.working_status(),
        "status_reason": None,
        "status_detail": None,
        "failure_count": 0,
        "last_refresh_at": func.now(),
        "retry_refresh_at": None,
    }
    if dies_at is not None:
        values |= {"refresh_token_expires_at": dies_at, "status": lifespan.working_status(dies_at)}
    newer = or_(GmailToken.expiry.is_(None), GmailToken.expiry < expiry)
    same_grant = and_(GmailToken.user_id == token.user_id, GmailToken.grant_id == token.grant_id)
    with transaction(runtime.sessions) as session:
        saved = session.scalar(
            update(GmailToken).where(same_grant, newer).values(values).returning(GmailToken.id)
        )
        if saved is not None:
            store.record(session, token.user_id, "refreshed", {"expires_in": grant.expires_in})
