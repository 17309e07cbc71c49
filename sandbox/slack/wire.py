"""People, conversations and messages in the JSON that Slack's Web API and events have for them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.slack.state import Conversation, Json, Message, Workspace
from sandbox.world import Person

LOCALES = {"ko": "ko-KR", "en": "en-US"}


def user_json(workspace: Workspace, person: Person, now: datetime, *, locale: bool = False) -> Json:
    """One member; the e-mail address only where the app may read it, as Slack does."""
    offset = now.astimezone(ZoneInfo(person.timezone)).utcoffset()
    user = {
        "id": person.slack_user_id,
        "team_id": workspace.team_id,
        "name": person.key,
        "deleted": person.slack_user_id in workspace.deactivated,
        "color": "9f69e7",
        "real_name": person.name,
        "tz": person.timezone,
        "tz_label": person.timezone.replace("_", " "),
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "profile": _profile(workspace, person),
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.slack_user_id in workspace.guests,
        "is_ultra_restricted": False,
        "is_bot": False,
        "is_app_user": False,
        "is_email_confirmed": True,
        "updated": 1700000000,
    }
    return user | ({"locale": LOCALES.get(person.locale, "en-US")} if locale else {})


def _profile(workspace: Workspace, person: Person) -> Json:
    picture = avatar_url(workspace, person.slack_user_id)
    profile = {
        "title": person.title,
        "phone": "",
        "real_name": person.name,
        "real_name_normalized": person.name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "status_text": "",
        "status_emoji": "",
        "team": workspace.team_id,
        "image_48": picture,
        "image_192": picture,
    }
    return profile | ({"email": person.slack_email} if "users:read.email" in workspace.scopes else {})


def bot_user_json(workspace: Workspace) -> Json:
    """The app's own member entry."""
    return {
        "id": workspace.bot_user_id,
        "team_id": workspace.team_id,
        "name": workspace.bot_name.lower(),
        "deleted": False,
        "real_name": workspace.bot_name,
        "tz": "America/Los_Angeles",
        "tz_label": "Pacific Time",
        "tz_offset": -28800,
        "profile": {
            "real_name": workspace.bot_name,
            "display_name": "",
            "bot_id": workspace.bot_id,
            "api_app_id": workspace.app_id,
            "team": workspace.team_id,
            "image_48": avatar_url(workspace, workspace.bot_user_id),
        },
        "is_bot": True,
        "is_app_user": False,
        "updated": 1700000000,
    }


def channel_json(conversation: Conversation) -> Json:
    return {
        "id": conversation.id,
        "created": conversation.created,
        "is_archived": False,
        "is_im": True,
        "is_mpim": False,
        "is_group": False,
        "is_channel": False,
        "is_private": False,
        "is_org_shared": False,
        "is_open": True,
        "user": conversation.user,
        "priority": 0,
    }


def message_json(
    workspace: Workspace, conversation: Conversation, message: Message, *, metadata: bool = False
) -> Json:
    """One message as history, events and answers show it; its metadata only when asked for."""
    wire: Json = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts}
    wire["team"] = workspace.team_id
    if message.by_bot:
        wire |= {"bot_id": workspace.bot_id, "app_id": workspace.app_id, "bot_profile": _bot(workspace)}
    if message.client_msg_id:
        wire["client_msg_id"] = message.client_msg_id
    if message.blocks:
        wire["blocks"] = message.blocks
    if message.edited_ts:
        wire["edited"] = {"user": message.user, "ts": message.edited_ts}
    if message.reactions:
        bot = [workspace.bot_user_id]
        wire["reactions"] = [{"name": name, "users": bot, "count": 1} for name in message.reactions]
    if metadata and message.metadata:
        wire["metadata"] = message.metadata
    return wire | _thread(conversation, message)


def _thread(conversation: Conversation, message: Message) -> Json:
    if message.thread_ts and message.thread_ts != message.ts:
        parent = conversation.messages.get(message.thread_ts)
        return {"thread_ts": message.thread_ts} | ({"parent_user_id": parent.user} if parent else {})
    replies = conversation.replies(message.ts)
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
        "reply_users": users,
    }


def _bot(workspace: Workspace) -> Json:
    return {
        "id": workspace.bot_id,
        "app_id": workspace.app_id,
        "user_id": workspace.bot_user_id,
        "name": workspace.bot_name,
        "team_id": workspace.team_id,
        "deleted": False,
        "updated": 1700000000,
        "icons": {"image_48": avatar_url(workspace, workspace.bot_user_id)},
    }


def avatar_url(workspace: Workspace, user: str) -> str:
    return f"{workspace.world.base_url}/slack/avatar/{user}.svg"
