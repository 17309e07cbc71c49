"""Ask first, connect later: a request that lacks a Google permission is kept, and answered by itself.

`keep` stores it in the transaction that answers with a connect button; `run` answers it once the permission
is there. The answer is a row of the outbox with a key of its own, put there in the transaction that ends the
request: a worker may die anywhere and nothing is lost or said twice.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services import previews
from services.assistant import lookups, pending, waiting_words
from services.assistant.from_slack.incoming import Incoming
from services.assistant.understanding.language import language_of
from services.assistant.understanding.normal import as_typed
from services.assistant.understanding.requests import BriefingNow, Request
from services.assistant.understanding.sameness import key_of
from services.assistant.understanding.understand import understand
from services.briefing.model import SlackMessage
from services.connect import sessions
from services.conversations.standing import look_up, said_at
from services.conversations.words import storable
from services.db.engine import transaction
from services.db.models import PendingRequest, User
from services.deferral import defer
from services.delivery import outbox
from services.due import zone_of
from services.errors import NeedsConsent, PortalError
from services.i18n import Translator, translator
from services.people import slack_link
from services.runtime import Runtime
from services.settings import Settings

EXPIRED_AT_ONCE = 500
PATIENCE = timedelta(hours=9)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The words of a question that waits; it `needs` "mail" or "calendar"."""

    question: str
    needs: str


def keep(
    session: Session,
    runtime: Runtime,
    user: User,
    incoming: Incoming,
    request: Request,
    needs: str,
    *,
    t: Translator,
) -> SlackMessage:
    """Store what was asked, and give the answer for now: what is missing, a connect button, and “Not now”."""
    request_id = _keep(session, user, incoming, request, needs)
    link = slack_link.issue(session, runtime.settings, user, add="calendar" if needs == "calendar" else None)
    return waiting_words.kept(needs, link, request_id, t)


def try_again(session: Session, user: User, incoming: Incoming, request: Request, needs: str) -> None:
    """Keep what Google gave no answer to, though it may be asked: it is asked again by itself, in a while."""
    request_id = _keep(session, user, incoming, request, needs)
    at = session.execute(select(func.now())).scalar_one() + pending.RETRY
    defer(session, pending.TASK, request_id, at=at, priority=pending.PRIORITY)


def follow_edit(session: Session, channel: str, ts: str, text: str) -> None:
    """A message says something else by now: what was asked with it and waits is what it asks for now."""
    asked = pending.asked_with(session, channel, ts)
    if asked is None or asked.text == text:
        return
    user = session.get_one(User, asked.user_id)
    request = understand(text, now=asked.asked_at, zone=zone_of(user.timezone), locale=user.locale)
    needs = "mail" if isinstance(request, BriefingNow) else lookups.needs_of(request)
    if needs is None:
        pending.forget(session, PendingRequest.id == asked.id)
    else:
        pending.revise(session, asked, text=text, asks=key_of(request, asked.asked_at), needs=needs)


def unanswered(session: Session, user_id: str) -> Unanswered | None:
    """What a person asked last that waits for a permission they have not given."""
    found = pending.lacking(session, user_id)
    return Unanswered(as_typed(found.text), found.needs) if found is not None else None


def not_now(session: Session, user: User, request_id: str, t: Translator) -> SlackMessage:
    """Its owner pressed “Not now”: it waits no longer, and they are told how it stands."""
    return waiting_words.not_now(t, withdrawn=pending.withdraw(session, user.id, request_id))


def run(runtime: Runtime, request_id: str, *, now: datetime) -> None:
    """Answer a request whose permission has come; nothing where it is not ready, held or over."""
    with transaction(runtime.sessions) as session:
        taken = pending.claim(session, request_id, lease=_lease(runtime))
        if taken is None:
            return
        user = session.get_one(User, taken.user_id)
        came_with = sessions.granted_in(session, user.id)
    with sessions.in_logs(came_with or "unknown"):
        _run(runtime, user, taken, now)


