"""Outgoing Slack messages and the one sender: `queued → sending → sent | failed`.

A message is stored before it is sent and is posted once. When no answer to a post arrives the row stays
`sending`; once the lease and the timeout have passed, the DM's history is looked through for the message's
key, and only when it is not there is the row queued again.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.conversations import log
from services.db.engine import transaction
from services.db.models import Briefing, BriefingSettings, Json, OutboundMessage, User
from services.delivery import slack
from services.errors import SlackAmbiguous, SlackRefused, SlackUnavailable
from services.people import slack_account
from services.runtime import Runtime

RETRY = timedelta(seconds=30)
RETRY_MOST = timedelta(minutes=10)
LOOK_BACK = timedelta(minutes=5)  # between our clock and Slack's


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be sent to a person. `content` is {text, blocks}; the key makes it once-only."""

    user_id: str
    kind: str
    content: Json
    dedupe_key: str
    deadline_in: timedelta = timedelta(hours=9)
    briefing_id: str | None = None
    thread_ts: str | None = None


def put(session: Session, draft: Draft) -> str:
    """Store a message in the caller's transaction and return its id; the same key gives the same row."""
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
            deadline_at=func.now() + draft.deadline_in,
        )
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
        .returning(OutboundMessage.id)
    )
    made = session.scalar(statement)
    if made is not None:
        return made
    return session.scalars(
        select(OutboundMessage.id).where(OutboundMessage.dedupe_key == draft.dedupe_key)
    ).one()


