"""What comes from Slack, stored once and handled in the order it was written: the rows of `slack_events`.

Storing is all that happens while Slack waits; a job handles the row. Of a channel only the oldest open event
can be claimed; whoever finishes it brings the next one to the workers.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session, aliased

from services.alerts import unstored
from services.assistant import waiting
from services.assistant.from_slack import envelope
from services.assistant.from_slack.envelope import Deleted, Edited, Pressed, Said
from services.assistant.from_slack.incoming import Incoming, incoming_of
from services.conversations import log as conversation
from services.conversations.standing import Standing, look_up
from services.conversations.words import storable
from services.db.engine import transaction
from services.db.models import ConversationMessage, SlackEvent, User
from services.deferral import defer
from services.delivery import slack
from services.errors import PortalError
from services.runtime import Runtime

TASK = "handle_slack"
PRIORITY = 10  # somebody waits for the answer
OPEN = ("received", "handling")
RETRY = timedelta(seconds=5)
RETRY_MOST = timedelta(minutes=10)
ATTEMPTS_MOST = 20
log = structlog.get_logger(__name__)


class LeaseLost(PortalError):
    """Somebody else has taken this event over."""

    code = "lease_lost"


def receive(runtime: Runtime, payload: object) -> None:
    """Store what an Events API envelope or a `block_actions` payload tells, once, and queue its handling.

    One transaction; what comes again or is not for the assistant changes nothing. Raises DatabaseUnavailable,
    and SlackError while it is unknown which workspace is ours: Slack must then send it again.
    """
    happened = envelope.read(payload, team=slack.workspace(runtime.slack))
    if happened is None:
        return
    try:
        with transaction(runtime.sessions) as session:
            _write(session, happened)
    except Exception as exc:  # a table that is broken, too: whatever it is, nothing was stored
        unstored.note()
        code = exc.code if isinstance(exc, PortalError) else type(exc).__name__
        log.error("slack_event_not_stored", channel=happened.channel, ts=happened.ts, error=code)
        raise


def take(session: Session, event: Said | Pressed) -> bool:
    """Store a message or click in the caller's transaction and queue it; False when it was there already.

    Whoever writes for the first time is not known yet: theirs is logged when they are registered. What was
    deleted before it came is not taken; what was edited is taken as it is by now.
    """
    standing = None
    if isinstance(event, Said):
        standing = look_up(session, User.slack_user_id, event.slack_user_id, event.channel, event.ts)
        if standing.is_gone:
            return False
        event = replace(event, text=standing.by_now(event.text))
    statement = (
        insert(SlackEvent)
        .values(
            id=event.event_id,
            kind="message" if isinstance(event, Said) else "action",
            slack_user_id=event.slack_user_id,
            channel=event.channel,
            ts=event.ts,
            content=event.content,
        )
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(SlackEvent.id)
    )
    if session.scalar(statement) is None:
        return False
    if isinstance(event, Said) and standing is not None and standing.owner_id is not None:
        into_conversation(session, standing.owner_id, event, standing)
    defer(session, TASK, event.event_id, priority=PRIORITY, new_row=True)
    return True


def into_conversation(session: Session, user_id: str, said: Said | Incoming, standing: Standing) -> None:
    """Log what a person has written, whose message stands so."""
    conversation.add(
        session,
        user_id=user_id,
        channel=said.channel,
        ts=said.ts,
        role="user",
        kind="request",
        text=said.text,
        thread_ts=said.thread_ts,
        standing=standing,
    )


def follow(session: Session, happened: Edited | Deleted) -> None:
    """Have an edit or a deletion count for the log and for all that is not answered yet."""
    channel, ts = happened.channel, happened.ts
    if isinstance(happened, Deleted):
        conversation.deleted(session, channel=channel, ts=ts)
        gone = _not_begun(channel, ts).values(status="handled", content={}, handled_at=func.now())
        session.execute(gone)
        _queue_next(session, channel)
        return
    text, blocks, edited_ts = happened.text, happened.blocks, happened.edited_ts
    known = conversation.edited(
        session, channel=channel, ts=ts, text=text, blocks=blocks, edited_ts=edited_ts
    )
    said = SlackEvent.content.op("||")(literal({"text": text}, JSONB))
    session.execute(_not_begun(channel, ts).values(content=said))
    if known:
        waiting.follow_edit(session, channel, ts, storable(text))


def claim(runtime: Runtime, event_id: str) -> Incoming | None:
    """Take an event for a lease; None where somebody has it, it is over, or an earlier one is not.

    Raises DatabaseUnavailable.
    """
    lease = timedelta(seconds=runtime.settings.lease_seconds)
    with transaction(runtime.sessions) as session:
        if _waits_for_another(session, event_id):
            return None
        row = session.scalar(
            update(SlackEvent)
            .where(SlackEvent.id == event_id, _is_due())
            .values(
                status="handling",
                lease=str(uuid.uuid4()),
                lease_until=func.now() + lease,
                attempts=SlackEvent.attempts + 1,
                retry_at=None,
            )
            .returning(SlackEvent)
        )
        if row is None:
            return None
        incoming = incoming_of(row)
        if row.attempts > ATTEMPTS_MOST:  # it has killed whoever held it
            give_up(session, incoming, "too_many_attempts")
            return None
        return incoming


def finish(session: Session, incoming: Incoming) -> None:
    """It is handled: nothing is left of what it said, and the next of its channel is queued.

    In the caller's transaction, which must not be committed on LeaseLost.
    """
    _end(session, incoming, "handled", None)


def give_up(session: Session, incoming: Incoming, code: str) -> None:
    """It will not be handled, for the reason `code`; otherwise as `finish`."""
    _end(session, incoming, "failed", code)


def retry(runtime: Runtime, incoming: Incoming, code: str) -> bool:
    """Let go of it and have it handled later; False, and still held, where that was tried often enough.

    Raises LeaseLost, DatabaseUnavailable.
    """
    with transaction(runtime.sessions) as session:
        row = session.scalar(select(SlackEvent).where(_mine(incoming)).with_for_update())
        if row is None:
            raise LeaseLost
        if row.attempts >= ATTEMPTS_MOST:
            return False
        delay = min(RETRY * 2 ** (row.attempts - 1), RETRY_MOST)
        values = {"status": "received", "lease": None, "lease_until": None, "error": code}
        at = session.scalar(
            update(SlackEvent)
            .where(SlackEvent.id == row.id)
            .values(retry_at=func.now() + delay, **values)
            .returning(SlackEvent.retry_at)
        )
        defer(session, TASK, row.id, at=at, priority=PRIORITY)
        return True


def is_open() -> ColumnElement[bool]:
    """Events that somebody should take up now: due or left by a worker that died, the first of a channel."""
    earlier = aliased(SlackEvent)
    return and_(_is_due(), ~exists().where(_is_before(earlier)))


def _write(session: Session, happened: envelope.Happened) -> None:
    match happened:
        case Said() | Pressed():
            take(session, happened)
        case Edited() | Deleted() if _is_nobodys(session, happened.channel):
            return  # such as the goodbye to somebody who has just left
        case Edited() | Deleted():
            follow(session, happened)


def _is_nobodys(session: Session, channel: str) -> bool:
    """Whether nobody here has this DM: no person, nothing of it in the log, nothing to be handled."""
    belongs = or_(
        exists().where(User.slack_channel == channel),
        exists().where(ConversationMessage.channel == channel),
        exists().where(SlackEvent.channel == channel, SlackEvent.status.in_(OPEN)),
    )
    return not session.scalar(select(belongs))


def _not_begun(channel: str, ts: str) -> Any:
    """A message that nobody has begun to answer."""
    return update(SlackEvent).where(
        SlackEvent.channel == channel,
        SlackEvent.ts == ts,
        SlackEvent.kind == "message",
        SlackEvent.status == "received",
    )


def _is_due() -> ColumnElement[bool]:
    now = func.now()
    waiting = and_(
        SlackEvent.status == "received", or_(SlackEvent.retry_at.is_(None), SlackEvent.retry_at <= now)
    )
    return or_(waiting, and_(SlackEvent.status == "handling", SlackEvent.lease_until < now))


def _is_before(earlier: type[SlackEvent]) -> ColumnElement[bool]:
    """Whether `earlier` is open, of the same channel, and was written before."""
    return and_(
        earlier.channel == SlackEvent.channel,
        earlier.status.in_(OPEN),
        tuple_(earlier.ts, earlier.id) < tuple_(SlackEvent.ts, SlackEvent.id),
    )


def _waits_for_another(session: Session, event_id: str) -> bool:
    """Whether an earlier one of the channel is open.

    One that is just being finished is waited for: its end may not have seen this one yet, and this one
    would lie until the sweep.
    """
    earlier = aliased(SlackEvent)
    first = (
        select(earlier.id)
        .join(SlackEvent, _is_before(earlier))
        .where(SlackEvent.id == event_id)
        .limit(1)
        .with_for_update(read=True, of=earlier)
    )
    return session.scalar(first) is not None


def _mine(incoming: Incoming) -> ColumnElement[bool]:
    return and_(
        SlackEvent.id == incoming.event_id,
        SlackEvent.status == "handling",
        SlackEvent.lease == incoming.lease,
    )


def _end(session: Session, incoming: Incoming, status: str, error: str | None) -> None:
    ended = session.scalar(
        update(SlackEvent)
        .where(_mine(incoming))
        .values(status=status, error=error, content={}, lease_until=None, handled_at=func.now())
        .returning(SlackEvent.id)
    )
    if ended is None:
        raise LeaseLost
    _queue_next(session, incoming.channel)


def _queue_next(session: Session, channel: str) -> None:
    following = (
        select(SlackEvent.id)
        .where(SlackEvent.channel == channel, SlackEvent.status.in_(OPEN))
        .order_by(SlackEvent.ts, SlackEvent.id)
        .limit(1)
    )
    event_id = session.scalar(following)
    if event_id is not None:
        defer(session, TASK, event_id, priority=PRIORITY)
