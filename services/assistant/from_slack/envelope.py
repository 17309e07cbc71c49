"""What Slack's Events API and its clicks say, read once: pure. Whatever is not for the assistant is None.

https://docs.slack.dev/reference/events/message.im, https://docs.slack.dev/reference/interaction-payloads
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.db.models import Json, JsonList

ASSISTANT_ACTIONS = "assistant_"
TEXT_MOST = 40_000  # Slack's own limit
VALUE_MOST = 2_000
# Of a message's subtypes those that a person has written all the same.
WRITTEN = frozenset({"", "file_share", "me_message", "thread_broadcast"})

_TS = re.compile(r"\d{10}\.\d{6}")
_DM = re.compile(r"D[A-Z0-9]{1,40}")
_PERSON = re.compile(r"[UW][A-Z0-9]{1,40}")


@dataclass(frozen=True, slots=True)
class Said:
    """A person wrote this in their DM; `text` is Slack's markup."""

    slack_user_id: str
    channel: str
    ts: str
    text: str
    thread_ts: str | None

    @property
    def event_id(self) -> str:
        """The same however often and by whichever way the message comes."""
        return f"{self.channel}:{self.ts}"

    @property
    def content(self) -> Json:
        """What is stored of it until it is handled."""
        return {"text": self.text, "thread_ts": self.thread_ts}


@dataclass(frozen=True, slots=True)
class Pressed:
    """A person pressed a button of the assistant's in their DM, in the message `message_ts`, at `ts`."""

    slack_user_id: str
    channel: str
    ts: str
    action_id: str
    value: str
    message_ts: str
    thread_ts: str | None

    @property
    def event_id(self) -> str:
        """The same however often the click comes."""
        return f"{self.channel}:{self.message_ts}:{self.ts}:{self.action_id}"

    @property
    def content(self) -> Json:
        """What is stored of it until it is handled."""
        return {
            "action_id": self.action_id,
            "value": self.value,
            "message_ts": self.message_ts,
            "thread_ts": self.thread_ts,
        }


@dataclass(frozen=True, slots=True)
class Edited:
    """A message of a DM says something else now, since `edited_ts`; `blocks` only of the bot's own."""

    channel: str
    ts: str
    text: str
    blocks: JsonList | None
    edited_ts: str | None


@dataclass(frozen=True, slots=True)
class Deleted:
    """A message of a DM is gone."""

    channel: str
    ts: str


Happened = Said | Pressed | Edited | Deleted


def read(payload: object, *, team: str) -> Happened | None:
    """What an Events API envelope or a `block_actions` payload tells, in the workspace `team`."""
    envelope = _object(payload)
    if envelope.get("type") == "event_callback" and envelope.get("team_id") == team:
        return _event(_object(envelope.get("event")), team)
    if envelope.get("type") == "block_actions" and _object(envelope.get("team")).get("id") == team:
        return _click(envelope, team)
    return None


def written(message: Mapping[str, object], channel: str) -> Said | None:
    """A message of an event or of a DM's history that a person wrote; None for a bot's and for notices."""
    if message.get("bot_id") or message.get("hidden") or _text(message, "subtype") not in WRITTEN:
        return None
    person, ts, thread_ts = _text(message, "user"), _text(message, "ts"), _text(message, "thread_ts")
    if not (_PERSON.fullmatch(person) and _TS.fullmatch(ts) and _DM.fullmatch(channel)):
        return None
    thread = thread_ts if _TS.fullmatch(thread_ts) else None
    return Said(person, channel, ts, _text(message, "text")[:TEXT_MOST], thread)


def _event(event: Mapping[str, object], team: str) -> Happened | None:
    if event.get("type") != "message" or event.get("channel_type") != "im" or _from_elsewhere(event, team):
        return None
    channel, subtype = _text(event, "channel"), _text(event, "subtype")
    if subtype == "message_changed":
        return amended(_object(event.get("message")), channel)
    if subtype == "message_deleted":
        ts = _text(event, "deleted_ts")
        return Deleted(channel, ts) if _TS.fullmatch(ts) and _DM.fullmatch(channel) else None
    return written(event, channel)


def amended(message: Mapping[str, object], channel: str) -> Edited | Deleted | None:
    """What a message of an event or of a DM's history, whoever wrote it, has become."""
    ts = _text(message, "ts")
    if not (_TS.fullmatch(ts) and _DM.fullmatch(channel)):
        return None
    # What has answers in a thread leaves a stone behind when it is deleted.
    if message.get("subtype") == "tombstone":
        return Deleted(channel, ts)
    blocks = message.get("blocks")
    edited_ts = _text(_object(message.get("edited")), "ts")
    return Edited(
        channel,
        ts,
        _text(message, "text")[:TEXT_MOST],
        blocks if message.get("bot_id") and isinstance(blocks, list) else None,
        edited_ts if _TS.fullmatch(edited_ts) else None,
    )


def _click(payload: Mapping[str, object], team: str) -> Pressed | None:
    """The assistant's button; what only opens a link is Slack's own business."""
    container, user = _object(payload.get("container")), _object(payload.get("user"))
    actions = payload.get("actions")
    action = _object(actions[0]) if isinstance(actions, list) and actions else {}
    action_id = _text(action, "action_id")
    if user.get("team_id") not in (None, team) or not action_id.startswith(ASSISTANT_ACTIONS):
        return None
    channel, person = _text(_object(payload.get("channel")), "id"), _text(user, "id")
    ts, message_ts = _text(action, "action_ts"), _text(container, "message_ts")
    if not (_DM.fullmatch(channel) and _PERSON.fullmatch(person)):
        return None
    if not (_TS.fullmatch(ts) and _TS.fullmatch(message_ts)) or len(action_id) > 255:
        return None
    thread_ts = _text(container, "thread_ts") or _text(_object(payload.get("message")), "thread_ts")
    thread = thread_ts if _TS.fullmatch(thread_ts) else None
    return Pressed(person, channel, ts, action_id, _text(action, "value")[:VALUE_MOST], message_ts, thread)


def _from_elsewhere(event: Mapping[str, object], team: str) -> bool:
    """Whether somebody of another workspace wrote it, by Slack Connect."""
    teams = (event.get(name) for name in ("team", "user_team", "source_team"))
    return any(other not in (None, team) for other in teams)


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _text(fields: Mapping[str, object], name: str) -> str:
    """A field's text as PostgreSQL can keep it."""
    value = fields.get(name)
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
