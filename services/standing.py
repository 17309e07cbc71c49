"""How far somebody has come with the product, and what became of their last briefing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from services.connect.connection import Connection, connection_of
from services.db.models import Briefing, JsonList, OutboundMessage, Preview, User
from services.people import UnknownPerson
from services.settings import Settings


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


def read(session: Session, settings: Settings, user_id: str) -> Standing:
    """Where a person stands. Raises UnknownPerson."""
    slack_user_id = session.execute(select(User.slack_user_id).where(User.id == user_id)).first()
    if slack_user_id is None:
        raise UnknownPerson(f"nobody is known as {user_id!r}")
    sent = _is_there(session, Briefing.user_id == user_id, Briefing.status == "sent")
    return Standing(
        connection=connection_of(session, settings, user_id),
        # Previews are forgotten after a while; who has had a briefing has seen one.
        previewed=sent or _is_there(session, Preview.user_id == user_id, Preview.status == "done"),
        sent=sent,
        on_slack=bool(slack_user_id[0]),
        last=_last(session, user_id),
    )


def _is_there(session: Session, *conditions: object) -> bool:
    return bool(session.scalar(select(exists().where(*conditions))))  # type: ignore[arg-type]


def _last(session: Session, user_id: str) -> LastBriefing | None:
    row = session.execute(
        select(
            Briefing.status,
            Briefing.completeness,
            Briefing.missing,
            func.coalesce(OutboundMessage.error, Briefing.error),
            Briefing.due_at,
            Briefing.sent_at,
        )
        .outerjoin(OutboundMessage, OutboundMessage.briefing_id == Briefing.id)
        .where(Briefing.user_id == user_id)
        .order_by(Briefing.created_at.desc())
        .limit(1)
    ).first()
    return LastBriefing(*row) if row is not None else None
