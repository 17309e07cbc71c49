"""How people come to be known, and how they are found again."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.db.models import BriefingSettings, User
from services.due import next_due
from services.errors import PortalError
from services.settings import Settings


class UnknownPerson(PortalError):
    """Nobody is known by that name."""

    permanent = True
    code = "unknown_person"


@dataclass(frozen=True, slots=True)
class NewPerson:
    """What is known of somebody when they first appear; `old_id` and `username` of an imported one."""

    display_name: str
    email: str | None
    locale: str
    timezone: str
    slack_user_id: str | None = None
    old_id: str | None = None
    username: str | None = None


def register(session: Session, new: NewPerson, settings: Settings, *, now: datetime) -> User:
    """Store a person with the default briefing settings; who has the Slack account already is returned."""
    if new.slack_user_id is not None:
        known = by_slack_user_id(session, new.slack_user_id)
        if known is not None:
            return known
    user = User(
        id=new.old_id or str(uuid.uuid4()),
        username=new.username,
        display_name=new.display_name,
        email=new.email.lower() if new.email else None,
        locale=new.locale,
        timezone=new.timezone,
        slack_user_id=new.slack_user_id,
        role="admin" if new.email and new.email.lower() in settings.admin_emails else "member",
    )
    session.add(user)
    session.flush()
    record = BriefingSettings(
        user_id=user.id, send_at=settings.briefing_time, feeds=list(settings.news_feeds)
    )
    session.add(record)
    session.flush()
    session.refresh(record)
    session.refresh(user)
    record.next_due_at = next_due(record, user.timezone, after=now)
    return user


def by_slack_user_id(session: Session, slack_user_id: str) -> User | None:
    return session.scalar(select(User).where(User.slack_user_id == slack_user_id))


def by_any_id(session: Session, user_id: str) -> User:
    """A person by id or Slack user id. Raises UnknownPerson."""
    found = session.get(User, user_id) or by_slack_user_id(session, user_id)
    if found is None:
        raise UnknownPerson(f"nobody is known as {user_id!r}")
    return found


def active_admins(session: Session) -> list[User]:
    """Who is told what concerns everybody."""
    return list(session.scalars(select(User).where(User.role == "admin", User.active).order_by(User.id)))
