"""Buttons that do something when pressed, as Block Kit; Slack sends `action_id` and `value` back.

https://docs.slack.dev/reference/block-kit/block-elements/button-element
"""

from __future__ import annotations

from typing import Literal

from services.briefing.blocks import BUTTON_LIMIT, Block
from services.briefing.escape import cut, one_line

DISCONNECT, DELETE_DATA, PAUSE, CONFIRM, CANCEL, NOT_NOW, JOIN_YES, JOIN_NO = (
    "assistant_disconnect",
    "assistant_delete_data",
    "assistant_pause",
    "assistant_confirm",
    "assistant_cancel",
    "assistant_not_now",
    "assistant_join_yes",
    "assistant_join_no",
)
Style = Literal["primary", "danger"]


def button(text: str, action_id: str, *, value: str = "", style: Style | None = None) -> Block:
    """A button; `value` is at most 2,000 characters and never a secret."""
    label = {"type": "plain_text", "text": cut(one_line(text), BUTTON_LIMIT // 3 - 1), "emoji": False}
    return {
        "type": "button",
        "text": label,
        "action_id": action_id,
        **({"value": value} if value else {}),
        **({"style": style} if style else {}),
    }


def actions(*buttons: Block) -> Block:
    """Buttons in a row."""
    return {"type": "actions", "elements": list(buttons)}
