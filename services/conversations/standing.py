"""How a message of a DM stands: whether it is in the log, edited, deleted, or forgotten by its person.

Whoever looks holds the channel until they commit: what they decide by it stays true for so long.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import DateTime, Executable, Text, and_, bindparam, func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.conversations.words import storable
from services.db.models import ConversationAmendment, ConversationMessage, User

Attribute = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


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


def look_up(session: Session, owner: Attribute, value: str, channel: str, ts: str) -> Standing:
    """One message as it stands; `owner`, such as `User.slack_user_id`, has this value where it is theirs."""
    take_turns(session, channel)
    places = {"value": value, "channel": channel, "ts": ts, "moment": said_at(ts)}
    return Standing(*session.execute(_found_by(owner), places).one())


def take_turns(session: Session, channel: str) -> None:
    """Held until the caller commits: what one writer of a channel decides, the next one sees."""
    session.execute(_TURN, {"name": f"conversation {channel}"})


@functools.cache
def _found_by(owner: Attribute) -> Executable:
    """One statement, built once: every message that comes passes here, while Slack waits."""
    channel, ts = bindparam("channel", type_=Text()), bindparam("ts", type_=Text())
    moment = bindparam("moment", type_=DateTime(timezone=True))
    kept = func.make_interval(0, 0, 0, User.conversation_days)
    message = select(ts.label("ts")).subquery()
    return (
        select(
            User.id,
            ConversationAmendment,
            ConversationMessage.text,
            func.coalesce(User.conversations_since >= moment, False),
            func.coalesce(func.now() - kept > moment, False),
        )
        .select_from(message)
        .outerjoin(User, owner == bindparam("value"))
        .outerjoin(
            ConversationAmendment,
            and_(ConversationAmendment.channel == channel, ConversationAmendment.ts == ts),
        )
        .outerjoin(
            ConversationMessage, and_(ConversationMessage.channel == channel, ConversationMessage.ts == ts)
        )
        .execution_options(populate_existing=True)
    )


def said_at(ts: str) -> datetime:
    """The instant of a Slack ts such as `1732150800.000100`."""
    return datetime.fromtimestamp(float(ts), UTC)
