"""Buttons that were pressed: only by whom they were made for, within the hour, and once."""

from __future__ import annotations

import contextlib
from dataclasses import asdict
from datetime import date

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.assistant import answering, answers, buttons, confirmed, waiting
from services.assistant.asker import Asker, Reply, key_of, say
from services.assistant.from_slack import inbox
from services.assistant.from_slack.incoming import Incoming
from services.assistant.understanding.requests import ChangeTime, Pause
from services.briefing.model import SlackMessage
from services.connect.disconnect import disconnect
from services.db.engine import transaction
from services.db.models import ConversationMessage, OutboundMessage
from services.delivery import slack
from services.errors import NotConnected, SlackError
from services.people import UnknownPerson, delete_person, joining
from services.runtime import Runtime

# Whoever finds a button again after an hour may have forgotten what it does.
FRESH_SECONDS = 3600
ASKED_AGAIN = (buttons.DISCONNECT, buttons.DELETE_DATA, buttons.PAUSE, buttons.CONFIRM)
log = structlog.get_logger(__name__)


def press(runtime: Runtime, asker: Asker) -> None:
    """Do what the button says, answer, and take it away so that it is not pressed again.

    Raises PortalError, and LeaseLost where somebody else has the click by now.
    """
    incoming = asker.incoming
    with transaction(runtime.sessions) as session:
        theirs, question = _question(session, asker)
        over = session.scalar(
            select(OutboundMessage.id).where(OutboundMessage.dedupe_key == key_of(incoming))
        )
    if not theirs or over is not None:
        _end(runtime, incoming)
    elif incoming.action_id == buttons.DELETE_DATA and not _is_old(incoming):
        _leave(runtime, asker)
        return
    else:
        reply = _reply_to(runtime, asker)
        with transaction(runtime.sessions) as session:
            inbox.finish(session, incoming)
            said = reply(session)
            if said is not None:
                say(session, asker.user.id, incoming, said)
    if theirs and question is not None:
        label = _label(question, incoming.action_id)
        _replace(runtime, incoming, answers.pressed(question, label, asker.t))


def _reply_to(runtime: Runtime, asker: Asker) -> Reply:
    """What cannot be in a transaction is done at once, and bears being repeated."""
    incoming, t = asker.incoming, asker.t
    action_id, value = incoming.action_id, incoming.value
    if action_id in ASKED_AGAIN and _is_old(incoming):
        again = _asked_again(asker)
        return lambda session: again
    if action_id == buttons.DISCONNECT:
        done = _disconnected(runtime, asker)
        return lambda session: done
    if action_id == buttons.PAUSE:
        return lambda session: answering.pause(session, asker, Pause(_day(value)))
    if action_id == buttons.CONFIRM:
        return lambda session: _confirmed(session, asker)
    if action_id == buttons.NOT_NOW:
        return lambda session: waiting.not_now(session, asker.user, value, t)
    if action_id in (buttons.JOIN_YES, buttons.JOIN_NO):
        yes = action_id == buttons.JOIN_YES
        return lambda session: joining.answer(session, incoming.slack_user_id, value, yes)
    return lambda session: answers.unchanged(t) if action_id == buttons.CANCEL else None


def _confirmed(session: Session, asker: Asker) -> SlackMessage:
    change = confirmed.read(asker.incoming.value)
    if change is None:
        return answers.unchanged(asker.t)
    if isinstance(change, ChangeTime):
        return answering.change_time(session, asker, change.at)
    return answering.resume(session, asker)


def _disconnected(runtime: Runtime, asker: Asker) -> SlackMessage:
    try:
        revoked = disconnect(runtime, asker.user.id, asker.actor).revoked
    except NotConnected:  # done before a worker died, or in the portal meanwhile
        revoked = True
    return answers.disconnected(asker.t, revoked=revoked)


def _leave(runtime: Runtime, asker: Asker) -> None:
    """Delete the person; of what was said only this one answer remains, in Slack."""
    with contextlib.suppress(UnknownPerson):
        delete_person(runtime, asker.user.id, asker.actor)
    _replace(runtime, asker.incoming, answers.deleted(asker.t))
    with contextlib.suppress(inbox.LeaseLost):  # the click went with the person
        _end(runtime, asker.incoming)


def _asked_again(asker: Asker) -> SlackMessage:
    match asker.incoming.action_id:
        case buttons.DISCONNECT:
            return answers.ask_disconnect(asker.t)
        case buttons.DELETE_DATA:
            return answers.ask_delete_data(asker.t)
        case buttons.CONFIRM:
            change = confirmed.read(asker.incoming.value)
            return (
                answers.ask_change(change, asker.t, today=asker.today)
                if change
                else answers.unchanged(asker.t)
            )
    until = _day(asker.incoming.value)
    if until is not None and until < asker.today:
        return answers.unknown((Pause(),), asker.t)
    return answers.ask_pause(Pause(until), asker.t, today=asker.today)


def _question(session: Session, asker: Asker) -> tuple[bool, SlackMessage | None]:
    """Whether the button was made for who pressed it, and the message it stands in, where that is kept."""
    incoming = asker.incoming
    kept = session.scalar(
        select(ConversationMessage).where(
            ConversationMessage.channel == incoming.channel, ConversationMessage.ts == incoming.message_ts
        )
    )
    if kept is None:
        return asker.user.slack_channel == incoming.channel, None
    return kept.user_id == asker.user.id, SlackMessage(kept.text, list(kept.blocks or ()))


def _label(question: SlackMessage, action_id: str) -> str:
    elements = (element for block in question.blocks for element in block.get("elements") or ())
    labels = (one["text"]["text"] for one in elements if one.get("action_id") == action_id)
    return str(next(labels, ""))


def _is_old(incoming: Incoming) -> bool:
    """By Slack's own clock, which dates both."""
    return float(incoming.ts) - float(incoming.message_ts) > FRESH_SECONDS


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _end(runtime: Runtime, incoming: Incoming) -> None:
    with transaction(runtime.sessions) as session:
        inbox.finish(session, incoming)


def _replace(runtime: Runtime, incoming: Incoming, content: SlackMessage) -> None:
    """As well as it goes: a button left behind does nothing a second time."""
    try:
        slack.update(runtime.slack, incoming.channel, incoming.message_ts, asdict(content))
    except SlackError as exc:
        log.warning("button_left", slack_event=incoming.event_id, error=exc.code)
