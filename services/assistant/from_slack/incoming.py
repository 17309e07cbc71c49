"""What came from Slack and is to be handled now: a direct message, or a button that was pressed in one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from services.db.models import Json, SlackEvent


@dataclass(frozen=True, slots=True)
class Incoming:
    """One event, held by `lease`.

    `ts` is Slack's, of the message or of the click; `message_ts` that of the message with the button.
    `text` and `thread_ts` are the message's, `action_id` and `value` the button's; empty for the other kind.
    """

    event_id: str
    kind: Literal["message", "action"]
    slack_user_id: str
    channel: str
    ts: str
    thread_ts: str | None
    text: str
    action_id: str
    value: str
    message_ts: str
    lease: str


def incoming_of(row: SlackEvent) -> Incoming:
    """The event of a row that has just been taken."""
    content: Json = row.content
    return Incoming(
        event_id=row.id,
        kind="message" if row.kind == "message" else "action",
        slack_user_id=row.slack_user_id,
        channel=row.channel,
        ts=row.ts,
        thread_ts=content.get("thread_ts"),
        text=content.get("text", ""),
        action_id=content.get("action_id", ""),
        value=content.get("value", ""),
        message_ts=content.get("message_ts", ""),
        lease=cast(str, row.lease),
    )
