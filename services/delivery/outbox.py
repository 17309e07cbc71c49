"""Outgoing messages as rows, before they are sent. What sends them is `sender`.

A message is stored before it is sent; its key makes it once-only.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ScalarSelect, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from services.db.models import Briefing, Json, OutboundMessage, User
from services.deferral import defer

# Of the sender's jobs: first what somebody waits for, last what many get at the same moment.
PRIORITIES = {"alarm": 30, "reply": 20, "briefing": -1}


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be sent to a person. `content` is {text, blocks}; the key makes it once-only.

    It is not posted before `send_in` has passed, nor once `deadline_in` has.
    """

    user_id: str
    kind: str
    content: Json
    dedupe_key: str
    deadline_in: timedelta = timedelta(hours=9)
    send_in: timedelta = timedelta(0)
    briefing_id: str | None = None
    thread_ts: str | None = None


def put(session: Session, draft: Draft) -> str:
    """Store a message in the caller's transaction, queue its job, and return its id.

    The same key gives the same row.
    """
    statement = (
        insert(OutboundMessage)
        .values(
            id=str(uuid.uuid4()),
            dedupe_key=draft.dedupe_key,
            user_id=draft.user_id,
            briefing_id=draft.briefing_id,
            kind=draft.kind,
            content=draft.content,
            thread_ts=draft.thread_ts,
            send_after=func.now() + draft.send_in,
            deadline_at=func.now() + draft.send_in + draft.deadline_in,
        )
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
        .returning(OutboundMessage.id, OutboundMessage.send_after)
    )
    made = session.execute(statement).first()
    if made is not None:
        # The sender sees to the DM of whoever has none yet before the message's time comes.
        known = session.scalar(select(User.slack_channel).where(User.id == draft.user_id))
        queue(session, made.id, draft.kind, at=made.send_after if draft.send_in and known else None)
        return str(made.id)
    return session.scalars(
        select(OutboundMessage.id).where(OutboundMessage.dedupe_key == draft.dedupe_key)
    ).one()


def queue(session: Session, message_id: str, kind: str, *, at: datetime | None = None) -> None:
    """Have a message looked after by a sender, now or at a later moment."""
    defer(session, "deliver", message_id, at=at, priority=PRIORITIES.get(kind, 0))


def exists_for(briefing_id: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether a briefing has a message on its way already."""
    return select(OutboundMessage.id).where(OutboundMessage.briefing_id == briefing_id).exists()


def is_of_briefing() -> ColumnElement[bool]:
    """Joins a briefing with the message it stands or falls with: the e-mail, where there had to be one."""
    mail = aliased(OutboundMessage)
    by_mail = select(mail.id).where(mail.briefing_id == Briefing.id, mail.kind == "email").correlate(Briefing)
    counts = or_(OutboundMessage.kind == "email", ~by_mail.exists())
    return and_(OutboundMessage.briefing_id == Briefing.id, counts)


def take_up_again(session: Session, briefing_id: str, *, deadline_in: timedelta) -> None:
    """Queue a briefing's failed message again.

    Where Slack may have it already it is looked for before it is posted. So is an e-mail that may have been
    sent in its place; one that was not sent is forgotten, and Slack is tried again.
    """
    of_briefing, by_mail = OutboundMessage.briefing_id == briefing_id, OutboundMessage.kind == "email"
    session.execute(
        delete(OutboundMessage).where(
            of_briefing, by_mail, OutboundMessage.status == "failed", OutboundMessage.attempted_at.is_(None)
        )
    )
    mailed = session.scalar(select(OutboundMessage.id).where(of_briefing, by_mail))
    queued = session.execute(
        update(OutboundMessage)
        .where(of_briefing, OutboundMessage.status == "failed", by_mail if mailed else ~by_mail)
        .values(status="queued", retry_at=None, deadline_at=func.now() + deadline_in, error=None)
        .returning(OutboundMessage.id, OutboundMessage.kind)
    )
    for message_id, kind in queued.all():
        queue(session, message_id, kind)


def discard(session: Session, briefing_ids: ScalarSelect[str]) -> list[str]:
    """Delete messages that nobody holds and that Slack certainly has not taken; their briefings' ids."""
    left = and_(OutboundMessage.status == "sending", OutboundMessage.lease_until < func.now())
    gone = session.scalars(
        delete(OutboundMessage)
        .where(
            OutboundMessage.briefing_id.in_(briefing_ids),
            or_(OutboundMessage.status == "queued", left),
            OutboundMessage.attempted_at.is_(None),
        )
        .returning(OutboundMessage.briefing_id)
    )
    return [str(briefing_id) for briefing_id in gone]


def is_open() -> ColumnElement[bool]:
    """Rows that somebody should take up now: queued and due, or left in `sending` past their lease."""
    now = func.now()
    waiting = and_(
        OutboundMessage.status == "queued",
        OutboundMessage.send_after <= now,
        or_(OutboundMessage.retry_at.is_(None), OutboundMessage.retry_at <= now),
    )
    return or_(waiting, and_(OutboundMessage.status == "sending", OutboundMessage.lease_until < now))


def next_turn(session: Session) -> timedelta | None:
    """How long until the first of those goes on that have given way to others and have no other trouble."""
    wait = func.extract("epoch", func.min(OutboundMessage.retry_at) - func.now())
    seconds = session.scalar(
        select(wait).where(
            OutboundMessage.status == "queued",
            OutboundMessage.send_after <= func.now(),
            OutboundMessage.retry_at.is_not(None),
            OutboundMessage.error.is_(None),
        )
    )
    return timedelta(seconds=float(seconds)) if seconds is not None else None
