"""People: how they come to be known, who is an admin, and `python -m services.people promote EMAIL`."""

from __future__ import annotations

import argparse
import sys
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from services.db.engine import make_sessions, transaction
from services.db.models import BriefingSettings, User
from services.delivery.slack import SlackProfile
from services.due import next_due
from services.errors import PortalError
from services.settings import Settings, load_settings


class UnknownPerson(PortalError):
    """Nobody is known by that name."""

    permanent = True
    code = "unknown_person"


@dataclass(frozen=True, slots=True)
class NewPerson:
    """What is known of somebody when they first appear."""

    display_name: str
    email: str | None
    locale: str
    timezone: str
    slack_user_id: str | None = None


def register(session: Session, new: NewPerson, settings: Settings, *, now: datetime) -> User:
    """Store a person with the default briefing settings; who has the Slack account already is returned."""
    if new.slack_user_id is not None:
        known = by_slack_user_id(session, new.slack_user_id)
        if known is not None:
            return known
    user = User(
        id=str(uuid.uuid4()),
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


def map_to_slack(session: Session, user_id: str, profile: SlackProfile) -> None:
    """Remember which Slack account is a person's. Raises UnknownPerson when it is somebody else's already."""
    taken = by_slack_user_id(session, profile.user_id)
    if taken is not None and taken.id != user_id:
        raise UnknownPerson(f"Slack user {profile.user_id} belongs to somebody else", code="slack_taken")
    session.execute(
        update(User).where(User.id == user_id).values(slack_user_id=profile.user_id, slack_channel=None)
    )


def promote(session: Session, email: str) -> User:
    """Make somebody an admin. Raises UnknownPerson when nobody has signed in with that address."""
    user: User | None = session.scalar(
        update(User).where(func.lower(User.email) == email.lower()).values(role="admin").returning(User)
    )
    if user is None:
        raise UnknownPerson(f"nobody with the address {email} has signed in yet")
    return user


def main(arguments: list[str] | None = None) -> int:
    """The command line; 0 when done, 1 with a sentence when not."""
    from services.runtime import database

    parser = argparse.ArgumentParser(prog="python -m services.people")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("promote", help="make somebody an admin").add_argument("email")
    options = parser.parse_args(arguments)
    try:
        with database(load_settings(need=())) as opened, transaction(make_sessions(opened.engine)) as session:
            user = promote(session, options.email)
            sys.stdout.write(f"{user.display_name or user.email} is an admin now.\n")
    except PortalError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
