"""Imported tokens that wait for their owner, and giving them to somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from services import audit
from services.access import Actor, admins_only
from services.db.engine import transaction
from services.db.models import TokenImport, User
from services.paging import PAGE_SIZE, Page
from services.people.registry import by_any_id
from services.runtime import Runtime
from services.tokens.importing.errors import ImportRefused
from services.tokens.importing.newcomers import register_owner
from services.tokens.importing.shapes import OldToken
from services.tokens.importing.writing import SECRETS, give, note
from services.tokens.scopes import READING, SENDING


@dataclass(frozen=True, slots=True)
class Waiting:
    """One token without an owner; `old_user_id`, `mailbox` and `name` are what its document says of them.

    `can_become_person`: nobody here has its old id, so that a new person can. `taken_from` is the name of
    whom it was taken from because `mailbox`, as Gmail names it, is not theirs; "" of all others.
    """

    import_id: str
    source: str
    old_user_id: str
    name: str
    mailbox: str
    slack_user_id: str | None
    robing_id: str | None
    can_read: bool
    can_send: bool
    refreshable: bool
    can_become_person: bool
    taken_from: str
    imported_at: datetime


def waiting(runtime: Runtime, actor: Actor, page: int = 1) -> Page[Waiting]:
    """The tokens that wait, oldest first, 50 a page; decrypts nothing. Raises Forbidden."""
    admins_only(actor)
    number = max(1, page)
    of = aliased(User)
    taken = select(User.id).where(User.id == TokenImport.old_user_id).exists()
    waits = TokenImport.status == "waiting"
    with transaction(runtime.sessions) as session:
        total = session.execute(select(func.count()).select_from(TokenImport).where(waits)).scalar_one()
        rows = session.execute(
            select(TokenImport, taken, func.coalesce(of.display_name, of.email, of.id))
            .outerjoin(of, of.id == TokenImport.details["taken_from"].astext)
            .where(waits)
            .order_by(TokenImport.created_at, TokenImport.id)
            .offset((number - 1) * PAGE_SIZE)
            .limit(PAGE_SIZE)
        )
        found = tuple(_waiting(*row) for row in rows)
    return Page(found, total=total, number=number)


def assign(runtime: Runtime, import_id: str, user_id: str, actor: Actor, *, replace: bool = False) -> None:
    """Give a waiting token to somebody.

    Raises Forbidden, UnknownPerson, EncryptionError, ImportRefused: `not_waiting` (somebody was quicker),
    `working_connection` (they have one that works, and `replace` is not said).
    """
    admins_only(actor)
    with transaction(runtime.sessions) as session:
        _assign(session, runtime, import_id, by_any_id(session, user_id).id, actor, replace=replace)


def assign_to_new_person(runtime: Runtime, import_id: str, actor: Actor) -> str:
    """Make the owner a person here, under the id they had in the old system; that id.

    Raises Forbidden, EncryptionError, ImportRefused: `not_waiting`, `no_old_id`, `id_taken`,
    `slack_taken`.
    """
    admins_only(actor)
    try:
        with transaction(runtime.sessions) as session:
            row = _locked(session, import_id)
            user_id = register_owner(session, runtime.settings, _opened(runtime, row))
            _assign(session, runtime, import_id, user_id, actor, replace=False)
    except IntegrityError as exc:  # the old id or name, meanwhile
        raise ImportRefused("id_taken") from exc
    return user_id


def discard(runtime: Runtime, import_id: str, actor: Actor) -> None:
    """Throw a waiting token away; importing its document again brings it back. Raises Forbidden,
    ImportRefused."""
    admins_only(actor)
    with transaction(runtime.sessions) as session:
        row = _locked(session, import_id)
        session.execute(delete(TokenImport).where(TokenImport.id == row.id))
        audit.record(session, actor=actor.user_id, action="discard_import", subject=import_id)


def _waiting(row: TokenImport, old_id_taken: bool, taken_from: str | None) -> Waiting:
    details, secrets = row.details, row.secrets or {}
    return Waiting(
        import_id=row.id,
        source=row.source,
        old_user_id=row.old_user_id,
        name=str(details.get("display_name") or details.get("username") or ""),
        mailbox=str(details.get("email") or ""),
        slack_user_id=details.get("slack_user_id"),
        robing_id=row.robing_id,
        can_read=not READING.isdisjoint(row.scopes),
        can_send=not SENDING.isdisjoint(row.scopes),
        refreshable="refresh_token" in secrets,
        can_become_person=bool(row.old_user_id) and not old_id_taken,
        taken_from=taken_from or "",
        imported_at=row.created_at,
    )


def _locked(session: Session, import_id: str) -> TokenImport:
    row = session.scalar(
        select(TokenImport)
        .where(TokenImport.id == import_id, TokenImport.status == "waiting")
        .with_for_update()
    )
    if row is None:
        raise ImportRefused("not_waiting")
    return row


def _assign(
    session: Session, runtime: Runtime, import_id: str, user_id: str, actor: Actor, *, replace: bool
) -> None:
    token = _opened(runtime, _locked(session, import_id))
    give(session, runtime, token, user_id, replace=replace)
    session.execute(
        update(TokenImport)
        .where(TokenImport.id == import_id)
        .values(status="assigned", user_id=user_id, secrets=None, assigned_at=func.now())
    )
    note(session, actor, user_id)


def _opened(runtime: Runtime, row: TokenImport) -> OldToken:
    stored, details = row.secrets or {}, row.details
    secrets = {
        name: runtime.box.decrypt(stored[name], belongs_to=f"token_imports/{row.id}/{name}")
        for name in SECRETS
        if name in stored
    }
    return OldToken(
        source=row.source,
        access_token=secrets.get("access_token"),
        refresh_token=secrets.get("refresh_token"),
        client_id=row.client_id,
        client_secret=secrets.get("client_secret"),
        scopes=tuple(row.scopes),
        expiry=row.expiry,
        old_user_id=row.old_user_id,
        username=str(details.get("username") or ""),
        robing_id=row.robing_id,
        mailbox=str(details.get("email") or ""),
        display_name=str(details.get("display_name") or ""),
        account_type=str(details.get("account_type") or ""),
        mailbox_checked=bool(details.get("mailbox_checked")),
        slack_user_id=details.get("slack_user_id"),
    )
