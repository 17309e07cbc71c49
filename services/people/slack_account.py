"""The Slack account of somebody who has signed in with Google: the member with the same address.

Both sides vouch for it: the identity provider for the sign-in's address, Slack for its member's. Somebody
whom the assistant knows by that Slack account alone, and who has never signed in, is the same person.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import exists, select

from services.access import Actor, admins_only
from services.db.engine import transaction
from services.db.models import User, UserIdentity
from services.delivery import pace, slack
from services.people import join_work, slack_link
from services.people.directory import map_to_slack
from services.people.registry import UnknownPerson, by_any_id
from services.runtime import Runtime

SUGGESTIONS = 10
log = structlog.get_logger(__name__)


def find(runtime: Runtime, user_id: str, *, patience: timedelta = pace.PATIENCE) -> str | None:
    """Look for the person's Slack account and remember it; its id, or None where there is none to be had.

    Raises SlackError: NotYet where very many are being looked for.
    """
    with transaction(runtime.sessions) as session:
        user = session.get(User, user_id)
        emails = session.scalars(select(UserIdentity.email).where(UserIdentity.user_id == user_id)).all()
    if user is None or user.slack_user_id is not None:
        return user.slack_user_id if user is not None else None
    for email in filter(None, emails):
        with pace.turn(runtime, pace.BY_EMAIL, patience=patience):
            profile = slack.lookup_by_email(runtime.slack, email)
        if profile is not None and profile.email_confirmed and profile.email == email:
            return _remember(runtime, user_id, profile)
    return None


def assign(runtime: Runtime, user_id: str, slack_user_id: str, actor: Actor) -> slack.SlackProfile:
    """An admin says which Slack account is a person's; who that is on Slack.

    Raises Forbidden, UnknownPerson (code `slack_taken` where it is somebody else's), SlackError: SlackRefused
    with code `user_not_found` where Slack knows nobody of that id.
    """
    admins_only(actor)
    with pace.turn(runtime, pace.INFO, patience=pace.PATIENCE):
        profile = slack.profile(runtime.slack, slack_user_id.strip())
    with transaction(runtime.sessions) as session:
        by_any_id(session, user_id)
        map_to_slack(session, user_id, profile, actor=actor)
    return profile


def search(runtime: Runtime, text: str, actor: Actor) -> list[slack.SlackProfile]:
    """Slack members to choose from: whoever has this address, or whose name, address or id contains `text`.

    At most ten, by name. Raises Forbidden, SlackError.
    """
    admins_only(actor)
    wanted = text.strip().casefold()
    if not wanted:
        return []
    if "@" in wanted:
        with pace.turn(runtime, pace.BY_EMAIL, patience=pace.PATIENCE):
            profile = slack.lookup_by_email(runtime.slack, wanted)
        if profile is not None:
            return [profile]
    pages = pace.turns(runtime, pace.LIST, patience=pace.PATIENCE)
    found = [
        member
        for member in slack.members(runtime.slack, turn=pages)
        if any(wanted in field.casefold() for field in (member.name, member.email, member.user_id))
    ]
    return sorted(found, key=lambda member: (member.name.casefold(), member.user_id))[:SUGGESTIONS]


def _remember(runtime: Runtime, user_id: str, profile: slack.SlackProfile) -> str | None:
    try:
        with transaction(runtime.sessions) as session:
            map_to_slack(session, user_id, profile)
    except UnknownPerson:
        return _join_holder(runtime, user_id, profile)
    return profile.user_id


def _join_holder(runtime: Runtime, user_id: str, profile: slack.SlackProfile) -> str | None:
    """Become one with whoever has the account, unless they sign in by themselves: then they are asked."""
    with transaction(runtime.sessions) as session:
        signs_in = exists().where(UserIdentity.user_id == User.id)
        holder = session.scalar(
            select(User).where(User.slack_user_id == profile.user_id, User.active, ~signs_in)
        )
        if holder is None:
            log.warning("slack_account_taken", user=user_id)
            return None
        link_id = slack_link.vouched_for(session, holder, user_id)
    join_work.join(runtime, link_id)
    with transaction(runtime.sessions) as session:
        return session.scalar(select(User.slack_user_id).where(User.id == user_id))
