"""The connect link that the assistant hands out in a DM: a one-time proof of the Slack account it went to.

Following it changes nothing, so that a preview of it does no harm; what it is good for is in `joining`.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, and_, func
from sqlalchemy.orm import Session

from services.db.models import Json, SlackLink, User
from services.settings import Settings

LIFETIME = timedelta(hours=24)
# Whoever has joined with a link may open it again from the DM.
REMEMBERED = timedelta(days=30)
# As `issue` writes it, and as a message may carry it on: escaped, in a text.
_PROOF = re.compile(r"(?<=/connect)\?slack=[\w-]*(&(?:amp;)?)?", re.ASCII)
Content = TypeVar("Content")


def issue(session: Session, settings: Settings, user: User, *, add: str | None = None) -> str:
    """The address for a connect button in this person's DM, good for a day; `add` is `calendar` or None.

    Somebody who is not on Slack gets the plain address: there is nothing to prove.
    """
    query = {"add": add} if add else {}
    if user.slack_user_id is not None:
        token = secrets.token_urlsafe(24)
        session.add(
            SlackLink(
                digest=digest(token),
                user_id=user.id,
                slack_user_id=user.slack_user_id,
                expires_at=func.now() + LIFETIME,
            )
        )
        session.flush()
        query = {"slack": token} | query
    return f"{settings.portal_url}/connect" + (f"?{urlencode(query)}" if query else "")


def proving(session: Session, settings: Settings, user: User, content: Json) -> Json:
    """The message {text, blocks} for this person's own DM: its buttons to the connect page carry a proof.

    What was composed keeps the plain address, which is right for every other place; nothing is issued where
    no button leads there.
    """
    plain = f"{settings.portal_url}/connect"
    if not _leads_to(content.get("blocks"), plain):
        return content
    return content | {"blocks": _led(content["blocks"], plain, issue(session, settings, user))}


def _leads_to(value: Any, address: str) -> bool:
    if isinstance(value, dict):
        return value.get("url") == address or any(_leads_to(part, address) for part in value.values())
    return isinstance(value, list) and any(_leads_to(part, address) for part in value)


def _led(value: Any, plain: str, proof: str) -> Any:
    """The blocks again, with `url`s that are `plain` leading to `proof`."""
    if isinstance(value, dict):
        return {
            name: proof if name == "url" and part == plain else _led(part, plain, proof)
            for name, part in value.items()
        }
    return [_led(part, plain, proof) for part in value] if isinstance(value, list) else value


def without_proofs(content: Content) -> Content:
    """A message, or part of one, as it is kept once it is sent: its connect links prove nothing any more."""
    return _without(content)  # type: ignore[no-any-return]


def _without(value: Any) -> Any:
    if isinstance(value, str):
        return _PROOF.sub(lambda found: "?" if found[1] else "", value)
    if isinstance(value, dict):
        return {name: _without(part) for name, part in value.items()}
    return [_without(part) for part in value] if isinstance(value, list) else value


def vouched_for(session: Session, holder: User, user_id: str) -> str:
    """A link that nobody has to follow: both sides vouch that `user_id` is this Slack account's person."""
    link = SlackLink(
        digest=digest(secrets.token_urlsafe(24)),
        user_id=holder.id,
        slack_user_id=holder.slack_user_id,
        status="confirmed",
        expires_at=func.now() + LIFETIME,
        used_at=func.now(),
        used_by=user_id,
    )
    session.add(link)
    session.flush()
    return link.id


def digest(token: str) -> str:
    """How the token of a link is stored; anything from an address may be asked for."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_old() -> ColumnElement[bool]:
    """Links of which nothing is to come any longer."""
    return and_(
        SlackLink.expires_at < func.now() - REMEMBERED,
        SlackLink.status != "confirmed",
        SlackLink.dropped_token.is_(None),
    )
