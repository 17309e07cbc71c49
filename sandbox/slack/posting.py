"""Messages come, change and go here, whoever does it, and what happened is put into the outbox of events."""

from __future__ import annotations

import secrets

from sandbox.slack.blocks import INTERACTIVE
from sandbox.slack.state import Conversation, Json, Message, Workspace
from sandbox.slack.wire import message_json

TEXT_LIMIT = 40_000


def post(workspace: Workspace, conversation: Conversation, message: Message) -> Message:
    """Put `message` into the DM; an ephemeral one happens for the person only, never for the app."""
    conversation.add(message)
    workspace.revision += 1
    if not message.ephemeral:
        _announce(workspace, conversation, message_json(workspace, conversation, message))
    return message


def changed(workspace: Workspace, conversation: Conversation, message: Message, before: Json) -> None:
    """Tell of a message that is not what it was; `before` is its JSON until now."""
    workspace.revision += 1
    if message.ephemeral:
        return
    event = {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "message": message_json(workspace, conversation, message),
        "previous_message": before,
        "ts": workspace.free_ts(conversation),
    }
    _announce(workspace, conversation, event)


def remove(workspace: Workspace, conversation: Conversation, message: Message) -> None:
    """Take `message` out of the DM."""
    before = message_json(workspace, conversation, message)
    conversation.remove(message)
    workspace.revision += 1
    if message.ephemeral:
        return
    event = {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "deleted_ts": message.ts,
        "previous_message": before,
        "ts": workspace.free_ts(conversation),
    }
    _announce(workspace, conversation, event)


def _announce(workspace: Workspace, conversation: Conversation, event: Json) -> None:
    event |= {"channel": conversation.id, "channel_type": "im", "event_ts": event["ts"]}
    workspace.outbox.append(event)


def stored_blocks(blocks: list[Json]) -> list[Json]:
    """Blocks as Slack gives them back: with the ids and the fields of texts that were left out."""
    return [_completed(block) | {"block_id": block.get("block_id") or _short_id()} for block in blocks]


def _completed(value: Json) -> Json:
    complete = {name: _inside(entry) for name, entry in value.items()}
    if value.get("type") == "plain_text":
        complete.setdefault("emoji", True)
    elif value.get("type") == "mrkdwn":
        complete.setdefault("verbatim", False)
    elif value.get("type") in INTERACTIVE:
        complete.setdefault("action_id", _short_id())
    return complete


def _inside(value: object) -> object:
    if isinstance(value, dict):
        return _completed(value)
    return [_inside(entry) for entry in value] if isinstance(value, list) else value


def _short_id() -> str:
    return secrets.token_urlsafe(4)[:5]
