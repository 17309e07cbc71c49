"""How long a grant lives, as far as can be told beforehand; in SQL and for a row that has been read.

Google names the refresh token's end where there is one (seven days while its app is in testing, or as long
as the person chose), and ends what nobody has used for six months.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func

from services.db.models import GmailToken

# Over a weekend: who has no briefing until Monday is told on Friday.
SOON = timedelta(days=3)
UNUSED = timedelta(days=180)
# Seven days, and what passes between Google's answer and our clock.
TESTING = timedelta(days=7, hours=1)


def end_of_grant() -> ColumnElement[datetime]:
    """When the grant ends unless somebody does something: as Google said, or for want of use."""
    used = func.greatest(GmailToken.last_used_at, GmailToken.last_refresh_at, GmailToken.created_at)
    return func.least(GmailToken.refresh_token_expires_at, used + UNUSED)


def working_status(dies_at: Any = GmailToken.refresh_token_expires_at) -> ColumnElement[str]:
    """The status of a token that has just worked: `healthy`, or `expiring_soon` where its end is near."""
    return case((dies_at < func.now() + SOON, "expiring_soon"), else_="healthy")


def is_testing(connected_at: datetime | None, dies_at: datetime | None) -> bool:
    """Whether the grant's life is that of an app in testing: seven days from the consent."""
    return connected_at is not None and dies_at is not None and dies_at - connected_at <= TESTING
