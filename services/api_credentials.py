"""Somebody's Google access for another service of ours, in Python, beside this one."""

from __future__ import annotations

from google.oauth2.credentials import Credentials

from services import audit
from services.db.engine import transaction
from services.people import by_any_id
from services.runtime import Runtime
from services.tokens.refresh import credentials_for


def lend_credentials(runtime: Runtime, user_id: str, *, borrower: str) -> Credentials:
    """Google Credentials good for at least a minute; `borrower` names the service in the access log.

    They hold no refresh token: ask again for each piece of work, so that one place refreshes. `user_id` may
    be the Slack user id. Raises UnknownPerson, NotConnected with the reason as its code, SourceUnavailable.
    """
    with transaction(runtime.sessions) as session:
        owner = by_any_id(session, user_id).id
        audit.record(session, actor=f"system:{borrower}", action="use_token", subject=owner)
    return credentials_for(runtime, owner)
