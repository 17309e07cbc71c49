"""Everything that is held on a person, deleted in one transaction. What remains is an id in the access log.

`holdings.py` says where a person's id is written; here is what hangs on their Slack account, what others were
told of them, and what the queue still knows.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Text, cast, delete, exists, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.conversations import log
from services.db.models import (
    BriefingSettings,
    ConversationAmendment,
    ConversationMessage,
    GmailToken,
    NewsFeed,
    OutboundMessage,
    RateLimit,
    SignIn,
    SlackEvent,
    SlackLink,
    User,
)
from services.people.holdings import DONE_BY, ONE_A_PERSON, OWNED, Column
from services.settings import Settings

# Shorter than PostgreSQL takes to look for two who wait for each other: whoever leaves gives way.
PATIENCE_MS = 400
# Jobs name rows by their ids; a worker that is at one ends it.
_JOBS = text(
    "DELETE FROM procrastinate_jobs WHERE status <> 'doing' AND (args ->> 'row_id' = :user_id OR EXISTS"
    " (SELECT FROM unnest(CAST(:slack AS text[])) AS name WHERE strpos(args ->> 'row_id', name) > 0))"
)


def forget(session: Session, settings: Settings, user_id: str) -> None:
    """Delete every row of a person and every trace of them elsewhere, in the caller's transaction.

    Others may be in the middle of something with a row of theirs: that is waited for only briefly. Raises
    DatabaseUnavailable then; the same may be tried again.
    """
    session.execute(text(f"SET LOCAL lock_timeout = {PATIENCE_MS}"))
    # Before anything else: a refresh holds the token's row, and its trigger wants what a user's has locked.
    session.execute(delete(GmailToken).where(GmailToken.user_id == user_id))
    user = session.get(User, user_id)
    slack = _Slack(session, user_id, user)
    _what_others_were_told(session, user_id)
    _own_feeds(session, settings, user_id)
    # The digests stay without an owner: a cookie in another tab must not bring the person back.
    session.execute(
        update(SignIn)
        .where(SignIn.user_id == user_id)
        .values(user_id=None, revoked_at=func.coalesce(SignIn.revoked_at, func.now()))
    )
    for column in DONE_BY:
        nobody = None if column.property.columns[0].nullable else ""
        session.execute(update(column.class_).where(column == user_id).values({column.key: nobody}))
    for column in (*OWNED, *ONE_A_PERSON):
        session.execute(delete(column.class_).where(column == user_id))
    session.execute(delete(SlackEvent).where(slack.is_in(SlackEvent.slack_user_id, SlackEvent.channel)))
    session.execute(delete(ConversationAmendment).where(slack.is_in(ConversationAmendment.channel)))
    own_limits = func.split_part(RateLimit.key, ":", 3).in_([user_id, *slack.names])
    session.execute(delete(RateLimit).where(own_limits))
    session.execute(_JOBS, {"user_id": user_id, "slack": slack.names})
    session.execute(delete(User).where(User.id == user_id))


class _Slack:
    """What a person is called in Slack: the account, and the DMs it has had with the bot."""

    def __init__(self, session: Session, user_id: str, user: User | None) -> None:
        channels = session.scalars(
            select(ConversationMessage.channel).where(ConversationMessage.user_id == user_id).distinct()
        )
        account = (user.slack_user_id, user.slack_channel) if user is not None else ()
        self.names = sorted({name for name in (*channels, *account) if name})

    def is_in(self, *columns: Column) -> ColumnElement[bool]:
        """Whether one of the columns names it."""
        return or_(*(column.in_(self.names) for column in columns))


def _what_others_were_told(session: Session, user_id: str) -> None:
    """The question of joining that somebody else got names the person; so may any digest of an admin's.

    Names change and are cut short in messages, so no digest is searched for them: all of them are emptied.
    They were about that day.
    """
    asked = select(func.concat("join:", SlackLink.id)).where(SlackLink.used_by == user_id)
    told = or_(OutboundMessage.kind == "digest", OutboundMessage.dedupe_key.in_(asked))
    others = (told, OutboundMessage.user_id != user_id)
    said = session.execute(select(OutboundMessage.channel, OutboundMessage.slack_ts).where(*others)).all()
    for channel, ts in sorted((channel, ts) for channel, ts in said if channel and ts):
        log.deleted(session, channel=channel, ts=ts)
    unsent = OutboundMessage.status.in_(("queued", "failed"))
    session.execute(delete(OutboundMessage).where(*others, unsent))


def _own_feeds(session: Session, settings: Settings, user_id: str) -> None:
    """Feeds that nobody else reads: their addresses may tell whose they are."""
    own = session.scalar(select(BriefingSettings.feeds).where(BriefingSettings.user_id == user_id)) or ()
    read_on = exists().where(
        BriefingSettings.user_id != user_id, NewsFeed.url == func.any(BriefingSettings.feeds)
    )
    left = _without(own, settings.news_feeds)
    session.execute(delete(NewsFeed).where(NewsFeed.url == func.any(cast(left, ARRAY(Text))), ~read_on))


def _without(own: Iterable[str], team: tuple[str, ...]) -> list[str]:
    return [feed for feed in own if feed not in team]
