"""One message or click, from the inbox to its answer.

The answer, what it changes and the event's end are one transaction; Slack, Google and the model are asked
before it. A worker that dies leaves the event to the next one, and nothing is said twice: the answer's key is
the event's.
"""

from __future__ import annotations

import contextlib
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.assistant import answering, answers, clicks
from services.assistant.asker import Asker, Reply, say
from services.assistant.from_slack import inbox
from services.assistant.from_slack.incoming import Incoming
from services.assistant.understanding.language import language_of
from services.assistant.understanding.requests import ChangeTime, DeleteData, Pause, Request, Resume, Status
from services.assistant.understanding.understand import understand
from services.briefing.model import SlackMessage
from services.conversations.standing import look_up, said_at
from services.db.engine import transaction
from services.db.models import OutboundMessage, User
from services.errors import PortalError
from services.i18n import Translator, translator
from services.people import slack_person
from services.runtime import Runtime

# These tell themselves when the briefing comes, or make it pointless to say.
TELLING = (ChangeTime, Pause, Resume, Status, DeleteData)
log = structlog.get_logger(__name__)


def handle(runtime: Runtime, event_id: str, *, now: datetime) -> None:
    """Answer one event; nothing where somebody else has it, or it is over."""
    incoming = inbox.claim(runtime, event_id)
    if incoming is None:
        return
    with contextlib.suppress(inbox.LeaseLost):
        try:
            (_message if incoming.kind == "message" else _click)(runtime, incoming, now)
        except inbox.LeaseLost:
            raise
        except PortalError as exc:
            _later_or_never(runtime, incoming, exc.code, permanent=exc.permanent)
        except Exception:
            _later_or_never(runtime, incoming, "internal", permanent=True)
            raise


def _message(runtime: Runtime, incoming: Incoming, now: datetime) -> None:
    user = slack_person.recognise(runtime, incoming.slack_user_id, incoming.channel, now=now)
    if user is None:  # a bot, or a guest
        with transaction(runtime.sessions) as session:
            inbox.finish(session, incoming)
        return
    asker = Asker(user, incoming, _translator(runtime, user, incoming.text), now)
    if not user.active:
        _conclude(runtime, asker, lambda session: answers.deactivated(asker.t))
        return
    # As it was meant when it was written: a day later "tomorrow" is another day.
    asked_at = said_at(incoming.ts)
    request = understand(incoming.text, now=asked_at, zone=asker.zone, locale=user.locale)
    reply = answering.prepare(runtime, asker, request)
    _conclude(runtime, asker, lambda session: _introduced(session, asker, request, reply(session)))


def _click(runtime: Runtime, incoming: Incoming, now: datetime) -> None:
    user = slack_person.known(runtime, incoming.slack_user_id)
    if user is None or not user.active:
        with transaction(runtime.sessions) as session:
            inbox.finish(session, incoming)
        return
    clicks.press(runtime, Asker(user, incoming, _translator(runtime, user, ""), now))


def _conclude(runtime: Runtime, asker: Asker, reply: Reply) -> None:
    with transaction(runtime.sessions) as session:
        inbox.finish(session, asker.incoming)
        if not _log(session, asker):
            return
        said = reply(session)
        if said is not None:
            say(session, asker.user.id, asker.incoming, said)


def _introduced(
    session: Session, asker: Asker, request: Request, said: SlackMessage | None
) -> SlackMessage | None:
    """To the first answer ever belongs when the briefing comes, and how to be rid of it."""
    before = select(OutboundMessage.id).where(
        OutboundMessage.user_id == asker.user.id, OutboundMessage.kind == "reply"
    )
    if session.scalar(before.limit(1)) is not None:
        return said
    said = said or answers.making_briefing(asker.t)
    if isinstance(request, TELLING):
        return said
    return answers.introduced(said, answering.next_at(session, asker), asker.t, today=asker.today)


def _log(session: Session, asker: Asker) -> bool:
    """The message of whoever was not known yet when it came; the others' is there. False: it is deleted."""
    incoming = asker.incoming
    standing = look_up(session, User.id, asker.user.id, incoming.channel, incoming.ts)
    if standing.is_gone:
        return False
    inbox.into_conversation(session, asker.user.id, incoming, standing)
    return True


def _translator(runtime: Runtime, user: User, text: str) -> Translator:
    return translator(language_of(text, user.locale), default=runtime.settings.default_locale)


def _later_or_never(runtime: Runtime, incoming: Incoming, code: str, *, permanent: bool) -> None:
    """Try again in a while where that may help; otherwise it is over, and its sender told."""
    log.warning("slack_event_failed", slack_event=incoming.event_id, error=code, permanent=permanent)
    if not permanent and inbox.retry(runtime, incoming, code):
        return
    user = slack_person.known(runtime, incoming.slack_user_id)
    with transaction(runtime.sessions) as session:
        inbox.give_up(session, incoming, code)
        if user is not None and user.active:
            t = _translator(runtime, user, incoming.text)
            say(session, user.id, incoming, answers.failed(t))
