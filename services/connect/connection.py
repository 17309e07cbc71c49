"""One's own connection to Google as it is shown to its owner: which mailbox, what was granted, how it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from services.db.models import GmailToken
from services.i18n import Translator
from services.settings import Settings
from services.tokens import lifespan
from services.tokens.reasons import Explained, code_of, explain
from services.tokens.scopes import CALENDAR, SENDING, missing_scopes

# Every look at Home reads it; making a statement takes as long as running it, so it is made once.
_CONNECTION = select(GmailToken, lifespan.end_of_grant()).where(GmailToken.user_id == bindparam("user_id"))


@dataclass(frozen=True, slots=True)
class Connection:
    """`status` and `reason` are the token's; a scope that is required and not granted is a reason too.

    `calendar` and `sending` say whether the calendar and sending mail were granted, `since` when consent was
    last given or, of an `imported` one, when it was brought in. `ends` is when Google ends it, where that is
    near; `testing`: as it ends all of an app in testing. `missing` are the required scopes that were refused.
    """

    status: str
    reason: str
    mailbox: str
    calendar: bool
    sending: bool
    imported: bool
    since: datetime
    ends: datetime | None
    testing: bool
    missing: tuple[str, ...]

    @property
    def broken(self) -> bool:
        """Whether only connecting again helps."""
        return self.status == "reconnect_required"

    def explained(self, t: Translator) -> Explained:
        """How it stands, in its owner's words."""
        return explain(
            code_of(self.status, self.reason), t, for_admin=False, testing=self.testing, missing=self.missing
        )


def connection_of(session: Session, settings: Settings, user_id: str) -> Connection | None:
    """The connection of a person, None where there is none; decrypts nothing."""
    found = session.execute(_CONNECTION, {"user_id": user_id}).first()
    return connection_in(*found, settings) if found is not None else None


def connection_in(row: GmailToken, ends: datetime | None, settings: Settings) -> Connection | None:
    """The connection that a row tells of, None where it is none; `ends` is `lifespan.end_of_grant` of it."""
    if row.status == "not_connected":
        return None
    granted = set(row.scopes or ())
    missing = missing_scopes(granted, settings.required_scopes)
    status, reason = row.status, row.status_reason or ""
    if status != "reconnect_required" and missing:
        status, reason = "reconnect_required", "missing_scope"
    if reason == "missing_scope":  # Google may refuse what it had said it grants
        missing = missing or settings.required_scopes
    return Connection(
        status=status,
        reason=reason,
        mailbox=str((row.details or {}).get("email") or ""),
        calendar=not CALENDAR.isdisjoint(granted),
        sending=not SENDING.isdisjoint(granted),
        imported="imported_at" in (row.details or {}),
        since=row.connected_at or row.created_at,
        ends=ends if status == "expiring_soon" else None,
        testing=lifespan.is_testing(row.connected_at, row.refresh_token_expires_at),
        missing=missing,
    )
