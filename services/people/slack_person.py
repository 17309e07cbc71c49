"""Who it is that writes to the assistant: somebody known, or registered by their first message."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.db.engine import transaction
from services.db.models import User, UserIdentity
from services.delivery import pace, slack
from services.delivery.slack import SlackProfile
from services.errors import SlackRefused
from services.i18n import translator
from services.people.directory import map_to_slack
from services.people.registry import NewPerson, UnknownPerson, by_slack_user_id, register
from services.runtime import Runtime
from services.settings import Settings

NAME_LENGTH = 200
log = structlog.get_logger(__name__)


def known(runtime: Runtime, slack_user_id: str) -> User | None:
    """The person with this Slack account, None where it is nobody's."""
    with transaction(runtime.sessions) as session:
        return by_slack_user_id(session, slack_user_id)


def recognise(runtime: Runtime, slack_user_id: str, channel: str, *, now: datetime) -> User | None:
    """The person who writes in the DM `channel`, registered by that if need be; None for bots and guests.

    Somebody who signed in with the address that Slack has confirmed, and has no Slack account yet, is the
    same person: both sides vouch for it. Raises SlackError where Slack does not say who it is.
    """
    found = _at_home(runtime, slack_user_id, channel)
    if found is not None:
        return found
    profile = _profile(runtime, slack_user_id)
    if profile is None:
        return None
    try:
        with transaction(runtime.sessions) as session:
            _take_in(session, runtime.settings, profile, now)
    except (IntegrityError, UnknownPerson):  # they signed in with Slack at this very moment
        log.info("slack_person_came_twice", slack_user=slack_user_id)
    return _at_home(runtime, slack_user_id, channel)


def _at_home(runtime: Runtime, slack_user_id: str, channel: str) -> User | None:
    """The person, with the DM they write in remembered."""
    with transaction(runtime.sessions) as session:
        user = by_slack_user_id(session, slack_user_id)
        if user is not None and user.slack_channel != channel:
            user.slack_channel = channel
        return user


def _profile(runtime: Runtime, slack_user_id: str) -> SlackProfile | None:
    try:
        with pace.turn(runtime, pace.INFO, patience=pace.PATIENCE):
            profile = slack.profile(runtime.slack, slack_user_id)
    except SlackRefused as exc:
        log.warning("slack_person_unknown", slack_user=slack_user_id, error=exc.code)
        return None
    return profile if profile.is_member else None


def _take_in(session: Session, settings: Settings, profile: SlackProfile, now: datetime) -> None:
    """Join the Slack account to who signed in with its address, or register somebody new."""
    signed_in = _signed_in_with(session, profile)
    if signed_in is not None:
        map_to_slack(session, signed_in, profile)
        return
    new = NewPerson(
        display_name="".join(filter(str.isprintable, profile.name)).strip()[:NAME_LENGTH],
        email=profile.email if profile.email_confirmed else None,
        locale=translator(profile.locale, default=settings.default_locale).language,
        timezone=_zone(profile.timezone) or settings.briefing_timezone,
        slack_user_id=profile.user_id,
    )
    register(session, new, settings, now=now)


def _signed_in_with(session: Session, profile: SlackProfile) -> str | None:
    """The one person without a Slack account whose provider vouches for the address Slack has confirmed.

    Deactivated or not: who has been shut out does not come back by another door.
    """
    if not (profile.email and profile.email_confirmed):
        return None
    people = session.scalars(
        select(User.id)
        .join(UserIdentity, UserIdentity.user_id == User.id)
        .where(UserIdentity.email == profile.email, User.slack_user_id.is_(None))
        .distinct()
    ).all()
    return people[0] if len(people) == 1 else None


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ""
