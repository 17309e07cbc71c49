"""The one sender of outgoing messages: `queued → sending → sent | failed`.

A message is posted once. When no answer to a post arrives its row stays `sending`; once the lease and the
timeout have passed, the DM's history is looked through for the message's key, and only when it is not there
is the row queued again.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from services.briefing.lateness import LATE, lateness, with_apology
from services.conversations import log
from services.db.engine import transaction
from services.db.models import Briefing, BriefingSettings, OutboundMessage, User
from services.delivery import completion, outbox, pace, slack
from services.due import zone_of
from services.errors import SlackAmbiguous, SlackRefused, SlackUnavailable
from services.i18n import translator
from services.people import slack_account
from services.runtime import Runtime

RETRY = timedelta(seconds=30)
RETRY_MOST = timedelta(minutes=10)
LOOK_BACK = timedelta(minutes=5)  # between our clock and Slack's


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


def _claim(runtime: Runtime, message_id: str) -> OutboundMessage | None:
    """Take the row for a lease. `attempted_at` is set where an earlier post's outcome is still unclear."""
    with transaction(runtime.sessions) as session:
        message: OutboundMessage | None = session.scalar(
            update(OutboundMessage)
            .where(OutboundMessage.id == message_id, outbox.is_open())
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
    """Post once, in its turn, and write down what is known of it afterwards."""
    not_yet = pace.await_turn(runtime, channel)
    if not_yet:
        return _give_way(runtime, message, not_yet)
    message = _apologising(runtime, message)
    if not _note_attempt(runtime, message, channel):
        # Waiting for its turn has taken too long: soon again, for Slack has nothing to do with it.
        soon = _lease(runtime).total_seconds() / 4
        return _wait(
            runtime, message, SlackUnavailable("too late to post", code="too_late", retry_after=soon)
        )
    try:
        ts = slack.post(
            runtime.slack, channel, message.content, key=message.dedupe_key, thread_ts=message.thread_ts
        )
    except SlackRefused as exc:
        return _fail(runtime, message, exc.code)
    except SlackUnavailable as exc:
        if exc.retry_after:
            pace.hold_back(runtime, exc.retry_after)
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
            .values(
                channel=channel,
                content=message.content,
                attempted_at=func.now(),
                attempts=OutboundMessage.attempts + 1,
            )
            .returning(OutboundMessage.id)
        )
    return noted is not None


def _apologising(runtime: Runtime, message: OutboundMessage) -> OutboundMessage:
    """A briefing that has come to be late since it was composed says so; the first post fixes the words."""
    if message.briefing_id is None or message.attempts:
        return message
    with transaction(runtime.sessions) as session:
        briefing, user, now = session.execute(
            select(Briefing, User, func.now())
            .join(User, User.id == Briefing.user_id)
            .where(Briefing.id == message.briefing_id)
        ).one()
    composed = briefing.composed_at or briefing.due_at
    composed_late = max(composed - briefing.due_at, timedelta(0))
    late = composed_late + (now - message.send_after)
    if briefing.kind == "daily" and composed_late <= LATE < late:
        zone, t = zone_of(user.timezone), translator(user.locale)
        apology = lateness(briefing.due_at, late, now=briefing.due_at + late, zone=zone, t=t)
        message.content = with_apology(message.content, apology)
    return message


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
    if briefing is None or briefing.kind == "manual":
        return
    completion.call_up_if_connected_since(session, briefing)
    if briefing.cursor is None:
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
        retry_at = session.scalar(
            update(OutboundMessage)
            .where(_mine(message), OutboundMessage.deadline_at > func.now() + delay)
            .values(status="queued", lease_until=None, retry_at=func.now() + delay, error=exc.code, **values)
            .returning(OutboundMessage.retry_at)
        )
        if retry_at is not None:
            outbox.queue(session, message.id, message.kind, at=retry_at)
    return "queued" if retry_at is not None else _fail(runtime, message, exc.code)


def _give_way(runtime: Runtime, message: OutboundMessage, wait: timedelta) -> str:
    """Others are to be sent first: queued again for a later moment, past the deadline or not."""
    with transaction(runtime.sessions) as session:
        retry_at = session.scalar(
            update(OutboundMessage)
            .where(_mine(message))
            .values(status="queued", lease_until=None, retry_at=func.now() + wait)
            .returning(OutboundMessage.retry_at)
        )
        outbox.queue(session, message.id, message.kind, at=retry_at)
    return "queued"


def _leave_open(runtime: Runtime, message: OutboundMessage, code: str) -> str:
    """Nobody knows whether Slack has it: the row stays `sending` until its lease has passed."""
    with transaction(runtime.sessions) as session:
        lease_until = session.scalar(
            update(OutboundMessage)
            .where(_mine(message))
            .values(error=code)
            .returning(OutboundMessage.lease_until)
        )
        outbox.queue(session, message.id, message.kind, at=lease_until)
    return "sending"


def _status(runtime: Runtime, message_id: str) -> str:
    """Where the row stands; `gone` where it left with its owner."""
    with transaction(runtime.sessions) as session:
        status = session.scalar(select(OutboundMessage.status).where(OutboundMessage.id == message_id))
        return status or "gone"
