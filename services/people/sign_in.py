"""Signing in and out: from the claims of an identity provider to a person, asked again on every request.

A person is joined to a sign-in by the provider's own subject, or by a Slack account that Slack vouches for;
never by an address alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.db.engine import transaction
from services.db.models import SignIn, User, UserIdentity
from services.deferral import defer
from services.delivery import slack
from services.due import zone_named
from services.errors import SignInRefused, SlackError
from services.i18n import translator
from services.people.registry import NewPerson, by_slack_user_id, register
from services.runtime import Runtime
from services.settings import Settings

# Streamlit's cookie lives 30 days and is taken a day longer.
LIFETIME = timedelta(days=31)
# Asked at every run and request; making a statement takes as long as running it, so it is made once.
_SEEN = (
    select(SignIn, User)
    .outerjoin(User, User.id == SignIn.user_id)
    .where(SignIn.digest == bindparam("digest"))
)


@dataclass(frozen=True, slots=True)
class SignInClaims:
    """What an identity provider says of somebody and when; `digest` names this very sign-in.

    `timezone` is their browser's own word, and so is `locale` where the provider says none.
    """

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str
    locale: str
    slack_user_id: str
    slack_team_id: str
    digest: str
    issued_at: datetime | None = None
    timezone: str = ""


def sign_in(runtime: Runtime, claims: SignInClaims, *, now: datetime) -> User:
    """Who this is. The first sign-in makes the person; a later request of the same one is one query.

    Raises SignInRefused with code email_unverified, domain_not_allowed, other_workspace, slack_silent,
    deactivated or signed_out.
    """
    _check_email(runtime.settings, claims)
    with transaction(runtime.sessions) as session:
        known = _remembered(session, runtime.settings, claims)
    if known is not None:
        return known
    _check_age(claims, now)
    _check_workspace(runtime, claims)
    with transaction(runtime.sessions) as session:
        _remember(session, runtime.settings, claims, now)
        user = _remembered(session, runtime.settings, claims)
    assert user is not None  # noqa: S101 - written down a moment ago
    return user


def still_signed_in(session: Session, digest: str) -> User:
    """Whose sign-in this is, where it has been seen before. Raises SignInRefused: deactivated, signed_out."""
    user = _seen(session, digest)
    if user is None:
        raise SignInRefused("this sign-in is not known", code="signed_out")
    return user


def sign_out(session: Session, digest: str) -> None:
    """End this one sign-in, in every tab that shares its cookie."""
    session.execute(
        update(SignIn)
        .where(SignIn.digest == digest, SignIn.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )


def sign_out_everywhere(session: Session, user_id: str) -> None:
    """End every sign-in of a person, in all browsers."""
    session.execute(update(User).where(User.id == user_id).values(signed_out_at=func.now()))


def _check_email(settings: Settings, claims: SignInClaims) -> None:
    if not claims.email or not claims.email_verified:
        raise SignInRefused("the provider does not vouch for this address", code="email_unverified")
    domain = claims.email.lower().rpartition("@")[2]
    if settings.allowed_email_domains and domain not in settings.allowed_email_domains:
        raise SignInRefused(f"addresses at {domain} are not let in", code="domain_not_allowed")


def _check_age(claims: SignInClaims, now: datetime) -> None:
    """One that we do not remember is new, or else so old that it has been forgotten: its cookie is void."""
    if claims.issued_at is not None and claims.issued_at < now - LIFETIME:
        raise SignInRefused("this sign-in is older than its cookie may be", code="signed_out")


def _check_workspace(runtime: Runtime, claims: SignInClaims) -> None:
    """Anybody can have a Slack account with any id and address, in a workspace of their own."""
    if not _is_from_slack(runtime.settings, claims):
        return
    try:
        ours = slack.workspace(runtime.slack)
    except SlackError as exc:
        raise SignInRefused(
            f"Slack cannot say which workspace is ours: {exc.code}", code="slack_silent"
        ) from exc
    if claims.slack_team_id != ours:
        raise SignInRefused("this account is in another Slack workspace", code="other_workspace")


def _remembered(session: Session, settings: Settings, claims: SignInClaims) -> User | None:
    """As `_seen`; somebody named in ADMIN_EMAILS is an admin from now on."""
    user = _seen(session, claims.digest)
    if user is not None and user.role != "admin" and claims.email.lower() in settings.admin_emails:
        user.role = "admin"
    return user


def _seen(session: Session, digest: str) -> User | None:
    """Whose sign-in this is, None for one not seen before. Raises SignInRefused where it has ended."""
    seen = session.execute(_SEEN, {"digest": digest}).first()
    if seen is None:
        return None
    user = _still_valid(seen[0], seen[1])
    if not user.active:
        raise SignInRefused("this person is deactivated", code="deactivated")
    return user


def _still_valid(seen: SignIn, user: User | None) -> User:
    if seen.revoked_at is not None or user is None:
        raise SignInRefused("this sign-in has ended", code="signed_out")
    if user.signed_out_at is not None and seen.first_seen_at <= user.signed_out_at:
        raise SignInRefused("this person has signed out everywhere", code="signed_out")
    return user


def _remember(session: Session, settings: Settings, claims: SignInClaims, now: datetime) -> None:
    """A sign-in not seen before: find or make the person, and write it down.

    The requests of a browser's first page come at once; the lock lets one of them make the person.
    """
    account = f"sign_in:{claims.issuer}|{claims.subject}"
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:account, 0))"), {"account": account})
    user = _find(session, settings, claims) or register(
        session, _newcomer(settings, claims), settings, now=now
    )
    # A person's own row first, so that a "sign out everywhere" going on is waited for.
    session.refresh(user, with_for_update=True)
    session.execute(
        insert(UserIdentity)
        .values(issuer=claims.issuer, subject=claims.subject, user_id=user.id, email=claims.email.lower())
        .on_conflict_do_update(index_elements=["issuer", "subject"], set_={"email": claims.email.lower()})
    )
    session.execute(
        insert(SignIn)
        .values(digest=claims.digest, user_id=user.id, first_seen_at=func.clock_timestamp())
        .on_conflict_do_nothing(index_elements=["digest"])
    )
    user.email = user.email or claims.email.lower()
    if user.slack_user_id is None:
        defer(session, "find_slack", user.id)


def _find(session: Session, settings: Settings, claims: SignInClaims) -> User | None:
    """The person this account leads to; a Slack account that nobody has yet becomes theirs."""
    known = session.scalar(
        select(User)
        .join(UserIdentity, UserIdentity.user_id == User.id)
        .where(UserIdentity.issuer == claims.issuer, UserIdentity.subject == claims.subject)
    )
    slack_user_id = _proven_slack_id(settings, claims)
    holder = by_slack_user_id(session, slack_user_id) if slack_user_id else None
    if known is not None and slack_user_id and holder is None and known.slack_user_id is None:
        known.slack_user_id = slack_user_id
    return known or holder


def _newcomer(settings: Settings, claims: SignInClaims) -> NewPerson:
    return NewPerson(
        display_name="".join(filter(str.isprintable, claims.name)).strip()[:200]
        or claims.email.partition("@")[0],
        email=claims.email,
        locale=translator(claims.locale, default=settings.default_locale).language,
        timezone=claims.timezone if zone_named(claims.timezone) else settings.briefing_timezone,
        slack_user_id=_proven_slack_id(settings, claims) or None,
    )


def _proven_slack_id(settings: Settings, claims: SignInClaims) -> str:
    """The Slack account, where it is Slack that says so; of the workspace `_check_workspace` is sure."""
    return claims.slack_user_id if _is_from_slack(settings, claims) else ""


def _is_from_slack(settings: Settings, claims: SignInClaims) -> bool:
    """By its address, and by what only Slack says: a stand-in may be Google too, at the same address."""
    ours = urlsplit(settings.slack_oidc_metadata_url)
    theirs = urlsplit(claims.issuer)
    named = bool(claims.slack_user_id or claims.slack_team_id)
    return named and (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc)
