"""The Slack account of somebody who has signed in with Google: the member with the same address.

Both sides vouch for it: the identity provider for the sign-in's address, Slack for its member's.
"""

from __future__ import annotations

import structlog
from sqlalchemy import select

from services.db.engine import transaction
from services.db.models import User, UserIdentity
from services.delivery import slack
from services.people.directory import map_to_slack
from services.people.registry import UnknownPerson
from services.runtime import Runtime

log = structlog.get_logger(__name__)


def find(runtime: Runtime, user_id: str) -> str | None:
    """Look for the person's Slack account and remember it; its id, or None where there is none to be had.

    Raises SlackError.
    """
    with transaction(runtime.sessions) as session:
        user = session.get(User, user_id)
        emails = session.scalars(select(UserIdentity.email).where(UserIdentity.user_id == user_id)).all()
    if user is None or user.slack_user_id is not None:
        return user.slack_user_id if user is not None else None
    for email in filter(None, emails):
        profile = slack.lookup_by_email(runtime.slack, email)
        if profile is not None and profile.email_confirmed and profile.email == email:
            return _remember(runtime, user_id, profile)
    return None


def _remember(runtime: Runtime, user_id: str, profile: slack.SlackProfile) -> str | None:
    try:
        with transaction(runtime.sessions) as session:
            map_to_slack(session, user_id, profile)
    except UnknownPerson as exc:
        log.warning("slack_account_taken", user=user_id, error=exc.code)
        return None
    return profile.user_id
