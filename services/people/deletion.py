"""Leaving for good: what Google gave is revoked, and everything that is held on the person is deleted."""

from __future__ import annotations

import time
from contextlib import suppress

from sqlalchemy import select

from services import audit
from services.access import Actor, allow
from services.connect.disconnect import disconnect
from services.db.engine import transaction
from services.db.models import SlackLink, User
from services.errors import DatabaseUnavailable, NotConnected
from services.people import join_work
from services.people.forgetting import forget
from services.people.registry import UnknownPerson
from services.runtime import Runtime

TRIES = 10
PAUSE_SECONDS = 0.3


def delete_person(runtime: Runtime, user_id: str, actor: Actor) -> bool:
    """Revoke at Google and delete everything of a person; what remains is in the access log, under an id.

    Returns whether nothing is left at Google either. Raises Forbidden, UnknownPerson, and DatabaseUnavailable
    where somebody has been in the middle of something with the person for seconds: nothing is deleted then.
    """
    allow(actor, user_id)
    with transaction(runtime.sessions) as session:
        if session.get(User, user_id) is None:
            raise UnknownPerson(f"nobody is known as {user_id!r}")
        dropped = session.scalars(
            select(SlackLink.id).where(SlackLink.user_id == user_id, join_work.has_dropped())
        ).all()
    for link_id in dropped:
        join_work.revoke_dropped(runtime, link_id)
    try:
        clean = disconnect(runtime, user_id, actor).revoked
    except NotConnected:
        clean = True
    for _ in range(TRIES - 1):
        with suppress(DatabaseUnavailable):
            _delete(runtime, user_id, actor)
            return clean
        time.sleep(PAUSE_SECONDS)
    _delete(runtime, user_id, actor)
    return clean


def _delete(runtime: Runtime, user_id: str, actor: Actor) -> None:
    with transaction(runtime.sessions) as session:
        if session.get(User, user_id) is None:  # another browser was quicker
            return
        forget(session, runtime.settings, user_id)
        audit.record(session, actor=actor.user_id, action="delete_person", subject=user_id)
