"""Which scopes Google is asked for: what a briefing needs, or what is to be added, alone."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.connect.connection import connection_of
from services.settings import Settings

IDENTITY = ("openid", "https://www.googleapis.com/auth/userinfo.email")


def wanted_scopes(
    session: Session, settings: Settings, user_id: str, added: tuple[str, ...], *, same_account: bool
) -> tuple[str, ...]:
    """`added` alone where the same account's connection works, as Google keeps what it has granted.

    Otherwise besides REQUIRED_SCOPES.
    """
    connection = connection_of(session, settings, user_id)
    works = connection is not None and not connection.broken
    needed = () if added and same_account and works else settings.required_scopes
    return tuple(dict.fromkeys((*IDENTITY, *needed, *added)))
