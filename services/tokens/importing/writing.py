"""Storing old tokens: with their owner, or waiting for one. What is there and works is never lost to it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, or_, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services import audit
from services.access import Actor, admins_only
from services.db.engine import transaction
from services.db.models import GmailToken, Json, TokenImport
from services.deferral import defer
from services.errors import PortalError
from services.runtime import Runtime
from services.tokens import store
from services.tokens.importing.errors import ImportRefused
from services.tokens.importing.newcomers import register_owner
from services.tokens.importing.plan import BROKEN, Line, Plan, lost, refreshable
from services.tokens.importing.shapes import OldToken

SECRETS = ("access_token", "refresh_token", "client_secret")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many were stored with their owner, how many wait for one, and (source, error) of the others."""

    imported: int
    parked: int
    problems: tuple[tuple[str, PortalError], ...]


def carry_out(runtime: Runtime, plan: Plan, actor: Actor) -> Outcome:
    """Do what a plan says, a transaction each. What has changed since is not overruled. Raises Forbidden."""
    admins_only(actor)
    imported, parked, problems = 0, 0, []
    for line in plan.lines:
        if not line.acts:
            continue
        try:
            _carry_out(runtime, line, actor)
        except PortalError as exc:
            problems.append((line.found.source, exc))
        else:
            imported += line.verdict != "park"
            parked += line.verdict == "park"
    return Outcome(imported, parked, tuple(problems))


def _carry_out(runtime: Runtime, line: Line, actor: Actor) -> None:
    token = line.found.token
    if token is None:
        return
    user_id = line.owner.user_id if line.owner is not None else None
    try:
        with transaction(runtime.sessions) as session:
            if line.verdict == "new_person":
                user_id = register_owner(session, runtime.settings, token)
            import_id = _enter(session, runtime, token, actor, user_id)
            if user_id is not None:
                give(session, runtime, token, user_id, replace=line.verdict == "replace")
            note(session, actor, user_id or import_id)
    except IntegrityError as exc:  # a new person's id or name, taken meanwhile; an owner who has left
        raise ImportRefused("id_taken" if line.verdict == "new_person" else "owner_left") from exc


def give(session: Session, runtime: Runtime, token: OldToken, user_id: str, *, replace: bool) -> None:
    """Make an old token somebody's connection.

    Raises ImportRefused with code `working_connection` where they have one that works and `replace` is not
    said.
    """
    row = _columns(runtime, token, user_id)
    statement = insert(GmailToken).values({"user_id": user_id, "robing_id": token.robing_id, **row})
    replaced: dict[str, Any] = {
        **{name: statement.excluded[name] for name in row},
        "robing_id": func.coalesce(GmailToken.robing_id, statement.excluded.robing_id),
    }
    broken = or_(GmailToken.status.in_(BROKEN), true() if replace else GmailToken.status.is_(None))
    stored = session.scalar(
        statement.on_conflict_do_update(index_elements=["user_id"], set_=replaced, where=broken).returning(
            GmailToken.id
        )
    )
    if stored is None:
        raise ImportRefused("working_connection")
    store.record(session, user_id, "imported", {"source": token.source, "scopes": list(token.scopes)})
    defer(session, "keep_alive", user_id)  # whether it works, and whose mailbox it opens


def sealed(runtime: Runtime, secrets: Json, table: str, row_id: str) -> Json:
    """Secrets encrypted for one row; those that are None are left out."""
    return {
        name: runtime.box.encrypt(value, belongs_to=f"{table}/{row_id}/{name}")
        for name, value in secrets.items()
        if value is not None
    }


def note(session: Session, actor: Actor, subject: str) -> None:
    """A line in the access log, without the file's name: it may be its owner's."""
    audit.record(session, actor=actor.user_id, action="import_token", subject=subject)


def _enter(session: Session, runtime: Runtime, token: OldToken, actor: Actor, user_id: str | None) -> str:
    """Enter a token into the book of imports; one that waits with its secrets. Raises ImportRefused."""
    _forget_lost(session, token, user_id)
    import_id = str(uuid.uuid4())
    secrets = {name: getattr(token, name) for name in SECRETS}
    row = {
        "id": import_id,
        "digest": token.digest,
        "status": "waiting" if user_id is None else "assigned",
        "source": token.source,
        "old_user_id": token.old_user_id,
        "robing_id": token.robing_id,
        "secrets": sealed(runtime, secrets, "token_imports", import_id) if user_id is None else None,
        "client_id": token.client_id,
        "scopes": list(token.scopes),
        "details": _details(token),
        "expiry": token.expiry,
        "user_id": user_id,
        "imported_by": actor.user_id,
        "assigned_at": None if user_id is None else func.now(),
    }
    entered = insert(TokenImport).values(row).on_conflict_do_nothing(index_elements=["digest"])
    if session.scalar(entered.returning(TokenImport.id)) is None:
        raise ImportRefused("known")
    return import_id


def _forget_lost(session: Session, token: OldToken, user_id: str | None) -> None:
    """Let a token be entered again that was lost here with its key."""
    before = session.scalar(select(TokenImport).where(TokenImport.digest == token.digest).with_for_update())
    connection = session.scalar(select(GmailToken).where(GmailToken.user_id == user_id))
    if before is not None and lost(connection):
        session.delete(before)
        session.flush()


def _columns(runtime: Runtime, token: OldToken, user_id: str) -> Json:
    """A row of `gmail_tokens`, its history forgotten: whether it works is for the next real call to say."""
    works = refreshable(token, runtime.settings)
    reason = None if works else "no_refresh_token" if token.refresh_token is None else "client_changed"
    tokens = {"access_token": token.access_token, "refresh_token": token.refresh_token}
    return {
        "token_data": {**sealed(runtime, tokens, "gmail_tokens", user_id), "token_type": "Bearer"},
        "oauth_config": _client(runtime, token, user_id),
        "scopes": list(token.scopes),
        "metadata": _details(token),
        "expiry": token.expiry,
        "status": "refresh_due" if works else "reconnect_required",
        "status_reason": reason,
        "status_detail": None,
        "failure_count": 0,
        "last_failure_at": None,
        "last_refresh_at": None,
        "last_used_at": None,
        "refresh_token_expires_at": None,
        "refreshing_until": None,
        "retry_refresh_at": None,
        "grant_id": str(uuid.uuid4()),
        "connected_at": None,
    }


def _client(runtime: Runtime, token: OldToken, user_id: str) -> Json:
    """The OAuth client the token was given to; endpoints are only ever those of the settings."""
    settings = runtime.settings
    own = token.client_id in (None, settings.google_client_id)
    secret = settings.google_client_secret.get_secret_value() if own else token.client_secret
    return {
        "client_id": settings.google_client_id if own else token.client_id,
        "token_uri": settings.google_token_uri,
        "auth_uri": settings.google_auth_uri,
        **sealed(runtime, {"client_secret": secret}, "gmail_tokens", user_id),
    }


def _details(token: OldToken) -> Json:
    about = {
        "email": token.mailbox,
        "username": token.username,
        "display_name": token.display_name,
        "account_type": token.account_type,
        "slack_user_id": token.slack_user_id,
        "source_file": token.source,
        "imported_at": datetime.now(UTC).date().isoformat(),
        "old_user_id": token.old_user_id,
        "mailbox_checked": token.mailbox_checked,
    }
    return {name: value for name, value in about.items() if value}
