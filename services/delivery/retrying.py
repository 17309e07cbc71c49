"""Briefings that failed or were missed, tried again by an admin's hand."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import Session

from services import audit
from services.access import Actor, admins_only, still_admin
from services.db.models import Briefing, Run
from services.deferral import defer
from services.delivery.briefings import reopen_those
from services.delivery.overview import Filter, is_retryable, matching
from services.settings import Settings

# At once; of more the next click takes the next.
MOST = 500


def retry(session: Session, settings: Settings, actor: Actor, which: str | Filter) -> int:
    """Try one briefing (its id), or all that a filter lets through, again; how many that are, at most MOST.

    What Slack was or may have been given is sent as it is, what was never composed is composed now. Those
    for which it makes no sense any more are left as they are. Each is in the access log. Raises Forbidden.
    """
    still_admin(session, actor)
    wanted = Briefing.id == which if isinstance(which, str) else matching(session, which)
    run = Run(id=str(uuid.uuid4()), kind="manual", requested_by=actor.user_id)
    session.add(run)
    session.flush()
    reopened = reopen_those(
        session,
        Briefing.id.in_(_some(wanted).with_for_update(skip_locked=True)),
        patience=timedelta(hours=settings.briefing_deadline_hours),
        run_id=run.id,
    )
    if not reopened:
        session.delete(run)
    run.counts = {"due": len(reopened)}
    for row in reopened:
        if row.status == "due":
            defer(session, "send_briefing", row.id)
        audit.record(
            session,
            actor=actor.user_id,
            action="retry_briefing",
            subject=row.user_id,
            detail={"briefing": row.id},
        )
    return len(reopened)


def retryable(session: Session, actor: Actor, asked: Filter) -> int:
    """How many of those that a filter lets through can be tried again, up to MOST. Raises Forbidden."""
    admins_only(actor)
    return len(session.scalars(_some(matching(session, asked))).all())


def _some(wanted: ColumnElement[bool]) -> Select[str]:
    return select(Briefing.id).where(and_(wanted, is_retryable())).order_by(Briefing.id).limit(MOST)
