"""Where a message is in Slack: an address made of its ids, which costs no call (`chat.getPermalink` does)."""

from __future__ import annotations

from services.conversations.reading import Said
from services.delivery import slack
from services.errors import SlackError
from services.runtime import Runtime


def address_of(runtime: Runtime, message: Said) -> str:
    """The message in Slack's web app, which hands over to the one installed; empty while Slack is silent."""
    try:
        team = slack.workspace(runtime.slack)
    except SlackError:
        return ""
    channel = f"https://app.slack.com/client/{team}/{message.channel}"
    if message.thread_ts and message.thread_ts != message.ts:
        return f"{channel}/thread/{message.channel}-{message.thread_ts}"
    return f"{channel}/p{message.ts.replace('.', '')}"
