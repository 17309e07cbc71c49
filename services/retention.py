"""What is forgotten when: conversations, messages, briefings, previews, auth sessions after RETENTION_DAYS.

Finished jobs go, and those that a worker held which is gone for ever: rows say what is to be done, not they.

Sign-ins are forgotten when their cookie is void anyway. `access_log` is not among them: it is append-only.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, func, null, select, update
from sqlalchemy.orm import aliased

from services import finished_jobs, limits
from services.assistant import pending
from services.conversations import aging
from services.db.engine import Sessions, transaction
from services.db.models import (
    AuthSession,
    Briefing,
    BriefingEvent,
    ConversationMessage,
    Heartbeat,
    OutboundMessage,
    PendingRequest,
    Preview,
    RateLimit,
    Run,
    SignIn,
    SlackEvent,
    SlackLink,
)
from services.db.models.base import Base
from services.people import slack_link
from services.people.sign_in import LIFETIME
from services.settings import Settings

# Of a kind at once: a short transaction. What is left over is for the next time.
AT_ONCE = 5_000
# Longer than Slack repeats an event, and than a DM's history is read again.
EVENTS_KEPT = timedelta(days=7)
# How a briefing went step by step; what became of it stays as long as it does.
STEPS_KEPT = timedelta(days=30)
# Of a request that is over only how it ended is left.
REQUESTS_KEPT = timedelta(days=7)
# A run goes with its briefings; one that started none, and a process that was heard of last, after this.
GONE_AFTER = timedelta(days=7)
ENDED = ("sent", "failed", "missed", "skipped")


def forget_old(sessions: Sessions, settings: Settings) -> Counter[str]:
    """Delete what is older than it is kept for, at most AT_ONCE rows of a kind; how many that were.

    Any number of processes may do so at once.
    """
    counts: Counter[str] = Counter()
    for name, (model, is_old) in _kinds(timedelta(days=settings.retention_days)).items():
        key = model.__mapper__.primary_key[0]
        old = select(key).where(is_old).limit(AT_ONCE).with_for_update(skip_locked=True)
        with transaction(sessions) as session:
            counts[name] = len(session.scalars(delete(model).where(key.in_(old)).returning(key)).all())
    _empty_old_briefings(sessions, timedelta(days=settings.retention_days))
    aging.forget_old(sessions, settings)
    with transaction(sessions) as session:
        finished_jobs.ask_to_forget(session)
    return +counts


def _kinds(kept: timedelta) -> dict[str, tuple[type[Base], ColumnElement[bool]]]:
    before = func.now() - kept
    return {
        "conversations": (ConversationMessage, ConversationMessage.said_at < before),
        "messages": (
            OutboundMessage,
            and_(OutboundMessage.created_at < before, OutboundMessage.status.in_(("sent", "failed"))),
        ),
        "briefings": (
            Briefing,
            and_(Briefing.created_at < before, Briefing.status.in_(ENDED), ~_is_last_sent()),
        ),
        "auth_sessions": (AuthSession, and_(AuthSession.created_at < before, ~_is_last_attempt())),
        "previews": (Preview, and_(Preview.created_at < before, Preview.status.in_(("done", "failed")))),
        "slack_events": (SlackEvent, SlackEvent.received_at < func.now() - EVENTS_KEPT),
        "briefing_events": (BriefingEvent, BriefingEvent.at < func.now() - STEPS_KEPT),
        "runs": (Run, and_(Run.started_at < func.now() - GONE_AFTER, ~_has_briefings())),
        "heartbeats": (Heartbeat, and_(Heartbeat.at < func.now() - GONE_AFTER, ~_is_last_of_its_role())),
        "pending_requests": (PendingRequest, pending.is_over(func.now() - REQUESTS_KEPT)),
        "slack_links": (SlackLink, slack_link.is_old()),
        "rate_limits": (RateLimit, limits.is_idle()),
        "sign_ins": (SignIn, and_(SignIn.first_seen_at < func.now() - LIFETIME, ~_is_last_sign_in())),
    }


def _is_last_sent() -> ColumnElement[bool]:
    """The day's briefings from which the next one goes on, however long ago they were."""
    later = aliased(Briefing)
    return and_(
        Briefing.status == "sent",
        Briefing.kind.in_(("daily", "completion")),
        ~exists().where(
            later.user_id == Briefing.user_id,
            later.status == "sent",
            later.kind.in_(("daily", "completion")),
            later.local_date > Briefing.local_date,
        ),
    )


def _is_last_attempt() -> ColumnElement[bool]:
    """A person's newest attempt to connect: it says how the connection that they have came about."""
    later = aliased(AuthSession)
    return ~exists().where(later.user_id == AuthSession.user_id, later.created_at > AuthSession.created_at)


def _has_briefings() -> ColumnElement[bool]:
    return exists().where(Briefing.run_id == Run.id)


def _is_last_of_its_role() -> ColumnElement[bool]:
    """The newest sign of life, however old: it says since when there is silence."""
    later = aliased(Heartbeat)
    role, others = (func.split_part(one.name, ":", 1) for one in (Heartbeat, later))
    return ~exists().where(others == role, later.at > Heartbeat.at)


def _is_last_sign_in() -> ColumnElement[bool]:
    """A person's newest, from which admins see when they were here last."""
    later = aliased(SignIn)
    return and_(
        SignIn.user_id.is_not(None),
        ~exists().where(later.user_id == SignIn.user_id, later.first_seen_at > SignIn.first_seen_at),
    )


def _empty_old_briefings(sessions: Sessions, kept: timedelta) -> None:
    """Of those that stay nothing is left of what they said."""
    old = and_(Briefing.created_at < func.now() - kept, Briefing.status.in_(ENDED))
    with transaction(sessions) as session:
        session.execute(update(Briefing).where(old, Briefing.content.is_not(None)).values(content=null()))
