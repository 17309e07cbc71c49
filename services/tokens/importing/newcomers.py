"""Owners of old tokens who become people here, under the id that the old system knew them by."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.db.models import User
from services.people.registry import NewPerson, by_slack_user_id, register
from services.settings import Settings
from services.tokens.importing.errors import ImportRefused
from services.tokens.importing.shapes import OldToken


def register_owner(session: Session, settings: Settings, token: OldToken) -> str:
    """Make a token's owner a person; their id.

    A sign-in with Slack leads them to it. Raises ImportRefused: `no_old_id`, `id_taken`, `slack_taken`.
    """
    if not token.old_user_id:
        raise ImportRefused("no_old_id")
    if session.get(User, token.old_user_id) is not None:
        raise ImportRefused("id_taken")
    if token.slack_user_id and by_slack_user_id(session, token.slack_user_id) is not None:
        raise ImportRefused("slack_taken")
    named = session.scalar(select(User.id).where(User.username == token.username))
    new = NewPerson(
        display_name=token.display_name or token.username or token.old_user_id,
        email=token.mailbox or None,
        locale=settings.default_locale,
        timezone=settings.briefing_timezone,
        slack_user_id=token.slack_user_id,
        old_id=token.old_user_id,
        username=token.username if named is None else None,
    )
    user = register(session, new, settings, now=datetime.now(UTC))
    user.role = "member"  # an address in a document makes nobody an admin
    return user.id
