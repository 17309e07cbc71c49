"""The people as admins see them: roles, activation, Slack accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services import audit
from services.access import Actor, admins_only
from services.db.models import BriefingSettings, GmailToken, SignIn, User
from services.delivery.slack import SlackProfile
from services.due import next_due
from services.errors import PortalError
from services.paging import PAGE_SIZE, Page, contains
from services.people.registry import UnknownPerson, by_slack_user_id
from services.settings import Settings


class PersonRefused(PortalError):
    """This cannot be done to this person.

    `code`: self (an admin to themselves), admin_by_settings (ADMIN_EMAILS names them), unknown_role.
    """

    permanent = True
    code = "person_refused"


@dataclass(frozen=True, slots=True)
class Person:
    """One line of the list; `token_status` is `not_connected` where there is no token."""

    user_id: str
    name: str
    email: str
    role: str
    active: bool
    slack_user_id: str | None
    token_status: str
    created_at: datetime
    last_sign_in: datetime | None


def list_people(session: Session, actor: Actor, query: str = "", page: int = 1) -> Page[Person]:
    """People whose name, address, username, id or Slack id contains `query`, by name. Raises Forbidden."""
    admins_only(actor)
    columns = (User.display_name, User.email, User.username, User.id, User.slack_user_id)
    found: ColumnElement[bool] = (
        or_(*(contains(column, query) for column in columns)) if query.strip() else true()
    )
    last_sign_in = (
        select(func.max(SignIn.first_seen_at))
        .where(SignIn.user_id == User.id)
        .correlate(User)
        .scalar_subquery()
    )
    total = session.execute(select(func.count()).select_from(User).where(found)).scalar_one()
    rows = session.execute(
        select(User, GmailToken.status, last_sign_in)
        .outerjoin(GmailToken, GmailToken.user_id == User.id)
        .where(found)
        .order_by(func.lower(User.display_name), User.id)
        .offset((max(1, page) - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    )
    return Page(tuple(_person(*row) for row in rows), total=total, number=max(1, page))


def _person(user: User, status: str | None, last_sign_in: datetime | None) -> Person:
    return Person(
        user_id=user.id,
        name=user.display_name,
        email=user.email or "",
        role=user.role,
        active=user.active,
        slack_user_id=user.slack_user_id,
        token_status=status or "not_connected",
        created_at=user.created_at,
        last_sign_in=last_sign_in,
    )


def set_role(session: Session, settings: Settings, actor: Actor, user_id: str, role: str) -> None:
    """Make somebody `admin` or `member`. Raises Forbidden, PersonRefused, UnknownPerson.

    Nobody takes the role from themselves: one admin always remains.
    """
    user = _others(session, actor, user_id)
    if role not in {"admin", "member"}:
        raise PersonRefused(f"{role!r} is no role", code="unknown_role")
    if role == "member" and (user.email or "").lower() in settings.admin_emails:
        raise PersonRefused("ADMIN_EMAILS names this person", code="admin_by_settings")
    user.role = role
    audit.record(session, actor=actor.user_id, action=f"set_role:{role}", subject=user_id)


def set_active(session: Session, actor: Actor, user_id: str, active: bool) -> None:
    """Let somebody in or shut them out; their briefings stop too. Raises Forbidden, PersonRefused."""
    user = _others(session, actor, user_id)
    user.active = active
    record = session.get(BriefingSettings, user_id)
    if record is not None:
        # What was due meanwhile is not made up for, and the scheduler need not look at it each time.
        now = session.execute(select(func.now())).scalar_one()
        record.next_due_at = next_due(record, user.timezone, after=now) if active else None
    audit.record(session, actor=actor.user_id, action="activate" if active else "deactivate", subject=user_id)


def _others(session: Session, actor: Actor, user_id: str) -> User:
    """Somebody other than the admin themselves, locked.

    All such changes wait for each other on the acting admin's own row, asked again whether they still are
    one: of two admins who shut each other out at once, one is too late.
    """
    admins_only(actor)
    if actor.user_id == user_id:
        raise PersonRefused("nobody does this to themselves", code="self")
    both = session.scalars(
        select(User).where(User.id.in_((actor.user_id, user_id))).order_by(User.id).with_for_update()
    )
    found = {user.id: user for user in both}
    acting = found.get(actor.user_id)
    admins_only(
        Actor(actor.user_id, is_admin=acting is not None and acting.role == "admin" and acting.active)
    )
    if user_id not in found:
        raise UnknownPerson(f"nobody is known as {user_id!r}")
    return found[user_id]


def map_to_slack(
    session: Session, user_id: str, profile: SlackProfile, *, actor: Actor | None = None
) -> None:
    """Remember which Slack account is a person's; by an admin where `actor` is given.

    Raises UnknownPerson with code `slack_taken` when it is somebody else's already, Forbidden.
    """
    if actor is not None:
        admins_only(actor)
        audit.record(session, actor=actor.user_id, action="map_to_slack", subject=user_id)
    taken = by_slack_user_id(session, profile.user_id)
    if taken is not None and taken.id != user_id:
        raise UnknownPerson(f"Slack user {profile.user_id} belongs to somebody else", code="slack_taken")
    mapped = update(User).where(User.id == user_id)
    try:
        with session.begin_nested():
            session.execute(mapped.values(slack_user_id=profile.user_id, slack_channel=None))
    except IntegrityError as exc:  # somebody else's since we looked
        message = f"Slack user {profile.user_id} belongs to somebody else"
        raise UnknownPerson(message, code="slack_taken") from exc


def unmap_from_slack(session: Session, user_id: str, *, actor: Actor) -> None:
    """Forget which Slack account is a person's, by an admin. Raises Forbidden, UnknownPerson."""
    admins_only(actor)
    unmapped = update(User).where(User.id == user_id).values(slack_user_id=None, slack_channel=None)
    if session.scalar(unmapped.returning(User.id)) is None:
        raise UnknownPerson(f"nobody is known as {user_id!r}")
    audit.record(session, actor=actor.user_id, action="unmap_from_slack", subject=user_id)


def promote(session: Session, email: str) -> User:
    """Make somebody an admin. Raises UnknownPerson when nobody has signed in with that address."""
    user: User | None = session.scalar(
        update(User).where(func.lower(User.email) == email.lower()).values(role="admin").returning(User)
    )
    if user is None:
        raise UnknownPerson(f"nobody with the address {email} has signed in yet")
    return user
