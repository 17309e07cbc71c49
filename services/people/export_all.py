"""Everything that is held on a person, as a zip of JSON files for themselves. No secret is in it."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from sqlalchemy import Column, ColumnElement, or_, select
from sqlalchemy.orm import Session

from services.access import Actor
from services.db.engine import transaction
from services.db.models import (
    AccessLog,
    AuthSession,
    AuthSessionEvent,
    Base,
    Briefing,
    BriefingEvent,
    ConversationAmendment,
    ConversationMessage,
    SlackEvent,
    TokenHealth,
    User,
)
from services.errors import Forbidden
from services.i18n import N_, Translator
from services.people.holdings import ONE_A_PERSON, OWNED
from services.people.slack_link import without_proofs
from services.runtime import Runtime

# Secrets, what only proves that somebody has one, and who is at work on a row.
LEFT_OUT = {
    "gmail_tokens": {"token_data", "oauth_config", "grant_id", "refreshing_until"},
    "token_imports": {"secrets", "digest"},
    "auth_sessions": {"state_hash", "browser_hash", "code_verifier", "code_hash"},
    "api_keys": {"key_hash"},
    "sign_ins": {"digest"},
    "slack_links": {"digest", "dropped_token"},
}
MACHINERY = {"lease", "lease_until"}
MEANING = {
    "users": N_("who you are here: name, address, language, time zone, Slack account"),
    "user_identities": N_("the accounts that you sign in with"),
    "sign_ins": N_("when you signed in"),
    "briefing_settings": N_("when your briefing comes and what is in it"),
    "gmail_tokens": N_("your connection to Google: what was granted and how it is"),
    "token_events": N_("what happened to that connection"),
    "token_health": N_("how admins see that connection"),
    "token_imports": N_("connections that were brought over from the system before"),
    "auth_sessions": N_("your attempts to connect Google"),
    "auth_session_events": N_("what happened in each of them"),
    "alerts": N_("what was wrong with your connection, and when"),
    "briefings": N_("your briefings"),
    "briefing_events": N_("what happened to each of them, step by step"),
    "previews": N_("your previews"),
    "outbound_messages": N_("messages to you, as they were sent"),
    "conversation_log": N_("what you and the assistant said"),
    "conversation_amendments": N_("messages that you have deleted or edited in Slack"),
    "slack_events": N_("what Slack brought of you lately"),
    "pending_requests": N_("requests that waited for a connection"),
    "slack_links": N_("connect links that you got in Slack"),
    "api_keys": N_("keys of your programs, without the keys themselves"),
    "bulk_action_items": N_("actions for many people that you were among"),
    "access_log": N_("who did what with what is yours, and what you did with others'"),
}


def everything(runtime: Runtime, actor: Actor, user_id: str, t: Translator) -> bytes:
    """A zip with a JSON file a table that has something, and a README. Raises Forbidden for anybody else."""
    if actor.user_id != user_id:
        raise Forbidden("this is its owner's alone")
    held: dict[str, list[dict[str, Any]]] = {}
    with transaction(runtime.sessions) as session:
        for name, whose in _held(session, user_id).items():
            if rows := _rows(session, name, whose):
                held[name] = rows
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _readme(list(held), t))
        for name, rows in held.items():
            archive.writestr(f"{name}.json", json.dumps(rows, ensure_ascii=False, indent=1, default=str))
    return packed.getvalue()


def _held(session: Session, user_id: str) -> dict[str, ColumnElement[bool]]:
    """Where there may be something on somebody, and which rows."""
    user = session.get_one(User, user_id)
    channels = select(ConversationMessage.channel).where(ConversationMessage.user_id == user_id)
    own = select(AuthSession.id).where(AuthSession.user_id == user_id)
    briefings = select(Briefing.id).where(Briefing.user_id == user_id)
    return {
        "users": User.id == user_id,
        **{column.class_.__tablename__: column == user_id for column in (*ONE_A_PERSON, *OWNED)},
        "token_health": TokenHealth.user_id == user_id,
        "auth_session_events": AuthSessionEvent.auth_session_id.in_(own),
        "briefing_events": BriefingEvent.briefing_id.in_(briefings),
        "slack_events": SlackEvent.slack_user_id == user.slack_user_id,
        "conversation_amendments": or_(
            ConversationAmendment.channel == user.slack_channel, ConversationAmendment.channel.in_(channels)
        ),
        "access_log": or_(AccessLog.subject_user_id == user_id, AccessLog.actor == user_id),
    }


def _rows(session: Session, name: str, whose: ColumnElement[bool]) -> list[dict[str, Any]]:
    table = Base.metadata.tables[name]
    left_out = LEFT_OUT.get(name, set()) | MACHINERY
    columns = [column for column in table.columns if column.name not in left_out and not _is_endless(column)]
    found = session.execute(select(*columns).where(whose).order_by(*table.primary_key.columns))
    return [without_proofs(dict(row)) for row in found.mappings()]


def _is_endless(column: Column[Any]) -> bool:
    """`token_health` has instants at infinity, which Python cannot read; the token's own row has them too."""
    return "infinity" in str(getattr(column.server_default, "arg", ""))


def _readme(names: list[str], t: Translator) -> str:
    said = t.gettext("Everything that is held on you here. Secrets, such as tokens and keys, are left out.")
    files = (f"{name}.json: {t.gettext(MEANING[name])}" for name in names)
    return "\n".join([said, "", *files, ""])
