"""One's own connection to Google as it is shown to its owner: which mailbox, what was granted, how it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from services.db.models import GmailToken, TokenEvent
from services.recipient import CALENDAR_SCOPES
from services.settings import Settings

# Every look at Home reads it; making a statement takes as long as running it, so it is made once.
_LAST_CONSENT = (
    select(func.max(TokenEvent.at))
    .where(TokenEvent.user_id == GmailToken.user_id, TokenEvent.kind == "connected")
    .correlate(GmailToken)
    .scalar_subquery()
)
_CONNECTION = select(GmailToken, func.coalesce(_LAST_CONSENT, GmailToken.created_at)).where(
    GmailToken.user_id == bindparam("user_id")
)


@dataclass(frozen=True, slots=True)
class Connection:
    """`status` and `reason` are the token's; a scope that is required and not granted is a reason too.

    `calendar` says whether the calendar was granted, `since` when consent was last given.
    """

    status: str
    reason: str
    mailbox: str
    calendar: bool
    since: datetime

    @property
    def broken(self) -> bool:
        """Whether only connecting again helps."""
        return self.status == "reconnect_required"


def connection_of(session: Session, settings: Settings, user_id: str) -> Connection | None:
    """The connection of a person, None where there is none; decrypts nothing."""
    found = session.execute(_CONNECTION, {"user_id": user_id}).first()
    if found is None or found[0].status == "not_connected":
        return None
    row, since = found
    granted = set(row.scopes or ())
    status, reason = row.status, row.status_reason or ""
    if status != "reconnect_required" and not granted.issuperset(settings.required_scopes):
        status, reason = "reconnect_required", "missing_scope"
    return Connection(
        status=status,
        reason=reason,
        mailbox=str((row.details or {}).get("email") or ""),
        calendar=not CALENDAR_SCOPES.isdisjoint(granted),
        since=since,
    )
