"""An hour before somebody's briefing: one message where it would lack their mail, with the way to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Text, and_, cast, not_, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import Session

from services.alerts import book, messages
from services.connect.connection import Connection, connection_in
from services.db.models import Alert, BriefingSettings, GmailToken, User
from services.delivery import outbox
from services.due import zone_of
from services.i18n import translator
from services.people import slack_link
from services.settings import Settings
from services.tokens import lifespan
from services.tokens.scopes import lacks_scope

AHEAD = timedelta(hours=1)
# A warning that Slack takes later than this would come after the day it is about.
PATIENCE = timedelta(hours=9)
FROM_GOOGLE = ("mail", "calendar")
BATCH = 500


def warn(session: Session, settings: Settings, *, now: datetime) -> int:
    """Write to everybody whose briefing comes within the hour and whose connection is broken or ends soon.

    Once for each time it breaks: an alert that has been told of is not told of again while it is open. At
    most 500 people a call; how many that were.
    """
    warned = 0
    for user, due, connection in _candidates(session, settings, now):
        kind = "token_broken" if connection.broken else "token_ending"
        book.open_alert(session, kind, user.id, connection.reason)
        alert = book.read_open(session, kind, user.id)
        if alert is not None and book.mark_notified(session, alert.id):
            _write(session, settings, user, due, connection, book.warning_key(alert.id))
            warned += 1
    return warned


def settle(session: Session, settings: Settings) -> int:
    """Close the alerts of tokens that work by now, or are gone; how many that were."""
    broken = _of_subject(or_(GmailToken.status == "reconnect_required", lacks_scope(settings)))
    ending = _of_subject(GmailToken.status == "expiring_soon")
    over = or_(
        and_(Alert.kind == "token_broken", not_(broken)), and_(Alert.kind == "token_ending", not_(ending))
    )
    return len(book.close(session, over))


def _candidates(
    session: Session, settings: Settings, now: datetime
) -> Iterator[tuple[User, datetime, Connection]]:
    """Who would notice: a briefing within the hour that wants mail or calendar, and nobody told yet."""
    ending = GmailToken.status == "expiring_soon"
    told = (
        select(Alert.id)
        .where(
            Alert.subject == User.id,
            or_(Alert.kind == "token_broken", and_(Alert.kind == "token_ending", ending)),
            Alert.resolved_at.is_(None),
            Alert.notified_at.is_not(None),
        )
        .exists()
    )
    rows = session.execute(
        select(User, BriefingSettings.next_due_at, GmailToken, lifespan.end_of_grant())
        .join(BriefingSettings, BriefingSettings.user_id == User.id)
        .join(GmailToken, GmailToken.user_id == User.id)
        .where(
            BriefingSettings.enabled,
            BriefingSettings.next_due_at > now,
            BriefingSettings.next_due_at <= now + AHEAD,
            BriefingSettings.sections.op("&&")(cast(array(FROM_GOOGLE), ARRAY(Text))),
            User.active,
            or_(GmailToken.status == "reconnect_required", lacks_scope(settings), ending),
            not_(told),
        )
        .order_by(BriefingSettings.next_due_at)
        .limit(BATCH)
    )
    for user, due, token, ends in rows:
        connection = connection_in(token, ends, settings)
        if connection is not None and due is not None:
            yield user, due, connection


def _write(
    session: Session, settings: Settings, user: User, due: datetime, connection: Connection, key: str
) -> None:
    t, zone = translator(user.locale, default=settings.default_locale), zone_of(user.timezone)
    warned = messages.Warned(
        mailbox=connection.mailbox,
        explained=connection.explained(t),
        due=due.astimezone(zone),
        ends=connection.ends.astimezone(zone) if connection.ends else None,
    )
    content = messages.warning(warned, t, link=slack_link.issue(session, settings, user))
    draft = outbox.Draft(user.id, "warning", content, key, deadline_in=PATIENCE)
    outbox.put(session, draft)


def _of_subject(condition: Any) -> Any:
    return select(GmailToken.id).where(GmailToken.user_id == Alert.subject, condition).exists()
