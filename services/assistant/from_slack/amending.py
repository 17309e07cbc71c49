"""Edits and deletions that Slack could not bring, seen in a DM's history."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.assistant.from_slack import envelope, inbox
from services.assistant.from_slack.envelope import Deleted, Edited
from services.assistant.from_slack.reading import History
from services.db.models import ConversationMessage


def follow(session: Session, user_id: str, history: History) -> None:
    """Have what Slack shows otherwise, or no longer, count for what is known of that span."""
    known = _known(session, user_id, history)
    for message in history.messages:
        line = known.get(str(message["ts"]))
        become = envelope.amended(message, history.channel)
        if line is not None and become is not None and _is_news(line, become):
            inbox.follow(session, become)
    for ts in _gone(list(known.values()), history):
        inbox.follow(session, Deleted(history.channel, ts))


def _known(session: Session, user_id: str, history: History) -> dict[str, ConversationMessage]:
    """What the log has of that span, by ts."""
    lines = session.scalars(
        select(ConversationMessage)
        .where(
            ConversationMessage.user_id == user_id,
            ConversationMessage.channel == history.channel,
            ConversationMessage.ts > history.oldest,
            ConversationMessage.ts < history.latest,
        )
        .order_by(ConversationMessage.ts)
    )
    return {line.ts: line for line in lines}


def _is_news(line: ConversationMessage, become: Edited | Deleted) -> bool:
    if isinstance(become, Deleted):
        return True
    return become.edited_ts is not None and (line.edited_ts or "") < become.edited_ts


def _gone(lines: Sequence[ConversationMessage], history: History) -> list[str]:
    """What the person said that Slack does not show any more.

    Nobody but Slack itself takes away what we said: where that is missing, what is older has not been
    deleted but only kept no longer (the workspace's own retention), which is no wish of the person's.
    """
    shown = {str(message["ts"]) for message in history.messages}
    missing = [line for line in lines if line.ts not in shown and _would_be_shown(line, history)]
    aged = max((line.ts for line in missing if line.role == "assistant"), default="")
    return [line.ts for line in missing if line.role == "user" and line.ts > aged]


def _would_be_shown(line: ConversationMessage, history: History) -> bool:
    return line.thread_ts in (None, line.ts) or line.thread_ts in history.threads
