"""Who may do what to whose data: asked in services, so that no page or route can forget it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.db.models import User
from services.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Actor:
    """On whose behalf something is done."""

    user_id: str
    is_admin: bool = False


def allow(actor: Actor, user_id: str) -> None:
    """Only the person themselves or an admin. Raises Forbidden."""
    if actor.user_id != user_id and not actor.is_admin:
        raise Forbidden("this is another person's")


def admins_only(actor: Actor) -> None:
    """Raises Forbidden for anybody but an admin."""
    if not actor.is_admin:
        raise Forbidden("this is for admins")


def still_admin(session: Session, actor: Actor) -> None:
    """As the database has it at this moment: what was allowed when a page was drawn may have ended since."""
    admins_only(actor)
    role = session.scalar(select(User.role).where(User.id == actor.user_id, User.active))
    if role != "admin":
        raise Forbidden("this is for admins")
