"""The one sender of outgoing messages: `queued → sending → sent | failed`.

A message is posted once. When no answer to a post arrives its row stays `sending`; once the lease and the
timeout have passed, the DM's history is looked through for the message's key, and only when it is not there
is the row queued again.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, update

from services.alerts import book
from services.briefing.lateness import LATE, lateness, with_apology
from services.db.engine import transaction
from services.db.models import Briefing, OutboundMessage, User
from services.delivery import attempts, by_mail, outbox, pace, slack
from services.due import zone_of
from services.errors import SlackAmbiguous, SlackRefused, SlackUnavailable
from services.i18n import translator
from services.logs import about
from services.metrics import timed
from services.people import slack_account
from services.runtime import Runtime

# Between two looks for the Slack account of somebody whose briefing waits for it.
NOT_ON_SLACK_YET = timedelta(minutes=15)
LOOK_BACK = timedelta(minutes=5)  # between our clock and Slack's
# Slack's words for a DM that is not to be had any more under the id that is stored.
CHANNEL_GONE = frozenset({"channel_not_found", "not_in_channel", "is_archived"})


def send(runtime: Runtime, message_id: str) -> str:
    """Carry one message a step further and return its status; safe to call any number of times at once.

    `gone` is the status of a message whose person has been deleted.
    """
    message, run_id = attempts.claim(runtime, message_id)
    if message is None:
        _prepare(runtime, message_id)
        return attempts.status(runtime, message_id)
    with about(run=run_id, briefing=message.briefing_id, message=message.id):
        return (by_mail.carry if message.kind == by_mail.KIND else _carry)(runtime, message)


def _prepare(runtime: Runtime, message_id: str) -> None:
    """Open the DM of a message whose time is still to come, so that nothing but the post is left for then."""
    with transaction(runtime.sessions) as session:
        message = session.scalar(
            select(OutboundMessage).where(
                OutboundMessage.id == message_id,
                OutboundMessage.status == "queued",
                OutboundMessage.attempts == 0,
                OutboundMessage.send_after > func.now(),
            )
        )
    if message is None or message.kind == by_mail.KIND:
        return
    soon = None
    try:
        _channel(runtime, message)
    except SlackUnavailable as exc:
        soon = exc.retry_after
    except (SlackRefused, SlackAmbiguous):
        pass  # seen to when the message is sent
    with transaction(runtime.sessions) as session:
        again = func.now() + timedelta(seconds=soon) if soon else message.send_after
        at = session.execute(select(func.least(again, message.send_after))).scalar_one()
        outbox.queue(session, message.id, message.kind, at=at)


def _carry(runtime: Runtime, message: OutboundMessage) -> str:
    try:
        channel = message.channel or _channel(runtime, message)
        unclear = message.attempted_at is not None
        ts = _look_for(runtime, message, channel) if unclear else None
        if ts is None:
            message.attempted_at = None  # the history has ruled it out
    except pace.NotYet as exc:
        return attempts.give_way(runtime, message, timedelta(seconds=exc.retry_after or 0))
    except SlackRefused as exc:
        return attempts.fail(runtime, message, exc.code)
    except (SlackUnavailable, SlackAmbiguous) as exc:  # nothing was posted: these calls may be repeated
        return attempts.wait(runtime, message, exc)
    return (
        attempts.sent(runtime, message, channel, ts) if ts is not None else _post(runtime, message, channel)
    )


def _channel(runtime: Runtime, message: OutboundMessage) -> str:
    return _owner(runtime, message).slack_channel or _opened(runtime, message)


def _owner(runtime: Runtime, message: OutboundMessage) -> User:
    """Whose it is by now: two people may have become one since it was taken."""
    with transaction(runtime.sessions) as session:
        whose = select(User).join(OutboundMessage).where(OutboundMessage.id == message.id)
        return session.scalars(whose).one()


def _opened(runtime: Runtime, message: OutboundMessage) -> str:
    """The DM with its person, as Slack has it now, kept for next time."""
    user = _owner(runtime, message)
    slack_user_id = user.slack_user_id or slack_account.find(runtime, user.id, patience=pace.NO_WAIT)
    if not slack_user_id:
        raise _not_on_slack(runtime, message)
    with pace.turn(runtime, pace.OPEN):
        channel = slack.open_dm(runtime.slack, slack_user_id)
    with transaction(runtime.sessions) as session:
        session.execute(update(User).where(User.id == user.id).values(slack_channel=channel))
    return channel


def _not_on_slack(runtime: Runtime, message: OutboundMessage) -> SlackRefused | SlackUnavailable:
    """The day's briefing waits for its person to be found on Slack; nothing else does."""
    with transaction(runtime.sessions) as session:
        kind = session.scalar(select(Briefing.kind).where(Briefing.id == message.briefing_id))
    said, code = "this person has no Slack account here", "not_on_slack"
    if kind != "daily":
        return SlackRefused(said, code=code)
    return SlackUnavailable(said, code=code, retry_after=NOT_ON_SLACK_YET.total_seconds())


