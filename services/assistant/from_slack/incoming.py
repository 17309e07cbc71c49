"""What came from Slack and is to be handled now: a direct message, or a button that was pressed in one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


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
