"""The connect link that the assistant hands out in a DM: a one-time proof of the Slack account it went to.

Following it changes nothing, so that a preview of it does no harm; what it is good for is in `joining`.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, and_, func
from sqlalchemy.orm import Session

from services.db.models import SlackLink, User
from services.settings import Settings

LIFETIME = timedelta(hours=24)
# Whoever has joined with a link may open it again from the DM.
REMEMBERED = timedelta(days=30)


def issue(session: Session, settings: Settings, user: User, *, add: str | None = None) -> str:
    """The address for a connect button in this person's DM, good for a day; `add` is `calendar` or None.

    Somebody who is not on Slack gets the plain address: there is nothing to prove.
    """
    query = {"add": add} if add else {}
    if user.slack_user_id is not None:
        token = secrets.token_urlsafe(24)
        session.add(
            SlackLink(
                digest=digest(token),
                user_id=user.id,
                slack_user_id=user.slack_user_id,
                expires_at=func.now() + LIFETIME,
            )
        )
        session.flush()
        query = {"slack": token} | query
    return f"{settings.portal_url}/connect" + (f"?{urlencode(query)}" if query else "")


def vouched_for(session: Session, holder: User, user_id: str) -> str:
    """A link that nobody has to follow: both sides vouch that `user_id` is this Slack account's person."""
    link = SlackLink(
        digest=digest(secrets.token_urlsafe(24)),
        user_id=holder.id,
        slack_user_id=holder.slack_user_id,
        status="confirmed",
        expires_at=func.now() + LIFETIME,
        used_at=func.now(),
        used_by=user_id,
    )
    session.add(link)
    session.flush()
    return link.id


def digest(token: str) -> str:
    """How the token of a link is stored; anything from an address may be asked for."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_old() -> ColumnElement[bool]:
    """Links of which nothing is to come any longer."""
    return and_(
        SlackLink.expires_at < func.now() - REMEMBERED,
        SlackLink.status != "confirmed",
        SlackLink.dropped_token.is_(None),
    )
