"""Where things are in Slack: addresses made of ids, which cost no call (`chat.getPermalink` does).

They open the app that is installed, or the browser's. Empty while Slack is silent.
"""

from __future__ import annotations

from sqlalchemy import select

from services.conversations.reading import Said
from services.db.engine import transaction
from services.db.models import User
from services.delivery import slack
from services.errors import SlackError
from services.runtime import Runtime


def workspace_of(runtime: Runtime) -> str:
    """The workspace, at whatever its reader has open there."""
    try:
        return slack.workspace_url(runtime.slack)
    except SlackError:
        return ""


def dm_of(runtime: Runtime, channel: str) -> str:
    """A conversation with the assistant, at its end."""
    workspace = workspace_of(runtime)
    return f"{workspace}archives/{channel}" if workspace else ""


def own_dm(runtime: Runtime, user_id: str) -> str:
    """A person's conversation with the assistant; empty too where they are not on Slack."""
    with transaction(runtime.sessions) as session:
        channel = session.scalar(select(User.slack_channel).where(User.id == user_id))
    return dm_of(runtime, channel) if channel else ""


def address_of(runtime: Runtime, message: Said) -> str:
    """One message, in its thread where it is in one."""
    channel = dm_of(runtime, message.channel)
    if not channel:
        return ""
    address = f"{channel}/p{message.ts.replace('.', '')}"
    if message.thread_ts and message.thread_ts != message.ts:
        return f"{address}?thread_ts={message.thread_ts}&cid={message.channel}"
    return address