def exists_for(briefing_id: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether a briefing has a message on its way already."""
    return select(OutboundMessage.id).where(OutboundMessage.briefing_id == briefing_id).exists()


def take_up_again(session: Session, briefing_id: str, *, deadline_in: timedelta) -> list[str]:
    """Queue a briefing's failed message again and return its id.

    Where Slack may have it already it is looked for before it is posted.
    """
    queued = session.scalars(
        update(OutboundMessage)
        .where(OutboundMessage.briefing_id == briefing_id, OutboundMessage.status == "failed")
        .values(status="queued", retry_at=None, deadline_at=func.now() + deadline_in, error=None)
        .returning(OutboundMessage.id)
    )
    return list(queued)


def send(runtime: Runtime, message_id: str) -> str:
    """Carry one message a step further and return its status; safe to call any number of times at once.

    `gone` is the status of a message whose person has been deleted.
    """
    message = _claim(runtime, message_id)
    if message is None:
        return _status(runtime, message_id)
    try:
        channel = message.channel or _channel(runtime, message)
        unclear = message.attempted_at is not None
        ts = _look_for(runtime, message, channel) if unclear else None
    except SlackRefused as exc:
        return _fail(runtime, message, exc.code)
    except (SlackUnavailable, SlackAmbiguous) as exc:  # nothing was posted: these calls may be repeated
        return _wait(runtime, message, exc)
    return _sent(runtime, message, channel, ts) if ts is not None else _post(runtime, message, channel)


def is_open() -> ColumnElement[bool]:
    """Rows that somebody should take up now: queued and due, or left in `sending` past their lease."""
    now = func.now()
    waiting = and_(
        OutboundMessage.status == "queued",
        or_(OutboundMessage.retry_at.is_(None), OutboundMessage.retry_at <= now),
    )
    return or_(waiting, and_(OutboundMessage.status == "sending", OutboundMessage.lease_until < now))


def _claim(runtime: Runtime, message_id: str) -> OutboundMessage | None:
    """Take the row for a lease. `attempted_at` is set where an earlier post's outcome is still unclear."""
    with transaction(runtime.sessions) as session:
        message: OutboundMessage | None = session.scalar(
            update(OutboundMessage)
            .where(OutboundMessage.id == message_id, is_open())
            .values(status="sending", lease=str(uuid.uuid4()), lease_until=func.now() + _lease(runtime))
            .returning(OutboundMessage)
        )
        return message


def _lease(runtime: Runtime) -> timedelta:
    return timedelta(seconds=runtime.settings.lease_seconds)


def _mine(message: OutboundMessage) -> ColumnElement[bool]:
    return and_(
        OutboundMessage.id == message.id,
        OutboundMessage.status == "sending",
        OutboundMessage.lease == message.lease,
    )


def _channel(runtime: Runtime, message: OutboundMessage) -> str:
    with transaction(runtime.sessions) as session:
        # Whose it is by now: two people may have become one since it was taken.
        user = session.scalars(
            select(User).join(OutboundMessage).where(OutboundMessage.id == message.id)
        ).one()
        known, slack_user_id = user.slack_channel, user.slack_user_id
    if known:
        return known
    slack_user_id = slack_user_id or slack_account.find(runtime, user.id)
    if not slack_user_id:
        raise SlackRefused("this person has no Slack account here", code="not_on_slack")
    channel = slack.open_dm(runtime.slack, slack_user_id)
    with transaction(runtime.sessions) as session:
        session.execute(update(User).where(User.id == user.id).values(slack_channel=channel))
    return channel


def _post(runtime: Runtime, message: OutboundMessage, channel: str) -> str:
    """Post once, and write down what is known of it afterwards."""
    if not _note_attempt(runtime, message, channel):
        return _wait(runtime, message, SlackUnavailable("too late to post", code="too_late"))
    try:
        ts = slack.post(
            runtime.slack, channel, message.content, key=message.dedupe_key, thread_ts=message.thread_ts
        )
    except SlackRefused as exc:
        return _fail(runtime, message, exc.code)
    except SlackUnavailable as exc:
        return _wait(runtime, message, exc, attempted_at=None)
    except SlackAmbiguous as exc:
        return _leave_open(runtime, message, exc.code)
    return _sent(runtime, message, channel, ts)


def _note_attempt(runtime: Runtime, message: OutboundMessage, channel: str) -> bool:
    """Whether the lease is still ours and outlives the post, and the deadline has not passed."""
    enough = func.now() + timedelta(seconds=runtime.slack.timeout)
    with transaction(runtime.sessions) as session:
        noted = session.scalar(
            update(OutboundMessage)
            .where(
                _mine(message), OutboundMessage.lease_until > enough, OutboundMessage.deadline_at > func.now()
            )
            .values(channel=channel, attempted_at=func.now(), attempts=OutboundMessage.attempts + 1)
            .returning(OutboundMessage.id)
        )
    return noted is not None


def _look_for(runtime: Runtime, message: OutboundMessage, channel: str) -> str | None:
    oldest = (message.created_at - LOOK_BACK).timestamp()
    return slack.find(runtime.slack, channel, key=message.dedupe_key, oldest=oldest)


def _sent(runtime: Runtime, message: OutboundMessage, channel: str, ts: str) -> str:
    """Mark it sent, log the DM and move the briefing and its cursor on: one transaction."""
    with transaction(runtime.sessions) as session:
        # Whoever has learned the ts may write it, lease or no lease: it is a fact.
        owner = session.scalar(
            update(OutboundMessage)
            .where(OutboundMessage.id == message.id, OutboundMessage.status != "sent")
            .values(
                status="sent", channel=channel, slack_ts=ts, sent_at=func.now(), lease_until=None, error=None
            )
            .returning(OutboundMessage.user_id)
        )
        if owner is None:
            return "sent"
        log.add(
            session,
            user_id=owner,
            channel=channel,
            ts=ts,
            role="assistant",
            kind=message.kind,
            text=message.content["text"],
            blocks=message.content.get("blocks"),
            thread_ts=message.thread_ts,
        )
        if message.briefing_id is not None:
            _briefing_sent(session, message.briefing_id)
    return "sent"


def _briefing_sent(session: Session, briefing_id: str) -> None:
    briefing = session.scalars(
        update(Briefing)
        .where(Briefing.id == briefing_id, Briefing.status.in_(("composed", "sending", "retry_wait")))
        .values(status="sent", sent_at=func.now(), lease_until=None, retry_at=None, error=None)
        .returning(Briefing)
    ).one_or_none()
    if briefing is None or briefing.kind == "manual" or briefing.cursor is None:
        return
    session.execute(
        update(BriefingSettings)
        .where(BriefingSettings.user_id == briefing.user_id)
        .values(covered_until=func.greatest(BriefingSettings.covered_until, briefing.cursor))
    )


def _fail(runtime: Runtime, message: OutboundMessage, code: str) -> str:
    with transaction(runtime.sessions) as session:
        session.execute(update(OutboundMessage).where(_mine(message)).values(status="failed", error=code))
        if message.briefing_id is not None:
            session.execute(
                update(Briefing)
                .where(Briefing.id == message.briefing_id, Briefing.status != "sent")
                .values(status="failed", error=code)
            )
    return "failed"


def _wait(
    runtime: Runtime, message: OutboundMessage, exc: SlackUnavailable | SlackAmbiguous, **values: Any
) -> str:
    """Queue it again, until the deadline. `attempted_at=None` where Slack certainly has not taken it."""
    asked = exc.retry_after if isinstance(exc, SlackUnavailable) else None
    delay = timedelta(seconds=asked) if asked else min(RETRY * 2**message.attempts, RETRY_MOST)
    with transaction(runtime.sessions) as session:
        kept = session.scalar(
            update(OutboundMessage)
            .where(_mine(message), OutboundMessage.deadline_at > func.now() + delay)
            .values(status="queued", lease_until=None, retry_at=func.now() + delay, error=exc.code, **values)
            .returning(OutboundMessage.id)
        )
    return "queued" if kept is not None else _fail(runtime, message, exc.code)


def _leave_open(runtime: Runtime, message: OutboundMessage, code: str) -> str:
    """Nobody knows whether Slack has it: the row stays `sending` until its lease has passed."""
    with transaction(runtime.sessions) as session:
        session.execute(update(OutboundMessage).where(_mine(message)).values(error=code))
    return "sending"


def _status(runtime: Runtime, message_id: str) -> str:
    """Where the row stands; `gone` where it left with its owner."""
    with transaction(runtime.sessions) as session:
        status = session.scalar(select(OutboundMessage.status).where(OutboundMessage.id == message_id))
        return status or "gone"
