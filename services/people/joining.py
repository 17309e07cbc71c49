"""Joining two people with a connect link from Slack: asked for in the portal, confirmed in the DM.

A link may have been forwarded or stolen, so it only lets somebody ask. Yes is said where only the Slack
account's owner can press it; it is not asked for where the identity provider and Slack vouch for the same
address, or Slack itself for the sign-in (`docs/decisions/0010`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased

from services.assistant import buttons
from services.assistant.buttons import actions, button
from services.briefing.blocks import section
from services.briefing.escape import literal
from services.briefing.model import SlackMessage
from services.db.engine import transaction
from services.db.models import SlackLink, User, UserIdentity
from services.deferral import defer
from services.delivery import outbox, pace, slack
from services.errors import SlackError
from services.i18n import Translator, translator
from services.people import join_words, join_work
from services.people.registry import by_slack_user_id
from services.people.slack_link import digest
from services.runtime import Runtime
from services.settings import Settings

# Whoever has just clicked has Slack open.
PATIENCE = timedelta(hours=1)
NAME_COLUMNS = 60

State = Literal["own", "open", "asked", "confirmed", "refused", "failed", "other_slack", "unusable"]
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a link means to somebody who is signed in.

    `own`: there is nothing to ask: they are that Slack account's person, joined just now or long since, or
    on Slack with a link that nobody remembers. `open`: they may ask to be
    joined. `asked`: the question is in the DM. `confirmed`: it is being done. `refused` there. `failed` with
    `error` (gone, deactivated, other_slack). `other_slack`: they are on Slack as somebody else.
    `unusable`: unknown, expired, or used by another. `name` and `since` say whose link it is, only where they
    may ask.
    """

    state: State
    name: str = ""
    since: datetime | None = None
    error: str | None = None


def look(session: Session, user_id: str, token: str) -> Invitation:
    """What this link means to this person; changes nothing. `token` may be anything from an address."""
    asking = aliased(User)
    found = session.execute(
        select(SlackLink, User, asking.slack_user_id, SlackLink.expires_at > func.now())
        .join(User, User.id == SlackLink.user_id)
        .join(asking, asking.id == user_id)
        .where(SlackLink.digest == digest(token))
    ).first()
    if found is None:  # a link that is forgotten by now, or was none: no trouble to whoever is on Slack
        on_slack = session.scalar(select(User.slack_user_id).where(User.id == user_id))
        return Invitation("own" if on_slack else "unusable")
    link, owner, own_slack, fresh = found
    if own_slack == link.slack_user_id:
        return Invitation("own")
    changed = owner.slack_user_id != link.slack_user_id
    if changed or (link.status != "issued" and link.used_by != user_id):
        return Invitation("unusable")
    return _standing(link, owner, fresh=fresh, has_slack=own_slack is not None)


def _standing(link: SlackLink, owner: User, *, fresh: bool, has_slack: bool) -> Invitation:
    if has_slack:
        return Invitation("other_slack")
    if link.status in {"confirmed", "refused", "failed"}:
        return Invitation(link.status, owner.display_name, owner.created_at, link.error)  # type: ignore[arg-type]
    if not fresh or link.status == "joined":  # joined, and taken apart again since
        return Invitation("unusable")
    if not owner.active:
        return Invitation("failed", error="deactivated")
    return Invitation("asked" if link.status == "asked" else "open", owner.display_name, owner.created_at)


def ask(runtime: Runtime, user_id: str, token: str) -> None:
    """Use the link up: ask in its DM whether this person may join, or join at once where both sides vouch.

    Nothing happens to a link that is not open to this person; `look` says how it stands.
    """
    with transaction(runtime.sessions) as session:
        if look(session, user_id, token).state != "open":
            return
        slack_user_id = session.scalars(
            select(SlackLink.slack_user_id).where(SlackLink.digest == digest(token))
        ).one()
    vouched = _is_vouched_for(runtime, user_id, slack_user_id)
    with transaction(runtime.sessions) as session:
        link = _use_up(session, user_id, token, to="confirmed" if vouched else "asked")
        if link is None:
            return
        if vouched:
            defer(session, join_work.JOIN, link.id, priority=join_work.PRIORITY)
        else:
            _ask_in_slack(session, runtime.settings, link)


