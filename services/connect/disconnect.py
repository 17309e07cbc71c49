"""Disconnecting: revoked at Google, as far as Google answers, and deleted here whatever Google says."""

from __future__ import annotations

from dataclasses import dataclass

import requests
import structlog

from services import audit
from services.access import Actor, allow
from services.db.engine import transaction
from services.errors import EncryptionError, NotConnected
from services.runtime import Runtime
from services.settings import Settings
from services.tokens import store

TIMEOUT_SECONDS = 10
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Disconnected:
    """`revoked`: Google knows of it. Where not, the person can remove the access at Google themselves."""

    revoked: bool


def disconnect(runtime: Runtime, user_id: str, actor: Actor) -> Disconnected:
    """Revoke a person's grant at Google and delete their tokens. Raises Forbidden, NotConnected."""
    allow(actor, user_id)
    secret = _token_to_revoke(runtime, user_id)
    revoked = secret is not None and revoke(runtime.settings, secret)
    with transaction(runtime.sessions) as session:
        store.remove(session, user_id)
        if actor.user_id != user_id:
            audit.record(
                session,
                actor=actor.user_id,
                action="disconnect",
                subject=user_id,
                detail={"revoked": revoked},
            )
    return Disconnected(revoked)


def _token_to_revoke(runtime: Runtime, user_id: str) -> str | None:
    """The refresh token, which takes the access tokens with it; None where none can be read."""
    try:
        with transaction(runtime.sessions) as session:
            token = store.load(session, runtime.box, runtime.settings, user_id)
    except EncryptionError:
        return None
    if token is None:
        raise NotConnected("Gmail is not connected", code="not_connected")
    if not token.mailbox_known:  # imported, and perhaps another person's to revoke
        return None
    return token.refresh_token or token.access_token or None


def revoke(settings: Settings, secret: str) -> bool:
    """Take back at Google what a token stands for; False where Google does not confirm it."""
    try:
        answer = requests.post(
            settings.google_revoke_uri,
            data={"token": secret},
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as exc:
        log.warning("revoke_failed", error=type(exc).__name__)
        return False
    # 400 is Google's answer for a token that it does not know any longer.
    gone = answer.status_code == 400 and "invalid_token" in answer.text[:1_000]
    if not (answer.ok or gone):
        log.warning("revoke_failed", status=answer.status_code)
    return answer.ok or gone
