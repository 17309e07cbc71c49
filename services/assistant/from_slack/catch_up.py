"""What Slack could not bring while we were away longer than it repeats, fetched from the DMs' histories.

Once an hour, and when a sidecar starts, the DMs of people active lately are read again, some a minute so that
Slack's limit keeps room for others. What is known already is stored no second time: a message is the same by
whichever way it comes. So whatever could not be stored is made good, and the alarm says that it was needed.
What was edited or deleted meanwhile is followed in `amending.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.alerts import messages, unstored, webhook
from services.assistant.from_slack import amending, envelope, inbox, reading
from services.conversations import log as conversation
from services.db.engine import transaction
from services.db.models import ConversationMessage, Heartbeat, OutboundMessage, User
from services.deferral import defer
from services.delivery import pace, slack
from services.errors import SlackError
from services.i18n import translator
from services.runtime import Runtime

TASK = "catch_up"
EVERY = timedelta(hours=1)
WINDOW = timedelta(days=3)  # shorter than events are kept, or old questions would be answered again
ACTIVE = timedelta(days=14)
SETTLED = timedelta(minutes=2)  # what is younger is on its way
SPACING = timedelta(seconds=2)
MOST = 1_500  # as many as fit into an hour
PATIENT = -1
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Talk:
    """One person's DM, the span of it that is read, and when they came; moments are Slack's ts."""

    user_id: str
    slack_user_id: str
    channel: str
    oldest: str
    latest: str
    came: str


def start(session: Session, *, at_once: bool = False) -> int:
    """Have the DMs of people active lately read again where that is due; how many that are.

    The row that remembers when is locked: of several sidecars one does it. Nothing older than the first
    start is ever fetched, for nobody was there to answer it.
    """
    session.execute(insert(Heartbeat).values(name=TASK, at=func.now(), detail={}).on_conflict_do_nothing())
    mark = session.get_one(Heartbeat, TASK, with_for_update=True)
    now = session.execute(select(func.now())).scalar_one()
    if "since" not in mark.detail:
        mark.detail = {"since": now.isoformat()}
        return 0
    if mark.at > now - EVERY and not at_once:
        return 0
    mark.at = now
    user_ids = session.scalars(_active_lately()).all()
    for number, user_id in enumerate(user_ids):
        defer(session, TASK, user_id, at=now + number * SPACING, priority=PATIENT)
    return len(user_ids)


def run(runtime: Runtime, user_id: str) -> int:
    """Read one person's DM again and store what is missing; how many of their messages that were.

    Raises DatabaseUnavailable. What Slack does not give now is read in the next hour.
    """
    with transaction(runtime.sessions) as session:
        talk = _talk(session, user_id)
    if talk is None:
        return 0
    turn, thread = (
        pace.turns(runtime, method, patience=pace.PATIENCE) for method in (pace.HISTORY, pace.REPLIES)
    )
    try:
        found = reading.read(
            runtime.slack, talk.channel, oldest=talk.oldest, latest=talk.latest, turn=turn, thread_turn=thread
        )
    except SlackError as exc:
        log.warning("history_not_read", user=user_id, error=exc.code)
        return 0
    with transaction(runtime.sessions) as session:
        unheard = _since_we_spoke(found.messages, talk.came)
        missed = sum([_store(session, talk, message) for message in found.messages if unheard(message)])
        amending.follow(session, talk.user_id, found)
        if missed:
            log.error("slack_messages_were_missed", user=user_id, count=missed)
            _alarm(session, runtime)
    return missed


def _active_lately() -> Any:
    spoke = func.max(ConversationMessage.said_at)
    return (
        select(ConversationMessage.user_id)
        .join(User, User.id == ConversationMessage.user_id)
        .where(
            ConversationMessage.said_at > func.now() - ACTIVE,
            User.active,
            User.slack_user_id.is_not(None),
        )
        .group_by(ConversationMessage.user_id)
        .order_by(spoke.desc())
        .limit(MOST)
    )


def _talk(session: Session, user_id: str) -> _Talk | None:
    user, mark = session.get(User, user_id), session.get(Heartbeat, TASK)
    if user is None or user.slack_user_id is None or not user.active or mark is None:
        return None
    last = (
        select(ConversationMessage.channel)
        .where(ConversationMessage.user_id == user_id)
        .order_by(ConversationMessage.said_at.desc())
        .limit(1)
    )
    channel = user.slack_channel or session.scalar(last)
    if channel is None:
        return None
    now = session.execute(select(func.now())).scalar_one()
    oldest = max(now - WINDOW, datetime.fromisoformat(mark.detail["since"]))
    moments = (reading.ts_of(one) for one in (oldest, now - SETTLED, user.created_at))
    return _Talk(user_id, user.slack_user_id, channel, *moments)


def _since_we_spoke(messages: Sequence[Mapping[str, Any]], came: str) -> Callable[[Mapping[str, Any]], bool]:
    """Which messages are to be stored; of those before they came only what we have never said a word to.

    It may have been their first, lost on its way; or they have been here before, and left with all they said.
    """
    before = [str(one["ts"]) for one in messages if one.get("bot_id") and str(one["ts"]) < came]
    spoke = max(before, default="")
    return lambda message: str(message["ts"]) > spoke


def _store(session: Session, talk: _Talk, message: Mapping[str, Any]) -> bool:
    """Whether it was a message of the person's that nobody had brought."""
    said = envelope.written(message, talk.channel)
    if said is not None:
        return said.slack_user_id == talk.slack_user_id and inbox.take(session, said)
    ours = slack.key_of(message)
    if ours is not None:
        _store_ours(session, talk, message, ours)
    return False


def _store_ours(session: Session, talk: _Talk, message: Mapping[str, Any], key: str) -> None:
    """A message of the bot's; what the person has deleted the log itself refuses."""
    kind = session.scalar(
        select(OutboundMessage.kind).where(
            OutboundMessage.dedupe_key == key, OutboundMessage.user_id == talk.user_id
        )
    )
    if kind is None:
        return
    conversation.add(
        session,
        user_id=talk.user_id,
        channel=talk.channel,
        ts=str(message["ts"]),
        role="assistant",
        kind=kind,
        text=str(message.get("text") or ""),
        blocks=message.get("blocks"),
        thread_ts=message.get("thread_ts"),
    )


def _alarm(session: Session, runtime: Runtime) -> None:
    """To the admins; to the webhook once an hour at most, without a name: nobody knows who reads there."""
    unstored.write_down(session)
    hour = session.execute(select(func.to_char(func.now(), "YYYY-MM-DD-HH24"))).scalar_one()
    text = messages.conversation_gap(translator(runtime.settings.default_locale))
    webhook.put(session, runtime.settings, f"conversation_gap:{hour}", text)
