"""Google tokens in `gmail_tokens`: secrets encrypted with the row's owner bound in."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import case, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, insert
from sqlalchemy.orm import Session

from services.alerts import book
from services.crypto import SecretBox
from services.db.models import GmailToken, Json, TokenEvent
from services.settings import Settings


@dataclass(frozen=True, slots=True)
class Grant:
    """What Google gave at an exchange or a refresh.

    `expires_in` and `refresh_token_expires_in` are seconds from the answer's arrival, None where Google did
    not say. `refresh_token` is None when the answer omits it: the old one stays.
    """

    access_token: str
    refresh_token: str | None
    expires_in: float | None
    scopes: tuple[str, ...]
    refresh_token_expires_in: float | None = None
    token_type: str = "Bearer"  # noqa: S105 - a type, not a token


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A decrypted token. `remaining` is the access token's life left by the database's clock.

    `grant_id` tells whether the grant is still the one that was read. `mailbox_known`: not of an imported one
    that Gmail has not yet been asked about.
    """

    user_id: str
    access_token: str
    refresh_token: str | None
    grant_id: str
    remaining: timedelta
    refreshing: bool
    cooling_down: bool
    scopes: tuple[str, ...]
    client_id: str
    client_secret: str
    email: str
    status: str
    status_reason: str | None
    mailbox_known: bool = True

    def __repr__(self) -> str:
        return f"StoredToken(user_id={self.user_id!r}, status={self.status!r}, remaining={self.remaining!r})"


def belongs(user_id: str, field: str) -> str:
    """What a secret of a token row is bound to."""
    return f"gmail_tokens/{user_id}/{field}"


def save_connection(
    session: Session,
    box: SecretBox,
    settings: Settings,
    *,
    user_id: str,
    grant: Grant,
    details: Json,
) -> None:
    """Store a fresh consent, replacing what was there; an omitted refresh token keeps the mailbox's own.

    `details` is the `metadata` column: {email, display_name, account_type, slack_user_id, …}.
    """
    row: dict[str, Any] = {
        "user_id": user_id,
        "token_data": sealed(box, user_id, grant),
        "oauth_config": _sealed_client(box, settings, user_id),
        "scopes": list(grant.scopes),
        "metadata": details,
        "expiry": lifetime(grant.expires_in),
        "status": "healthy",
        "status_reason": None,
        "status_detail": None,
        "failure_count": 0,
        "last_refresh_at": func.now(),
        "refresh_token_expires_at": lifetime(grant.refresh_token_expires_in),
        "refreshing_until": None,
        "retry_refresh_at": None,
        "grant_id": str(uuid.uuid4()),
        "connected_at": func.now(),
    }
    table = GmailToken.__table__
    statement = insert(GmailToken).values(row)
    replaced: dict[str, Any] = {name: statement.excluded[name] for name in row if name != "user_id"}
    same_mailbox = table.c.metadata["email"] == statement.excluded.metadata["email"]
    merged = table.c.token_data.op("||")(statement.excluded.token_data)
    replaced["token_data"] = case((same_mailbox, merged), else_=statement.excluded.token_data)
    session.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=replaced))
    record(session, user_id, "connected", {"scopes": list(grant.scopes)})
    forget_alerts(session, user_id)


def load(session: Session, box: SecretBox, settings: Settings, user_id: str) -> StoredToken | None:
    """The token of a person, or None. Raises EncryptionError when it cannot be decrypted.

    The client is the row's own where its id differs from the environment's.
    """
    found = session.execute(select(GmailToken, func.now()).where(GmailToken.user_id == user_id)).first()
    if found is None:
        return None
    row, now = found
    config, details = row.oauth_config or {}, row.details or {}
    client_id, client_secret = settings.google_client_id, settings.google_client_secret.get_secret_value()
    if config.get("client_id") not in (None, client_id) and config.get("client_secret"):
        client_id = str(config["client_id"])
        client_secret = box.decrypt(config["client_secret"], belongs_to=belongs(user_id, "client_secret"))
    return StoredToken(
        user_id=user_id,
        access_token=_opened(box, row, "access_token") or "",
        refresh_token=_opened(box, row, "refresh_token"),
        grant_id=row.grant_id,
        remaining=row.expiry - now if row.expiry is not None else timedelta(0),
        refreshing=row.refreshing_until is not None and row.refreshing_until > now,
        cooling_down=row.retry_refresh_at is not None and row.retry_refresh_at > now,
        scopes=tuple(row.scopes or ()),
        client_id=client_id,
        client_secret=client_secret,
        email=str(details.get("email") or ""),
        mailbox_known="imported_at" not in details or "mailbox_checked" in details,
        status=row.status,
        status_reason=row.status_reason,
    )


def account_of(session: Session, user_id: str) -> str | None:
    """The address of the Google account that a person has connected, or None; decrypts nothing."""
    email = session.scalar(select(GmailToken.details["email"].astext).where(GmailToken.user_id == user_id))
    return email or None


def remove(session: Session, user_id: str) -> None:
    """Forget a person's token for good."""
    session.execute(delete(GmailToken).where(GmailToken.user_id == user_id))
    record(session, user_id, "disconnected", {})
    forget_alerts(session, user_id)


def forget_alerts(session: Session, user_id: str) -> None:
    """There is no longer a connection that anything could be wrong with, or it is another one."""
    book.resolve(session, user_id, "token_broken", "token_ending")


def forget_scopes(session: Session, user_id: str, refused: Iterable[str]) -> None:
    """Scopes that Google has refused in a real call are not granted, whatever it said before."""
    left = GmailToken.scopes.op("-")(cast(sorted(refused), ARRAY(TEXT)))
    session.execute(update(GmailToken).where(GmailToken.user_id == user_id).values(scopes=left))


def record(session: Session, user_id: str, kind: str, detail: Json) -> None:
    """One line of a token's history; never a secret in it."""
    session.add(TokenEvent(user_id=user_id, kind=kind, detail=detail))


def lifetime(seconds: float | None) -> Any:
    """An instant so many seconds from now, by the database's clock; None stays None."""
    return None if seconds is None else func.now() + timedelta(seconds=seconds)


def sealed(box: SecretBox, user_id: str, grant: Grant) -> Json:
    """The `token_data` of a grant, encrypted; without a refresh token where Google sent none."""
    data: Json = {
        "access_token": box.encrypt(grant.access_token, belongs_to=belongs(user_id, "access_token")),
        "token_type": grant.token_type,
    }
    if grant.refresh_token:
        data["refresh_token"] = box.encrypt(grant.refresh_token, belongs_to=belongs(user_id, "refresh_token"))
    return data


def _sealed_client(box: SecretBox, settings: Settings, user_id: str) -> Json:
    secret = settings.google_client_secret.get_secret_value()
    return {
        "client_id": settings.google_client_id,
        "client_secret": box.encrypt(secret, belongs_to=belongs(user_id, "client_secret")),
        "token_uri": settings.google_token_uri,
        "auth_uri": settings.google_auth_uri,
    }


def _opened(box: SecretBox, row: GmailToken, field: str) -> str | None:
    value = row.token_data.get(field)
    return box.decrypt(value, belongs_to=belongs(row.user_id, field)) if value else None
