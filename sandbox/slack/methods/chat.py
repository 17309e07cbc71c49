"""chat.*: posting, changing and deleting what the bot says."""

from __future__ import annotations

from sandbox.slack import blocks as block_kit
from sandbox.slack.call import Call, Method, Refusal, refused_for
from sandbox.slack.limits import TIER_3, Rate
from sandbox.slack.posting import TEXT_LIMIT, changed, post, remove, stored_blocks
from sandbox.slack.state import Conversation, Json, Message
from sandbox.slack.wire import message_json

METADATA_JSON_LIMIT = 16_000


def post_message(call: Call) -> Json:
    conversation = _addressed(call)
    message = post(call.workspace, conversation, _composed(call, conversation))
    sent = message_json(call.workspace, conversation, message)
    return {"channel": conversation.id, "ts": message.ts, "message": sent}


def post_ephemeral(call: Call) -> Json:
    """Seen by one person until they reload; the app cannot read or change it any more."""
    conversation = call.conversation()
    if call.text("user") != conversation.user:
        raise Refusal("user_not_in_channel")
    message = _composed(call, conversation)
    message.ephemeral = True
    return {"message_ts": post(call.workspace, conversation, message).ts}


def _addressed(call: Call) -> Conversation:
    """`channel` is a DM's id, or a member's, whose DM is then opened."""
    channel = call.text("channel")
    if not channel:
        raise Refusal("channel_not_found")
    found = call.workspace.conversation(channel)
    if found is None or found.user in call.workspace.deactivated:
        raise Refusal("channel_not_found")
    return found


def _composed(call: Call, conversation: Conversation) -> Message:
    text, blocks = call.text("text"), _blocks(call)
    if not text.strip() and not blocks:
        raise Refusal("no_text")
    thread_ts = call.text("thread_ts")
    if thread_ts and thread_ts not in conversation.messages:
        raise Refusal("thread_not_found")
    return Message(
        ts=call.workspace.free_ts(conversation),
        user=call.workspace.bot_user_id,
        text=text[:TEXT_LIMIT],
        by_bot=True,
        blocks=stored_blocks(blocks or []),
        metadata=_metadata(call),
        thread_ts=thread_ts,
    )


def _blocks(call: Call) -> list[Json] | None:
    """The blocks of this call, None when it has none. Raises Refusal where Slack would refuse them."""
    blocks = call.structure("blocks", "invalid_blocks_format")
    if blocks is None:
        return None
    if not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    if problems := block_kit.problems(blocks):
        raise refused_for("invalid_blocks", problems)
    if block_kit.too_long(blocks):
        raise Refusal("msg_blocks_too_long")
    return blocks


def _metadata(call: Call) -> Json | None:
    metadata = call.structure("metadata", "invalid_metadata_format")
    if metadata is None or metadata == {}:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise Refusal("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict):
        raise Refusal("invalid_metadata_schema")
    if len(str(metadata)) > METADATA_JSON_LIMIT:
        raise Refusal("metadata_too_large")
    return metadata


def update(call: Call) -> Json:
    """What is not given stays; an empty list or object takes blocks or metadata away."""
    conversation, message = call.conversation(), _own(call, "cant_update_message")
    before = message_json(call.workspace, conversation, message)
    blocks = _blocks(call)
    text = call.text("text") if "text" in call.args else message.text
    kept = message.blocks if blocks is None else stored_blocks(blocks)
    if not text.strip() and not kept:
        raise Refusal("no_text")
    if "metadata" in call.args:
        message.metadata = _metadata(call)
    message.text, message.blocks = text[:TEXT_LIMIT], kept
    message.edited_ts = call.workspace.free_ts(conversation)
    changed(call.workspace, conversation, message, before)
    sent = message_json(call.workspace, conversation, message)
    return {"channel": conversation.id, "ts": message.ts, "text": message.text, "message": sent}


def delete(call: Call) -> Json:
    conversation, message = call.conversation(), _own(call, "cant_delete_message")
    remove(call.workspace, conversation, message)
    return {"channel": conversation.id, "ts": message.ts}


def _own(call: Call, error: str) -> Message:
    message = call.message()
    if not message.by_bot:
        raise Refusal(error)
    return message


def get_permalink(call: Call) -> Json:
    conversation, message = call.conversation(), call.message("message_ts")
    number = message.ts.replace(".", "")
    base = call.workspace.world.base_url
    return {
        "channel": conversation.id,
        "permalink": f"{base}/slack/archives/{conversation.id}/p{number}",
    }


def add_reaction(call: Call) -> Json:
    message, name = call.message("timestamp"), call.text("name")
    if not name:
        raise Refusal("invalid_name")
    if name in message.reactions:
        raise Refusal("already_reacted")
    message.reactions.append(name)
    call.workspace.revision += 1
    return {}


METHODS = {
    # Posting is limited by channel and workspace, not by a tier (`sandbox.slack.api`).
    "chat.postMessage": Method(post_message, ("chat:write",), Rate(6000, 6000)),
    "chat.postEphemeral": Method(post_ephemeral, ("chat:write",), Rate(100, 100)),
    "chat.update": Method(update, ("chat:write",), TIER_3),
    "chat.delete": Method(delete, ("chat:write",), TIER_3),
    "chat.getPermalink": Method(get_permalink, rate=Rate(300, 100)),
    "reactions.add": Method(add_reaction, ("reactions:write",), TIER_3),
}
