"""Leaving for good: what Google gave is revoked, and every row of the person is deleted."""

from __future__ import annotations

from sqlalchemy import delete, func, update

from services import audit
from services.access import Actor, allow
from services.connect.disconnect import disconnect
from services.db.engine import transaction
from services.db.models import Alert, GmailToken, SignIn, TokenEvent, User
from services.errors import NotConnected
from services.people.registry import UnknownPerson
from services.runtime import Runtime


def delete_person(runtime: Runtime, user_id: str, actor: Actor) -> bool:
    """Revoke at Google and delete everything of a person; what remains is in the access log, under an id.

    Returns whether nothing is left at Google either. Raises Forbidden, UnknownPerson.
    """
    allow(actor, user_id)
    with transaction(runtime.sessions) as session:
        if session.get(User, user_id) is None:
            raise UnknownPerson(f"nobody is known as {user_id!r}")
    try:
        clean = disconnect(runtime, user_id, actor).revoked
    except NotConnected:
        clean = True
    with transaction(runtime.sessions) as session:
        # The digests stay without an owner: a cookie in another tab must not bring the person back.
        session.execute(
            update(SignIn)
            .where(SignIn.user_id == user_id)
            .values(user_id=None, revoked_at=func.coalesce(SignIn.revoked_at, func.now()))
        )
        session.execute(delete(User).where(User.id == user_id))
        session.execute(delete(GmailToken).where(GmailToken.user_id == user_id))
        session.execute(delete(TokenEvent).where(TokenEvent.user_id == user_id))
        session.execute(delete(Alert).where(Alert.subject == user_id))
        audit.record(session, actor=actor.user_id, action="delete_person", subject=user_id)
    return clean
