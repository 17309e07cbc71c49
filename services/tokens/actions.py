"""What an admin does to one person's connection: each a step that may be repeated without harm.

Whoever acts is asked for as everywhere, and the access log has a line for what was done.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from services import audit
from services.access import Actor, admins_only
from services.briefing.blocks import header, link_button, section
from services.briefing.escape import literal
from services.connect.disconnect import disconnect
from services.db.engine import transaction
from services.db.models import AccessLog, GmailToken, Json, OutboundMessage, User
from services.delivery import outbox, sender
from services.errors import NotConnected, PortalError, SlackUnavailable
from services.i18n import Translator, translator
from services.people import UnknownPerson, slack_account, slack_link
from services.runtime import Runtime
from services.tokens import overview
from services.tokens.reasons import code_of, explain
from services.tokens.refresh import refresh_now
from services.tokens.scopes import missing_scopes

ROBING_ID_LIMIT = 50
TEXT_COLUMNS = 1_000
LINK_PATIENCE = timedelta(hours=9)
LOOK_AGAIN = 30.0  # seconds
# Where the usual sentence says that there is nothing to do.
MENDS_ITSELF = frozenset({"failing", "refresh_due", "healthy"})


class ActionRefused(PortalError):
    """This cannot be done to that person's connection.

    `code`: already_sent (a link, today), no_slack_account (nobody there has their address), inactive,
    robing_id_too_long, unknown_action, nobody (an action that nobody is left for).
    """

    permanent = True
    code = "action_refused"


def refresh(runtime: Runtime, user_id: str, actor: Actor, params: Json) -> None:
    """Ask Google for a new access token at once. Raises NotConnected, SourceUnavailable."""
    admins_only(actor)
    refresh_now(runtime, user_id, actor)


def end_connection(runtime: Runtime, user_id: str, actor: Actor, params: Json) -> None:
    """Revoke the grant at Google and delete the tokens. Raises NotConnected."""
    admins_only(actor)
    disconnect(runtime, user_id, actor)


def send_link(runtime: Runtime, user_id: str, actor: Actor, params: Json) -> None:
    """Send a DM with the reconnect link, one a day at most; noted once Slack has it.

    Raises ActionRefused, UnknownPerson, and SlackUnavailable while it is on its way.
    """
    admins_only(actor)
    message_id = _put_link(runtime, user_id, actor)
    status = sender.send(runtime, message_id)
    if status in ("queued", "sending"):
        raise SlackUnavailable("the message is on its way", code="on_its_way", retry_after=LOOK_AGAIN)
    if status != "sent":
        with transaction(runtime.sessions) as session:
            message = session.get(OutboundMessage, message_id)
            code = message.error if message is not None and message.error else "not_delivered"
        raise ActionRefused("the link could not be delivered", code=code)
    with transaction(runtime.sessions) as session:
        _note_link(session, actor, user_id, message_id)


def _put_link(runtime: Runtime, user_id: str, actor: Actor) -> str:
    """Today's message to them, stored now or on its way already; its id."""
    with transaction(runtime.sessions) as session:
        user = session.get(User, user_id)
        if user is None:
            raise UnknownPerson(f"nobody is known as {user_id!r}")
        if not user.active:
            raise ActionRefused("this person is deactivated", code="inactive")
        today = session.execute(select(func.current_date())).scalar_one()
        key = f"reconnect_link:{user_id}:{today.isoformat()}"
        before = session.scalar(select(OutboundMessage.id).where(OutboundMessage.dedupe_key == key))
        if before is not None:
            return before
        content = _link_message(session, runtime, user, actor)
        draft = outbox.Draft(user_id, "reconnect_link", content, key, deadline_in=LINK_PATIENCE)
        return outbox.put(session, draft)


