"""Somebody's recent mail for a program of their own, read as the briefing reads it, and written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services import audit
from services.access import Actor
from services.briefing.missing import cure_of
from services.briefing.model import Missing
from services.db.engine import transaction
from services.errors import Forbidden, NotConnected, SourceRefused, SourceUnavailable
from services.people import UnknownPerson, by_any_id
from services.recipient import FIRST_LOOK_BACK, read_recipient
from services.runtime import Runtime
from services.sources.gather import gather
from services.sources.records import MailBatch

CONNECTING = frozenset({"connect", "reconnect", "sign_in_again", "grant"})


def read_recent_mail(
    runtime: Runtime, actor: Actor, user_id: str, *, source: str, now: datetime
) -> MailBatch:
    """The last 24 hours of the actor's own inbox; `user_id` may be their Slack user id.

    `source` is the address the request came from. The access log has the attempt before Google is asked.
    Raises Forbidden where the mail is anybody else's, whether they exist or not, and whoever the actor is;
    NotConnected with the reason, SourceUnavailable, SourceRefused.
    """
    with transaction(runtime.sessions) as session:
        try:
            owner = by_any_id(session, user_id).id
        except UnknownPerson as exc:
            raise Forbidden("mail is its owner's alone") from exc
        if owner != actor.user_id:
            raise Forbidden("mail is its owner's alone")
        audit.record(session, actor=owner, action="read_mail", subject=owner, source=f"api {source}".strip())
    person = replace(
        read_recipient(runtime, owner, now=now),
        sections=frozenset({"mail"}),
        read_from=now - FIRST_LOOK_BACK,
        covers_since=now - FIRST_LOOK_BACK,
        seen_ids=frozenset(),
    )
    found = gather(runtime, person, now=now).mail
    if isinstance(found, MailBatch):
        return found
    raise _refusal(found)


def _refusal(missing: Missing | None) -> NotConnected | SourceUnavailable | SourceRefused:
    if missing is None:
        return SourceUnavailable("the mailbox was not asked")
    cure, said = cure_of(missing), f"the mailbox could not be read: {missing.reason}"
    if cure in CONNECTING:
        return NotConnected(said, code=missing.reason)
    return (SourceUnavailable if cure == "wait" else SourceRefused)(said, code=missing.reason)
