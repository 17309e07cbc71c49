"""Who is signed in: from `st.user` in scripts, from the signed cookie in routes, checked in the database.

Signing out, deactivation and a copied cookie all take effect on the next run or request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import streamlit as st
from starlette.requests import HTTPConnection

from portal import runtime
from portal.cookies import claims_in
from services.db.engine import transaction
from services.db.models import User
from services.due import zone_of
from services.errors import PortalError, SignInRefused
from services.i18n import Translator, translator
from services.people import Actor, SignInClaims, sign_in, still_signed_in

SLACK_USER = "https://slack.com/user_id"
SLACK_TEAM = "https://slack.com/team_id"

_just_asked: ContextVar[Visitor | None] = ContextVar("just_asked", default=None)


@dataclass(frozen=True, slots=True)
class Visitor:
    """The signed-in person as pages and routes see them. `digest` names this sign-in."""

    user_id: str
    name: str
    email: str
    role: str
    locale: str
    zone: ZoneInfo
    digest: str

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"

    @property
    def actor(self) -> Actor:
        """On whose behalf services act."""
        return Actor(self.user_id, is_admin=self.is_admin)

    @property
    def t(self) -> Translator:
        return translator(self.locale)


def visitor() -> Visitor | None:
    """Who runs this script; None when nobody is signed in.

    Raises PortalError: SignInRefused with the reason, DatabaseUnavailable.
    """
    claims = {str(name): value for name, value in st.user.items()}
    if not claims.get("is_logged_in"):
        return None
    # Google does not say which language a person speaks, and nobody where they are; their browser does both,
    # and the first time they come it counts.
    locale = claims.get("locale") or st.context.locale or ""
    return _known({**claims, "locale": locale, "timezone": st.context.timezone or ""})


@contextmanager
def just_asked(found: Visitor) -> Iterator[None]:
    """In here the first `require` takes who this very run has found: the database is asked once a page."""
    token = _just_asked.set(found)
    try:
        yield
    finally:
        _just_asked.reset(token)


def require() -> Visitor:
    """The signed-in person: the first line of a page, and of a fragment, which asks anew at each of its runs.

    Where nobody is signed in any longer the whole script runs again and ends at the sign-in screen. Raises
    DatabaseUnavailable.
    """
    found = _just_asked.get()
    _just_asked.set(None)
    try:
        found = found or visitor()
    except SignInRefused:
        found = None
    if found is None:
        st.rerun()
    return found


def again(visitor: Visitor) -> Visitor:
    """The same sign-in asked again where no script runs: a download is made on its click, in another thread.

    Raises SignInRefused, DatabaseUnavailable.
    """
    with transaction(runtime.current().sessions) as session:
        return _visitor(still_signed_in(session, visitor.digest), visitor.digest)


def visitor_of(request: HTTPConnection) -> Visitor | None:
    """Who makes this request; None when the cookie is missing, forged, revoked or from elsewhere."""
    settings = runtime.settings()
    claims = claims_in(
        request.cookies,
        secret=settings.cookie_secret.get_secret_value(),
        origin=origin_of(settings.portal_url),
    )
    if claims is None:
        return None
    try:
        return _known(claims)
    except PortalError as exc:
        if exc.permanent:
            return None
        raise


def page_translator() -> Translator:
    """The language of somebody who is not signed in: the browser's."""
    return translator(st.context.locale or "", default=runtime.settings().default_locale)


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _known(claims: Mapping[str, Any]) -> Visitor:
    given = _claims(claims)
    return _visitor(sign_in(runtime.current(), given, now=datetime.now(UTC)), given.digest)


def _claims(claims: Mapping[str, Any]) -> SignInClaims:
    named = "|".join(str(claims.get(name, "")) for name in ("iss", "sub", "iat", "nonce", "at_hash"))
    return SignInClaims(
        issuer=str(claims.get("iss", "")),
        subject=str(claims.get("sub", "")),
        email=str(claims.get("email", "")),
        email_verified=claims.get("email_verified") is True,
        name=str(claims.get("name", "")),
        locale=str(claims.get("locale", "")),
        timezone=str(claims.get("timezone", "")),
        slack_user_id=str(claims.get(SLACK_USER, "")),
        slack_team_id=str(claims.get(SLACK_TEAM, "")),
        digest=hashlib.sha256(named.encode()).hexdigest(),
        issued_at=_moment(claims.get("iat")),
    )


def _moment(seconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(str(seconds)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _visitor(user: User, digest: str) -> Visitor:
    return Visitor(
        user_id=user.id,
        name=user.display_name or user.email or user.id,
        email=user.email or "",
        role=user.role,
        locale=user.locale,
        zone=zone_of(user.timezone),
        digest=digest,
    )
