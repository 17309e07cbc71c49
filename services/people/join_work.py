"""What follows once both sides have said that they are one: joining them, and revoking what is left over.

The row of the link decides; a worker may die anywhere and the next one takes it up.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import asdict

import structlog
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from services.connect.disconnect import revoke
from services.db.engine import transaction
from services.db.models import OutboundMessage, SlackLink, User
from services.deferral import defer
from services.delivery import outbox
from services.errors import DatabaseUnavailable, EncryptionError, SourceUnavailable
from services.i18n import translator
from services.people import join_words
from services.people.merging import JoinRefused, merge
from services.people.registry import by_slack_user_id
from services.runtime import Runtime

JOIN, REVOKE = "join_people", "revoke_dropped"
# Somebody looks at the page and waits.
PRIORITY = 20
TRIES = 6
PAUSE_SECONDS = 0.5
log = structlog.get_logger(__name__)


def join(runtime: Runtime, link_id: str) -> None:
    """Join the two of a confirmed link, all of it or nothing; nothing where that is done or being done.

    Raises DatabaseUnavailable, SourceUnavailable where somebody is in the middle of something for long: the
    row stays as it is and is taken up again.
    """
    for _ in range(TRIES - 1):
        with suppress(DatabaseUnavailable, SourceUnavailable):
            _join(runtime, link_id)
            return
        time.sleep(PAUSE_SECONDS)
    _join(runtime, link_id)


def asked_by(link_id: str) -> str:
    """The key of the message that asks in the DM whether they are one."""
    return f"join:{link_id}"


def is_confirmed() -> ColumnElement[bool]:
    """Links whose two are to be joined."""
    return SlackLink.status == "confirmed"


def has_dropped() -> ColumnElement[bool]:
    """Links that left a token over."""
    return SlackLink.dropped_token.is_not(None)


def revoke_dropped(runtime: Runtime, link_id: str) -> None:
    """Give a token back that nobody uses any longer, as far as Google answers, and forget it."""
    with transaction(runtime.sessions) as session:
        sealed = session.scalar(select(SlackLink.dropped_token).where(SlackLink.id == link_id))
    if sealed is None:
        return
    try:
        gone = revoke(runtime.settings, runtime.box.decrypt(sealed, belongs_to=_belongs(link_id)))
    except EncryptionError:  # its key is lost
        gone = False
    log.info("dropped_token_revoked", link=link_id, revoked=gone)
    with transaction(runtime.sessions) as session:
        forgotten = update(SlackLink).where(SlackLink.id == link_id, SlackLink.dropped_token == sealed)
        session.execute(forgotten.values(dropped_token=None))


def _join(runtime: Runtime, link_id: str) -> None:
    mine = (SlackLink.id == link_id, is_confirmed())
    try:
        with transaction(runtime.sessions) as session:
            link = session.execute(
                select(
                    SlackLink.user_id,
                    SlackLink.used_by,
                    SlackLink.slack_user_id,
                    User.slack_user_id,
                    User.locale,
                )
                .join(User)
                .where(*mine)
                .with_for_update(of=SlackLink, skip_locked=True)
            ).first()
            if link is None:
                return
            if link[2] != link[3]:
                raise JoinRefused("the Slack account is somebody else's by now", code="gone")
            dropped = None
            if link.user_id != link.used_by:
                dropped = merge(session, runtime, leaving=link.user_id, staying=link.used_by or "")
            joined = update(SlackLink).where(*mine).values(status="joined")
            if dropped is not None:
                sealed = runtime.box.encrypt(dropped, belongs_to=_belongs(link_id))
                joined = joined.values(dropped_token=sealed)
                defer(session, REVOKE, link_id)
            session.execute(joined)
            _tell(session, runtime, link_id, link[2], locale=link.locale)
    except JoinRefused as exc:
        log.warning("join_refused", link=link_id, error=exc.code)
        with transaction(runtime.sessions) as session:
            failed = update(SlackLink).where(*mine).values(status="failed", error=exc.code)
            slack_user_id = session.scalar(failed.returning(SlackLink.slack_user_id))
            if slack_user_id is not None:
                _tell(session, runtime, link_id, slack_user_id, refused=exc.code)


def _tell(
    session: Session,
    runtime: Runtime,
    link_id: str,
    slack_user_id: str,
    *,
    locale: str | None = None,
    refused: str | None = None,
) -> None:
    """What has become of it, to whoever was asked in the DM; where nobody was asked, nobody is told.

    `locale` is the one they were asked in, where the person they are by now has another.
    """
    person = by_slack_user_id(session, slack_user_id)
    asked = select(OutboundMessage.id).where(OutboundMessage.dedupe_key == asked_by(link_id))
    if person is None or not person.active or session.scalar(asked) is None:
        return
    t = translator(locale or person.locale, default=runtime.settings.default_locale)
    said = join_words.refused(refused, t) if refused else join_words.joined(t)
    outbox.put(session, outbox.Draft(person.id, "reply", asdict(said), f"joined:{link_id}"))


def _belongs(link_id: str) -> str:
    return f"slack_links/{link_id}/dropped_token"
