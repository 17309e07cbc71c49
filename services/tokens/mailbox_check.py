"""Whose mailbox an imported token opens: asked of Gmail before anybody gets anything to read with it.

A document may claim any owner. Until Gmail's profile has named the mailbox nothing is handed out; a mailbox
that is not the claimed one, or is somebody else's here, is taken away again and waits for an admin.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from google.oauth2.credentials import Credentials
from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services import audit
from services.db.engine import transaction
from services.db.models import GmailToken, TokenImport, User, UserIdentity
from services.errors import NotConnected, SourceRefused, SourceUnavailable
from services.runtime import Runtime
from services.sources.gmail.client import get_profile
from services.tokens import health, store
from services.tokens.store import StoredToken

SYSTEM = "system:import"


def check_mailbox(runtime: Runtime, token: StoredToken) -> None:
    """Ask Gmail whose mailbox a token opens, and remember it or take the token away; nothing once known.

    Raises SourceRefused with code `unauthorized` where the access token must be renewed first, NotConnected
    where the token is not this person's or cannot be asked with, SourceUnavailable while Gmail is silent.
    """
    if token.mailbox_known:
        return
    mailbox = _mailbox(runtime, token)
    with transaction(runtime.sessions) as session:
        # Two people's tokens of one mailbox are looked at one after the other.
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"mailbox/{mailbox}"))))
        theirs = token.email.lower() in ("", mailbox) and not _is_somebody_elses(session, mailbox, token)
        if theirs:
            _remember(session, token, mailbox)
            return
        _take_away(session, runtime, token, mailbox)
    raise NotConnected("the imported token opens another mailbox", code="not_connected")


def _mailbox(runtime: Runtime, token: StoredToken) -> str:
    credentials = Credentials(token=token.access_token)  # type: ignore[no-untyped-call]
    try:
        return get_profile(credentials, root=runtime.settings.gmail_api_url)
    except SourceUnavailable as exc:
        health.failing(runtime.sessions, token.user_id, str(exc), grant_id=token.grant_id)
        raise
    except SourceRefused as exc:
        if exc.code == "unauthorized":
            raise
        health.refused(runtime.sessions, token.user_id, exc)
        if exc.code in health.REFUSALS:
            raise NotConnected(str(exc), code=health.REFUSALS[exc.code]) from exc
        raise SourceUnavailable("Gmail does not say whose mailbox this is", code="mailbox_unknown") from exc


def _is_somebody_elses(session: Session, mailbox: str, token: StoredToken) -> bool:
    """Whether somebody else signs in with this address or has connected this mailbox."""
    known = or_(GmailToken.details["imported_at"].is_(None), GmailToken.details.has_key("mailbox_checked"))
    found = (
        select(User.id).where(User.id != token.user_id, func.lower(User.email) == mailbox),
        select(UserIdentity.user_id).where(
            UserIdentity.user_id != token.user_id, func.lower(UserIdentity.email) == mailbox
        ),
        select(GmailToken.user_id).where(
            GmailToken.user_id != token.user_id, GmailToken.details.contains({"email": mailbox}), known
        ),
    )
    return any(session.scalar(people.limit(1)) is not None for people in found)


def _remember(session: Session, token: StoredToken, mailbox: str) -> None:
    checked = func.jsonb_build_object("email", mailbox, "mailbox_checked", func.current_date())
    session.execute(
        update(GmailToken).where(_same_grant(token)).values(details=GmailToken.details.op("||")(checked))
    )


def _take_away(session: Session, runtime: Runtime, token: StoredToken, mailbox: str) -> None:
    """The person is not connected any longer; the token waits under the mailbox that it opens."""
    taken = session.scalar(delete(GmailToken).where(_same_grant(token)).returning(GmailToken))
    if taken is None:  # connected anew, or taken away by another, meanwhile
        return
    store.forget_alerts(session, token.user_id)
    store.record(session, token.user_id, "wrong_mailbox", {})
    audit.record(session, actor=SYSTEM, action="wrong_mailbox", subject=token.user_id)
    _park(session, runtime, token, taken, mailbox)


def _park(session: Session, runtime: Runtime, token: StoredToken, taken: GmailToken, mailbox: str) -> None:
    """In the book of imports again. What the document said of the owner is left out: it was not so."""
    digest = hashlib.sha256((token.refresh_token or token.access_token).encode()).hexdigest()
    before = session.scalar(select(TokenImport).where(TokenImport.digest == digest).with_for_update())
    import_id = before.id if before is not None else str(uuid.uuid4())
    details = taken.details or {}
    row: dict[str, Any] = {
        "id": import_id,
        "digest": digest,
        "status": "waiting",
        "source": str(details.get("source_file") or "?"),
        "old_user_id": "",
        "robing_id": taken.robing_id,
        "secrets": _sealed(runtime, token, import_id),
        "client_id": token.client_id,
        "scopes": list(token.scopes),
        "details": {"email": mailbox, "mailbox_checked": True, "taken_from": token.user_id},
        "expiry": taken.expiry,
        "user_id": None,
        "imported_by": before.imported_by if before is not None else SYSTEM,
        "assigned_at": None,
    }
    session.execute(insert(TokenImport).values(row).on_conflict_do_update(index_elements=["id"], set_=row))


def _sealed(runtime: Runtime, token: StoredToken, import_id: str) -> dict[str, str]:
    secrets = {name: getattr(token, name) for name in ("access_token", "refresh_token", "client_secret")}
    return {
        name: runtime.box.encrypt(value, belongs_to=f"token_imports/{import_id}/{name}")
        for name, value in secrets.items()
        if value
    }


def _same_grant(token: StoredToken) -> ColumnElement[bool]:
    return and_(GmailToken.user_id == token.user_id, GmailToken.grant_id == token.grant_id)
