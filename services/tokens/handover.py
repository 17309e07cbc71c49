"""Two people's tokens become one: the secrets are sealed anew for whom they belong to from then on."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from services.alerts import book
from services.crypto import SecretBox
from services.db.models import GmailToken, Json
from services.errors import EncryptionError, SourceUnavailable
from services.tokens.store import belongs

_BROKEN = ("reconnect_required", "not_connected")


@dataclass(frozen=True, slots=True)
class Handed:
    """`kept` is whose token it was (None: neither had one). `to_revoke` is the secret of the other one where
    it opens another mailbox."""

    kept: str | None
    to_revoke: str | None = None

    def __repr__(self) -> str:
        return f"Handed(kept={self.kept!r})"


def hand_over(session: Session, box: SecretBox, *, leaving: str, staying: str) -> Handed:
    """Leave the one who stays with one token: their own, unless it is broken and the other works.

    Raises SourceUnavailable while either is being refreshed.
    """
    rows = session.execute(
        select(GmailToken, func.coalesce(GmailToken.refreshing_until > func.now(), False))
        .where(GmailToken.user_id.in_((leaving, staying)))
        .order_by(GmailToken.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if any(refreshing for _, refreshing in rows):
        raise SourceUnavailable("a token is being refreshed at this moment", code="refresh_busy")
    tokens = {row.user_id: row for row, _ in rows}
    theirs, own = tokens.get(leaving), tokens.get(staying)
    if theirs is None:
        return Handed(staying if own is not None else None)
    if own is not None and (_is_broken(theirs) or not _is_broken(own)):
        return Handed(staying, _drop(session, box, theirs, kept=own))
    secret = _drop(session, box, own, kept=theirs) if own is not None else None
    _move(session, box, theirs, staying)
    return Handed(leaving, secret)


def _is_broken(token: GmailToken) -> bool:
    return token.status in _BROKEN


def _drop(session: Session, box: SecretBox, token: GmailToken, *, kept: GmailToken) -> str | None:
    """Google takes back all that an account has granted, so the same mailbox's is left alone there."""
    book.resolve(session, token.user_id, "token_broken", "token_ending")
    session.execute(delete(GmailToken).where(GmailToken.id == token.id))
    dropped, stays = _mailbox(token), _mailbox(kept)
    if not dropped or not stays or dropped == stays:
        return None
    try:
        return _opened(box, token, "refresh_token") or _opened(box, token, "access_token")
    except EncryptionError:
        return None


def _move(session: Session, box: SecretBox, token: GmailToken, user_id: str) -> None:
    session.execute(
        update(GmailToken)
        .where(GmailToken.id == token.id)
        .values(
            user_id=user_id,
            token_data=_sealed_for(box, token.token_data, token.user_id, user_id),
            oauth_config=_sealed_for(box, token.oauth_config, token.user_id, user_id)
            if token.oauth_config
            else None,
        )
        .execution_options(synchronize_session=False)
    )


def _sealed_for(box: SecretBox, data: Json, old: str, new: str) -> Json:
    """What no key opens stays as it is: connecting again is what mends it, here as there."""
    moved = dict(data)
    for field in ("access_token", "refresh_token", "client_secret"):
        if not data.get(field):
            continue
        try:
            plain = box.decrypt(data[field], belongs_to=belongs(old, field))
        except EncryptionError:
            continue
        moved[field] = box.encrypt(plain, belongs_to=belongs(new, field))
    return moved


def _opened(box: SecretBox, token: GmailToken, field: str) -> str | None:
    value = token.token_data.get(field)
    return box.decrypt(value, belongs_to=belongs(token.user_id, field)) if value else None


def _mailbox(token: GmailToken) -> str:
    return str((token.details or {}).get("email") or "").lower()
