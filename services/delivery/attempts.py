"""What is written down of a message on its way: who has it in hand, that it was tried, what came of it.

Every step is one statement that names the lease, so that whoever has lost it changes nothing.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

import structlog
from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from services.conversations import log
from services.db.engine import transaction
from services.db.models import Briefing, BriefingSettings, OutboundMessage
from services.delivery import completion, fallback, outbox, worth
from services.errors import SlackAmbiguous, SlackUnavailable, SourceUnavailable
from services.people import slack_link
from services.runtime import Runtime

# Of a lease; each time twice as long.
RETRY = 2 / 3
RETRY_MOST = timedelta(minutes=10)
logger = structlog.get_logger(__name__)


def claim(runtime: Runtime, message_id: str) -> tuple[OutboundMessage | None, str | None]:
    """Take the row for a lease, and the run that its briefing belongs to.

    `attempted_at` is set where an earlier post's outcome is still unclear.
    """
    run_id = select(Briefing.run_id).where(Briefing.id == OutboundMessage.briefing_id).scalar_subquery()
    with transaction(runtime.sessions) as session:
        claimed = session.execute(
            update(OutboundMessage)
            .where(OutboundMessage.id == message_id, outbox.is_open())
            .values(status="sending", lease=str(uuid.uuid4()), lease_until=func.now() + lease(runtime))
            .returning(OutboundMessage, run_id)
        ).first()
        return (claimed[0], claimed[1]) if claimed is not None else (None, None)


def lease(runtime: Runtime) -> timedelta:
    return timedelta(seconds=runtime.settings.lease_seconds)


def _mine(message: OutboundMessage) -> ColumnElement[bool]:
    return and_(
        OutboundMessage.id == message.id,
        OutboundMessage.status == "sending",
        OutboundMessage.lease == message.lease,
    )


def note_attempt(runtime: Runtime, message: OutboundMessage, channel: str) -> bool:
    """Whether the lease is still ours and outlives the post, and it is still worth posting."""
    enough = func.now() + timedelta(seconds=runtime.slack.timeout)
    superseded = select(Briefing.id).where(Briefing.id == OutboundMessage.briefing_id, worth.is_superseded())
    with transaction(runtime.sessions) as session:
        noted = session.scalar(
            update(OutboundMessage)
            .where(
                _mine(message),
                OutboundMessage.lease_until > enough,
                OutboundMessage.deadline_at > func.now(),
                ~superseded.exists(),
            )
            .values(
                channel=channel,
                thread_ts=message.thread_ts,
                content=message.content,
                attempted_at=func.now(),
                attempts=OutboundMessage.attempts + 1,
            )
            .returning(OutboundMessage.id)
        )
    return noted is not None


def sent(runtime: Runtime, message: OutboundMessage, channel: str, ts: str) -> str:
    """Mark it sent, log the DM and move the briefing and its cursor on: one transaction.

    What is kept of it from here on proves nobody's Slack account.
    """
    content = slack_link.without_proofs(message.content)
    with transaction(runtime.sessions) as session:
        # Whoever has learned the ts may write it, lease or no lease: it is a fact.
        owner = session.scalar(
            update(OutboundMessage)
            .where(OutboundMessage.id == message.id, OutboundMessage.status != "sent")
            .values(
                status="sent",
                content=content,
                channel=channel,
                slack_ts=ts,
                sent_at=func.now(),
                lease_until=None,
                error=None,
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
            text=content["text"],
            blocks=content.get("blocks"),
            thread_ts=message.thread_ts,
        )
        if message.briefing_id is not None:
            _briefing_sent(session, message.briefing_id)
    logger.info("message_sent", kind=message.kind)
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


def fail(runtime: Runtime, message: OutboundMessage, code: str) -> str:
    """It is given up; where nobody can have it, the day's briefing goes by e-mail to who wants that."""
    with transaction(runtime.sessions) as session:
        given_up = session.scalar(
            update(OutboundMessage)
            .where(_mine(message))
            .values(status="failed", error=code, attempted_at=message.attempted_at)
            .returning(OutboundMessage.briefing_id)
        )
        nobody_has_it = message.attempted_at is None
        never_tried = nobody_has_it and message.kind == "briefing" and code == worth.TOO_LATE
        by_mail = nobody_has_it and not never_tried and fallback.take_over(session, message)
        if given_up is not None and not by_mail:
            session.execute(
                update(Briefing)
                .where(Briefing.id == given_up, Briefing.status != "sent")
                .values(status=worth.ended() if never_tried else "failed", error=code)
            )
    logger.error("message_failed", kind=message.kind, error=code)
    return "failed"


def wait(
    runtime: Runtime, message: OutboundMessage, exc: SlackUnavailable | SlackAmbiguous | SourceUnavailable
) -> str:
    """Queue it again, until the deadline. `attempted_at` is None where certainly nobody has taken it."""
    asked = None if isinstance(exc, SlackAmbiguous) else exc.retry_after
    delay = (
        timedelta(seconds=asked) if asked else min(lease(runtime) * RETRY * 2**message.attempts, RETRY_MOST)
    )
    with transaction(runtime.sessions) as session:
        retry_at = session.scalar(
            update(OutboundMessage)
            .where(_mine(message), OutboundMessage.deadline_at > func.now() + delay)
            .values(
                status="queued",
                lease_until=None,
                retry_at=func.now() + delay,
                error=exc.code,
                attempted_at=message.attempted_at,
            )
            .returning(OutboundMessage.retry_at)
        )
        if retry_at is not None:
            outbox.queue(session, message.id, message.kind, at=retry_at)
            logger.warning("message_put_off", kind=message.kind, error=exc.code, until=retry_at.isoformat())
    if retry_at is not None:
        return "queued"
    # What it waited for says more than that it waited too long.
    return fail(runtime, message, (exc.code == "too_late" and message.error) or exc.code)


def give_way(runtime: Runtime, message: OutboundMessage, wait: timedelta) -> str:
    """Others are to be sent first: queued again for a later moment, past the deadline or not."""
    with transaction(runtime.sessions) as session:
        retry_at = session.scalar(
            update(OutboundMessage)
            .where(_mine(message))
            .values(
                status="queued",
                lease_until=None,
                retry_at=func.now() + wait,
                attempted_at=message.attempted_at,
            )
            .returning(OutboundMessage.retry_at)
        )
        outbox.queue(session, message.id, message.kind, at=retry_at)
    return "queued"


def leave_open(runtime: Runtime, message: OutboundMessage, code: str) -> str:
    """Nobody knows whether Slack has it: the row stays `sending` until its lease has passed."""
    with transaction(runtime.sessions) as session:
        lease_until = session.scalar(
            update(OutboundMessage)
            .where(_mine(message))
            .values(error=code)
            .returning(OutboundMessage.lease_until)
        )
        logger.warning("message_unclear", kind=message.kind, error=code)
        outbox.queue(session, message.id, message.kind, at=lease_until)
    return "sending"


def status(runtime: Runtime, message_id: str) -> str:
    """Where the row stands; `gone` where it left with its owner."""
    with transaction(runtime.sessions) as session:
        status = session.scalar(select(OutboundMessage.status).where(OutboundMessage.id == message_id))
        return status or "gone"