def answer(session: Session, slack_user_id: str, value: str, yes: bool) -> SlackMessage:
    """Somebody pressed Yes or No in the DM: what to say to it. `value` is the button's.

    Only the link's own Slack account counts, once. Joining is left to a job, so that whoever handles the
    click may go on with the person it knows; that says what has become of it.
    """
    t = _language(by_slack_user_id(session, slack_user_id))
    taken = session.scalar(
        update(SlackLink)
        .where(
            SlackLink.id == value.replace("\0", ""),
            SlackLink.slack_user_id == slack_user_id,
            SlackLink.status == "asked",
            SlackLink.expires_at > func.now(),
        )
        .values(status="confirmed" if yes else "refused")
        .returning(SlackLink.id)
    )
    if taken is None:
        return join_words.plain(
            t.gettext("This question is not open any longer. Write “connect” to begin again.")
        )
    if not yes:
        return join_words.plain(
            t.gettext("All right, nobody was joined with you. The link you had is of no use to anybody now.")
        )
    defer(session, join_work.JOIN, taken, priority=join_work.PRIORITY)
    return join_words.under_way(t)


def _use_up(session: Session, user_id: str, token: str, *, to: str) -> SlackLink | None:
    """Take the proof; None where somebody was quicker, or it has expired."""
    taken: SlackLink | None = session.scalar(
        update(SlackLink)
        .where(
            SlackLink.digest == digest(token),
            SlackLink.status == "issued",
            SlackLink.expires_at > func.now(),
        )
        .values(status=to, used_at=func.now(), used_by=user_id, expires_at=func.now() + PATIENCE)
        .returning(SlackLink)
    )
    return taken


def _ask_in_slack(session: Session, settings: Settings, link: SlackLink) -> None:
    owner, asking = session.get_one(User, link.user_id), session.get_one(User, link.used_by)
    t = translator(owner.locale, default=settings.default_locale)
    draft = outbox.Draft(
        owner.id,
        "reply",
        asdict(_question(asking, link.id, t)),
        join_work.asked_by(link.id),
        deadline_in=PATIENCE,
    )
    outbox.put(session, draft)


def _question(asking: User, link_id: str, t: Translator) -> SlackMessage:
    name, email = literal(asking.display_name, NAME_COLUMNS), literal(asking.email or "", NAME_COLUMNS)
    who = f"{name} ({email})" if email else name
    said = t.gettext("{who} has signed in to the portal with a link from here. Is that you?", who=f"*{who}*")
    warning = t.gettext("If you did not just do that yourself, press No: nobody is joined with you then.")
    yes = button(t.gettext("Yes, that's me"), buttons.JOIN_YES, value=link_id, style="primary")
    no = button(t.gettext("No"), buttons.JOIN_NO, value=link_id)
    return SlackMessage(
        t.gettext("{who} has signed in to the portal with a link from here. Is that you?", who=who),
        [section(f"{said}\n{warning}"), actions(yes, no)],
    )


def _is_vouched_for(runtime: Runtime, user_id: str, slack_user_id: str) -> bool:
    """Whether Slack itself has signed this person in, or has confirmed the address they signed in with."""
    with transaction(runtime.sessions) as session:
        identities = session.scalars(select(UserIdentity).where(UserIdentity.user_id == user_id)).all()
    if any(_is_of_slack(runtime.settings, one, slack_user_id) for one in identities):
        return True
    try:
        with pace.turn(runtime, pace.INFO, patience=pace.PATIENCE):
            profile = slack.profile(runtime.slack, slack_user_id)
    except SlackError as exc:  # then the question in the DM settles it
        log.warning("join_not_vouched_for", error=exc.code)
        return False
    addresses = {one.email for one in identities if one.email}
    return profile.email_confirmed and profile.email in addresses


def _is_of_slack(settings: Settings, identity: UserIdentity, slack_user_id: str) -> bool:
    """Slack's subject is the user id; signing in has made sure of the workspace."""
    ours, theirs = urlsplit(settings.slack_oidc_metadata_url), urlsplit(identity.issuer)
    same = (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc)
    return same and identity.subject == slack_user_id


def _language(person: User | None) -> Translator:
    return translator(person.locale if person is not None else "")
