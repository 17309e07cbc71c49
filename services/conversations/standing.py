"""How a message of a DM stands: whether it is in the log, edited, deleted, or forgotten by its person.

Whoever looks holds the channel until they commit: what they decide by it stays true for so long.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, func, literal, select
from sqlalchemy.orm import Session

from services.conversations.words import storable
from services.db.models import ConversationAmendment, ConversationMessage, User


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one message of `owner_id` (None: of somebody who is not known).

    `amendment`: the edit or deletion that came before it; `logged`: its text in the log; `erased`: its person
    has deleted all that was said until then; `outlived`: it is older than their conversations are kept.
    """

    owner_id: str | None
    amendment: ConversationAmendment | None
    logged: str | None
    erased: bool
    outlived: bool

    @property
    def is_gone(self) -> bool:
        """Deleted in Slack or here: nobody is to answer it."""
        return self.erased or (self.amendment is not None and self.amendment.deleted)

    @property
    def may_be_kept(self) -> bool:
        return not (self.is_gone or self.outlived)

    def by_now(self, text: str) -> str:
        """What the message says by now that said `text`."""
        if self.amendment is not None:
            return self.amendment.text or ""
        return storable(text) if self.logged is None else self.logged


def look_up(session: Session, owner: ColumnElement[bool], channel: str, ts: str) -> Standing:
    """One message as it stands; `owner` finds the row of `users` whose it is, such as by their Slack id."""
    take_turns(session, channel)
    amended = and_(ConversationAmendment.channel == channel, ConversationAmendment.ts == ts)
    logged = and_(ConversationMessage.channel == channel, ConversationMessage.ts == ts)
    moment = said_at(ts)
    kept = func.make_interval(0, 0, 0, User.conversation_days)
    # One statement: every message that comes passes here, while Slack waits.
    message = select(literal(ts).label("ts")).subquery()
    found = session.execute(
        select(
            User.id,
            ConversationAmendment,
            ConversationMessage.text,
            func.coalesce(User.conversations_since >= moment, False),
            func.coalesce(func.now() - kept > moment, False),
        )
        .select_from(message)
        .outerjoin(User, owner)
        .outerjoin(ConversationAmendment, amended)
        .outerjoin(ConversationMessage, logged),
        execution_options={"populate_existing": True},
    )
    return Standing(*found.one())


def take_turns(session: Session, channel: str) -> None:
    """Held until the caller commits: what one writer of a channel decides, the next one sees."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"conversation {channel}", 0))))


def said_at(ts: str) -> datetime:
    """The instant of a Slack ts such as `1732150800.000100`."""
    return datetime.fromtimestamp(float(ts), UTC)
