"""conversations.*: opening DMs and reading them."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.slack.call import Call, Method, Refusal
from sandbox.slack.limits import TIER_3
from sandbox.slack.paging import page
from sandbox.slack.state import Conversation, Json, Message
from sandbox.slack.wire import channel_json, message_json


def conversations_open(call: Call) -> Json:
    conversation = _opened(call)
    return {"channel": channel_json(conversation) if call.flag("return_im") else {"id": conversation.id}}


def _opened(call: Call) -> Conversation:
    """Opening what is open already gives the same DM again."""
    if call.text("channel"):
        return call.conversation()
    user, space = call.text("users"), call.workspace
    if not user:
        raise Refusal("users_list_not_supplied")
    if user == space.bot_user_id:
        raise Refusal("cannot_dm_bot")
    if user in space.deactivated:
        raise Refusal("user_disabled")
    if space.world.by_slack_id(user) is None:
        raise Refusal("user_not_found")
    return space.open_dm(user)


def conversations_info(call: Call) -> Json:
    return {"channel": channel_json(call.conversation())}


def conversations_history(call: Call) -> Json:
    """Newest first, without what was answered in threads."""
    conversation, shows = call.conversation(), _window(call)
    found = [m for m in conversation.newest_first() if _in_history(m) and shows(m.ts)]
    return _messages(call, conversation, found, default=100) | {"pin_count": 0}


def conversations_replies(call: Call) -> Json:
    """A thread: the message that began it, then the answers, oldest first."""
    conversation, parent = call.conversation(), call.message(error="thread_not_found")
    shows = _window(call)
    answers = [m for m in conversation.replies(parent.ts) if shows(m.ts)]
    return _messages(call, conversation, [parent, *answers], default=1000)


def _in_history(message: Message) -> bool:
    return not message.ephemeral and message.thread_ts in ("", message.ts)


def _window(call: Call) -> Callable[[str], bool]:
    """Which timestamps `oldest` and `latest` let through; themselves only where `inclusive`."""
    oldest, latest = call.ts("oldest", "invalid_ts_oldest"), call.ts("latest", "invalid_ts_latest")
    latest = latest or "9" * 10
    if call.flag("inclusive"):
        return lambda ts: oldest <= ts <= latest
    return lambda ts: oldest < ts < latest


def _messages(call: Call, conversation: Conversation, found: list[Message], *, default: int) -> Json:
    shown, metadata = page(found, call, key=lambda message: message.ts, default=default, high=1000)
    everything = call.flag("include_all_metadata")
    return {
        "messages": [message_json(call.workspace, conversation, m, metadata=everything) for m in shown],
        "has_more": bool(metadata["next_cursor"]),
        "response_metadata": metadata,
    }


METHODS = {
    "conversations.open": Method(conversations_open, ("im:write",), TIER_3),
    "conversations.info": Method(conversations_info, ("im:read",), TIER_3),
    "conversations.history": Method(conversations_history, ("im:history",), TIER_3),
    "conversations.replies": Method(conversations_replies, ("im:history",), TIER_3),
}