def _note_link(session: Session, actor: Actor, user_id: str, message_id: str) -> None:
    """A line in the access log, one for each message. Raises ActionRefused where there is one."""
    # Two steps for one person come one after the other.
    session.execute(select(OutboundMessage.id).where(OutboundMessage.id == message_id).with_for_update())
    noted = select(AccessLog.id).where(
        AccessLog.subject_user_id == user_id,
        AccessLog.action == "send_link",
        AccessLog.detail["message"].astext == message_id,
    )
    if session.scalar(noted.limit(1)) is not None:
        raise ActionRefused("a link was sent today", code="already_sent")
    audit.record(
        session, actor=actor.user_id, action="send_link", subject=user_id, detail={"message": message_id}
    )


def map_to_slack(runtime: Runtime, user_id: str, actor: Actor, params: Json) -> None:
    """Take the Slack account that has the person's own address. Raises ActionRefused, SlackError."""
    admins_only(actor)
    if slack_account.find(runtime, user_id) is None:
        raise ActionRefused("nobody on Slack has this address", code="no_slack_account")
    with transaction(runtime.sessions) as session:
        audit.record(session, actor=actor.user_id, action="map_to_slack", subject=user_id)


def set_robing_id(runtime: Runtime, user_id: str, actor: Actor, params: Json) -> None:
    """Note the token's robing_id; an empty one takes it away. Raises NotConnected, ActionRefused."""
    admins_only(actor)
    robing_id = checked_robing_id(params)
    with transaction(runtime.sessions) as session:
        changed = session.scalar(
            update(GmailToken)
            .where(GmailToken.user_id == user_id)
            .values(robing_id=robing_id or None)
            .returning(GmailToken.id)
        )
        if changed is None:
            raise NotConnected("there is no token to note it with", code="not_connected")
        # Which one is not noted: it may be an address, and the log outlives the person.
        audit.record(session, actor=actor.user_id, action="set_robing_id", subject=user_id)


def checked_robing_id(params: Json) -> str:
    """The robing_id asked for, without what cannot be stored. Raises ActionRefused."""
    robing_id = str(params.get("robing_id") or "").replace("\0", "").strip()
    if len(robing_id) > ROBING_ID_LIMIT:
        raise ActionRefused("a robing_id has 50 characters at most", code="robing_id_too_long")
    return robing_id


Step = Callable[[Runtime, str, Actor, Json], None]

STEPS: dict[str, Step] = {
    "refresh": refresh,
    "send_link": send_link,
    "disconnect": end_connection,
    "map_to_slack": map_to_slack,
    "set_robing_id": set_robing_id,
}


def _link_message(session: Session, runtime: Runtime, user: User, actor: Actor) -> Json:
    settings = runtime.settings
    t = translator(user.locale, default=settings.default_locale)
    row = overview.read_row(session, settings, actor, user.id)
    code = code_of(row.status, row.reason) if row is not None else "not_connected"
    link = slack_link.issue(session, settings, user)
    if code == "not_connected" or row is None:
        return _message(
            t, t.gettext("Please connect Gmail"), _first_words(t), t.gettext("Connect Gmail"), link
        )
    missing = missing_scopes(row.scopes, settings.required_scopes)
    if code in MENDS_ITSELF:
        words = t.gettext(
            "An admin of your team asks you to connect Gmail again, though nothing is known to be wrong for "
            "good. It takes a minute."
        )
    else:
        why = explain(code, t, for_admin=False, testing=row.testing, missing=missing)
        words = t.gettext("An admin of your team asks you to connect Gmail again.") + f" {why}"
    return _message(t, t.gettext("Please connect Gmail again"), words, t.gettext("Reconnect Gmail"), link)


def _first_words(t: Translator) -> str:
    return t.gettext(
        "An admin of your team asks you to connect Gmail, so that your mail is in your briefing. It takes a "
        "minute, and you can end it at any time."
    )


def _message(t: Translator, title: str, words: str, label: str, link: str) -> Json:
    body = literal(words, TEXT_COLUMNS)
    button = link_button(label, link, "reconnect")
    return {"text": f"{title}. {body} {link}", "blocks": [header(title), section(body, button)]}
