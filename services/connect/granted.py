"""What a granted consent leads to: the tokens tried by a real call, stored, and what waited called up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.oauth2.credentials import Credentials
from sqlalchemy import update

from services.assistant import pending
from services.connect import sessions
from services.db.engine import transaction
from services.db.models import AuthSession, User
from services.deferral import defer
from services.delivery import ahead, completion
from services.errors import ConnectError
from services.runtime import Runtime
from services.sources.gmail.client import get_profile
from services.sources.gmail.quota import meter_of
from services.tokens import health, store
from services.tokens.google import claims_in, grant_from_answer
from services.tokens.store import Grant


def store_grant(runtime: Runtime, attempt: AuthSession, answer: Mapping[str, Any]) -> AuthSession:
    """Try what the token endpoint answered, then store it and move to `authorized` in one transaction.

    Raises ConnectError with code `missing_scope`, `other_account` or `state_used`, SourceRefused and
    SourceUnavailable where Gmail does not take the tokens.
    """
    claims = claims_in(answer.get("id_token"))
    grant = _grant(attempt, answer)
    missing = [scope for scope in runtime.settings.required_scopes if scope not in grant.scopes]
    if missing:
        # What was asked for alone would have been added to the other account's grant.
        _same_account(runtime, attempt, str(claims.get("email") or ""))
        raise ConnectError(f"not granted: {' '.join(missing)}", code="missing_scope")
    email = _mailbox(runtime, attempt, grant)
    _same_account(runtime, attempt, email)
    details = {
        "email": email,
        "display_name": claims.get("name") or "",
        "account_type": "workspace" if claims.get("hd") else "gmail",
    }
    return _store(runtime, attempt, grant, details)


def _grant(attempt: AuthSession, answer: Mapping[str, Any]) -> Grant:
    scopes = answer.get("scope") or ()
    granted = scopes if isinstance(scopes, str) else " ".join(scopes)
    return grant_from_answer({**answer, "scope": granted}, default_scopes=tuple(attempt.scopes))


def _mailbox(runtime: Runtime, attempt: AuthSession, grant: Grant) -> str:
    """The real call: whose mailbox the tokens open."""
    credentials = Credentials(token=grant.access_token)  # type: ignore[no-untyped-call]
    meter = meter_of(runtime, attempt.user_id)
    return get_profile(credentials, root=runtime.settings.gmail_api_url, meter=meter)


def _same_account(runtime: Runtime, attempt: AuthSession, chosen: str) -> None:
    """Raise ConnectError `other_account`, whose account noted for the person to be told, where it is another.

    An account that is not known is not another.
    """
    if not attempt.login_hint or not chosen or chosen.lower() == attempt.login_hint.lower():
        return
    with transaction(runtime.sessions) as session:
        session.execute(
            update(AuthSession).where(AuthSession.id == attempt.id).values(google_email=chosen.lower())
        )
    raise ConnectError("another Google account than the connected one was chosen", code="other_account")


def _store(runtime: Runtime, attempt: AuthSession, grant: Grant, details: dict[str, Any]) -> AuthSession:
    with transaction(runtime.sessions) as session:
        moved = sessions.advance(
            session,
            attempt.id,
            "authorized",
            "authorized",
            google_email=details["email"],
            code_verifier=None,
        )
        if moved is None:
            raise ConnectError("the auth session has ended meanwhile", code="state_used")
        owner = moved.user_id  # by now: two people may have become one meanwhile
        known_as = {**details, "slack_user_id": session.get_one(User, owner).slack_user_id}
        store.save_connection(
            session, runtime.box, runtime.settings, user_id=owner, grant=grant, details=known_as
        )
        ahead.compose_again(session, owner)
        completion.call_up(session, owner)
        pending.call_up(session, owner)
        defer(session, "first_fetch", attempt.id)
    health.mark_used(runtime.sessions, owner, purpose="connect")
    return moved