def _post(runtime: Runtime, message: OutboundMessage, channel: str, *, anew: bool = False) -> str:
    """Post once, in its turn, and write down what is known of it afterwards.

    Where Slack has refused it because the stored DM is gone, the DM is opened and the post tried once more
    (`anew`).
    """
    not_yet = pace.await_turn(runtime, channel)
    if not_yet:
        return attempts.give_way(runtime, message, not_yet)
    untrue = _untrue_by_now(runtime, message)
    if untrue is not None:
        return attempts.fail(runtime, message, untrue)
    message = _apologising(runtime, message)
    if not attempts.note_attempt(runtime, message, channel):
        # Waiting for its turn has taken too long: soon again, for Slack has nothing to do with it.
        soon = attempts.lease(runtime).total_seconds() / 4
        return attempts.wait(
            runtime, message, SlackUnavailable("too late to post", code="too_late", retry_after=soon)
        )
    try:
        with timed("deliver"):
            ts = slack.post(
                runtime.slack, channel, message.content, key=message.dedupe_key, thread_ts=message.thread_ts
            )
    except SlackRefused as exc:
        if exc.code in CHANNEL_GONE and not anew:
            return _post_anew(runtime, message, channel)
        return attempts.fail(runtime, message, exc.code)
    except SlackUnavailable as exc:
        if exc.retry_after:
            pace.hold_back(runtime, exc.retry_after)
        return attempts.wait(runtime, message, exc)
    except SlackAmbiguous as exc:
        return attempts.leave_open(runtime, message, exc.code)
    return attempts.sent(runtime, message, channel, ts)


def _post_anew(runtime: Runtime, message: OutboundMessage, gone: str) -> str:
    """Slack has certainly not taken it: post it into the DM as it is now, without the threads of old."""
    try:
        channel = _opened(runtime, message)
    except pace.NotYet as exc:
        message.attempted_at = None
        return attempts.give_way(runtime, message, timedelta(seconds=exc.retry_after or 0))
    except SlackRefused as exc:
        return attempts.fail(runtime, message, exc.code)
    except (SlackUnavailable, SlackAmbiguous) as exc:
        return attempts.wait(runtime, message, exc)
    if channel != gone:
        message.thread_ts = None
    return _post(runtime, message, channel, anew=True)


def _untrue_by_now(runtime: Runtime, message: OutboundMessage) -> str | None:
    """An alarm, or the word that it is over, may have waited for so long that it is not true any more."""
    if message.kind != "alarm":
        return None
    with transaction(runtime.sessions) as session:
        return book.untrue_by_now(session, message.dedupe_key)


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
    turn = pace.turns(runtime, pace.HISTORY)
    return slack.find(runtime.slack, channel, key=message.dedupe_key, oldest=oldest, turn=turn)
