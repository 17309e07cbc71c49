"""How far somebody has come with the product, and what became of their last briefing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import Session

from services.connect.connection import Connection, connection_of
from services.db.models import Briefing, JsonList, OutboundMessage, Preview, User
from services.delivery.outbox import is_of_briefing
from services.people import UnknownPerson
from services.settings import Settings

# Every look at Home reads these; making a statement takes as long as running it, so each is made once.
_STEPS = select(
    User.slack_user_id,
    exists().where(Briefing.user_id == User.id, Briefing.status == "sent").correlate(User),
    exists().where(Preview.user_id == User.id, Preview.status == "done").correlate(User),
).where(User.id == bindparam("user_id"))
_LAST = (
    select(
        Briefing.status,
        Briefing.completeness,
        Briefing.missing,
        func.coalesce(OutboundMessage.error, Briefing.error),
        Briefing.due_at,
        Briefing.sent_at,
    )
    .select_from(Briefing)
    .outerjoin(OutboundMessage, is_of_briefing())
    .where(Briefing.user_id == bindparam("user_id"))
    .order_by(Briefing.created_at.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class LastBriefing:
    """The newest briefing of a person; `missing` lists {source, reason}, `error` is a machine name."""

    status: str
    completeness: str | None
    missing: JsonList
    error: str | None
    due_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person has done so far. `connection` is None until Gmail is connected."""

    connection: Connection | None
    previewed: bool
    sent: bool
    on_slack: bool
    last: LastBriefing | None

    @property
    def complete(self) -> bool:
        """Whether nothing is left to set up."""
        return self.connection is not None and self.sent and self.on_slack

    @property
    def broken(self) -> bool:
        """Whether there is a connection that only connecting again mends."""
        return self.connection is not None and self.connection.broken


def read(session: Session, settings: Settings, user_id: str) -> Standing:
    """Where a person stands. Raises UnknownPerson."""
    found = session.execute(_STEPS, {"user_id": user_id}).first()
    if found is None:
        raise UnknownPerson(f"nobody is known as {user_id!r}")
    slack_user_id, sent, previewed = found
    return Standing(
        connection=connection_of(session, settings, user_id),
        # Previews are forgotten after a while; who has had a briefing has seen one.
        previewed=sent or previewed,
        sent=sent,
        on_slack=bool(slack_user_id),
        last=_last(session, user_id),
    )


def _last(session: Session, user_id: str) -> LastBriefing | None:
    row = session.execute(_LAST, {"user_id": user_id}).first()
    return LastBriefing(*row) if row is not None else None