def _run(runtime: Runtime, user: User, taken: PendingRequest, now: datetime) -> None:
    t = _translator(user, taken, runtime.settings)
    request = _as_it_was_meant(user, taken)
    if isinstance(request, BriefingNow):
        _brief(runtime, taken)
        return
    try:
        answer = lookups.answer(runtime, user, request, now=now, t=t)
    except NeedsConsent:  # taken away again meanwhile
        with transaction(runtime.sessions) as session:
            pending.put_back(session, taken)
    except PortalError as exc:
        _again_or_give_up(runtime, user, taken, exc, t)
    else:
        _say(runtime, taken, waiting_words.answered(as_typed(taken.text), answer, t), "done")


def expire(session: Session, settings: Settings) -> int:
    """End what has waited for a day, and tell each asker so; how many that were."""
    overdue = pending.overdue(session, limit=EXPIRED_AT_ONCE)
    for request in overdue:
        user = session.get_one(User, request.user_id)
        t = _translator(user, request, settings)
        _put(session, request, waiting_words.expired(as_typed(request.text), t))
    pending.expire(session, overdue)
    return len(overdue)


def _keep(session: Session, user: User, incoming: Incoming, request: Request, needs: str) -> str:
    """Store what was asked as its message says it by now; the id.

    What waited in the same words in another time zone asks for the same thing since.
    """
    asked = _asked(user, incoming, request, needs)
    for other in pending.waiting_of(session, user.id):
        if other.asks != asked.asks and key_of(_as_it_was_meant(user, other), other.asked_at) == asked.asks:
            pending.withdraw(session, user.id, other.id)
    request_id = pending.keep(session, asked)
    standing = look_up(session, User.id, user.id, asked.channel, asked.ts)
    if not standing.is_gone:
        follow_edit(session, asked.channel, asked.ts, standing.by_now(asked.text))
    return request_id


def _asked(user: User, incoming: Incoming, request: Request, needs: str) -> pending.Asked:
    return pending.Asked(
        user_id=user.id,
        text=storable(incoming.text),
        asks=key_of(request, said_at(incoming.ts)),
        needs=needs,
        channel=incoming.channel,
        ts=incoming.ts,
        thread_ts=incoming.thread_ts,
        asked_at=said_at(incoming.ts),
    )


def _lease(runtime: Runtime) -> timedelta:
    """A few calls of Google, one after the other."""
    return 2 * timedelta(seconds=runtime.settings.lease_seconds)


def _translator(user: User, request: PendingRequest, settings: Settings) -> Translator:
    """In the language that it was asked in."""
    return translator(language_of(request.text, user.locale), default=settings.default_locale)


def _as_it_was_meant(user: User, taken: PendingRequest) -> Request:
    """When it was asked: “tomorrow” is the day after that."""
    return understand(taken.text, now=taken.asked_at, zone=zone_of(user.timezone), locale=user.locale)


def _brief(runtime: Runtime, taken: PendingRequest) -> None:
    """The briefing, with what it lacked; it is a row of its own, which finds its way like any other."""
    with transaction(runtime.sessions) as session:
        if pending.finish(session, taken, "done"):
            previews.send_now(session, taken.user_id)


def _again_or_give_up(
    runtime: Runtime, user: User, taken: PendingRequest, exc: PortalError, t: Translator
) -> None:
    log.warning("waiting_request_failed", request=taken.id, error=exc.code, attempts=taken.attempts)
    if taken.attempts < pending.TRIES and not exc.permanent:
        with transaction(runtime.sessions) as session:
            pending.put_back(session, taken, after=pending.RETRY * 2 ** (taken.attempts - 1))
        return
    _say(runtime, taken, waiting_words.failed(as_typed(taken.text), t), "failed", error=exc.code)


def _say(
    runtime: Runtime, taken: PendingRequest, said: SlackMessage, to: str, *, error: str | None = None
) -> None:
    with transaction(runtime.sessions) as session:
        if pending.finish(session, taken, to, error=error):
            _put(session, taken, said)


def _put(session: Session, request: PendingRequest, said: SlackMessage) -> None:
    draft = outbox.Draft(
        request.user_id,
        "reply",
        asdict(said),
        f"waiting:{request.id}",
        deadline_in=PATIENCE,
        thread_ts=request.thread_ts,
    )
    outbox.put(session, draft)
