"""Clicks and choices in messages: told to the app as `block_actions`, answered through a response_url."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from sandbox.slack import blocks as block_kit
from sandbox.slack.posting import TEXT_LIMIT, changed, post, remove, stored_blocks
from sandbox.slack.sending import FORM_TYPE, Answer, record, send
from sandbox.slack.socket_mode import hand_over
from sandbox.slack.state import Conversation, Json, Message, ResponseUrl, Workspace
from sandbox.slack.wire import message_json
from sandbox.world import Person

RESPONSE_URL_LIFE = timedelta(minutes=30)


class ResponseRefused(Exception):
    """A response_url that does not take this; with Slack's word and an HTTP status."""

    def __init__(self, error: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


async def act(
    workspace: Workspace, conversation: Conversation, message: Message, element: Json, chosen: str
) -> str:
    """Tell the app that `element` of `message` was used, and what was chosen in it.

    Gives Slack's word for what went wrong, `unheard` where nobody listens, empty when the app took it.
    """
    person = workspace.world.by_slack_id(conversation.user)
    if person is None or not (workspace.listener.interactivity_url or workspace.links):
        return "unheard"
    payload = _from(workspace, person, "block_actions") | {
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": conversation.id,
            "is_ephemeral": message.ephemeral,
        },
        "channel": {"id": conversation.id, "name": "directmessage"},
        "message": message_json(workspace, conversation, message),
        "state": {"values": _state(element, chosen)},
        "response_url": _response_url(workspace, conversation, message),
        "actions": [_action(workspace, element, chosen)],
    }
    return (await deliver(workspace, payload)).failure


async def deliver(workspace: Workspace, payload: Json) -> Answer:
    """Send one interaction, once: Slack does not repeat these."""
    body = urlencode({"payload": json.dumps(payload)}).encode()
    if workspace.links:
        answer = await hand_over(workspace, "interactive", payload)
    else:
        answer = await send(workspace, workspace.listener.interactivity_url, body, FORM_TYPE)
    record(workspace, str(payload["type"]), "", 0, answer)
    return answer


def view_payload(workspace: Workspace, person: Person, kind: str, view: Json) -> Json:
    """`view_submission` or `view_closed` by `person`."""
    return _from(workspace, person, kind) | {"view": view, "response_urls": []}


def _from(workspace: Workspace, person: Person, kind: str) -> Json:
    """What every interaction carries: who, where, and a trigger that opens one modal."""
    trigger = f"{workspace.next_id('')}.{secrets.token_hex(8)}"
    workspace.triggers[trigger] = (person.slack_user_id, workspace.world.now())
    return {
        "type": kind,
        "team": {"id": workspace.team_id, "domain": workspace.domain},
        "user": {
            "id": person.slack_user_id,
            "username": person.key,
            "name": person.key,
            "team_id": workspace.team_id,
        },
        "api_app_id": workspace.app_id,
        "token": workspace.verification_token,
        "trigger_id": trigger,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def find_element(message: Message, block_id: str, action_id: str) -> Json | None:
    """The interactive element of `message` with these ids, its block's id in it."""
    for block in message.blocks:
        if block.get("block_id") == block_id:
            elements = [*block.get("elements", []), block.get("accessory"), block.get("element")]
            found = (e for e in elements if e and e.get("action_id") == action_id)
            return next(({**element, "block_id": block_id} for element in found), None)
    return None


def _action(workspace: Workspace, element: Json, chosen: str) -> Json:
    """An element as it comes back, with what was chosen in it."""
    kept = ("type", "action_id", "block_id", "text", "value", "url", "style", "placeholder")
    action = {name: element[name] for name in kept if name in element}
    action["action_ts"] = f"{workspace.world.now().timestamp():.6f}"
    return action | selected(element, chosen)


def _state(element: Json, chosen: str) -> Json:
    """What stays chosen in a message: buttons and menus keep nothing."""
    if element["type"] in {"button", "overflow"}:
        return {}
    value = {"type": element["type"]} | selected(element, chosen)
    return {element["block_id"]: {element["action_id"]: value}}


def selected(element: Json, chosen: str) -> Json:
    """What was chosen in an element, under the name that its kind has for it."""
    kind = element["type"]
    if kind == "datepicker":
        return {"selected_date": chosen or None}
    if kind == "timepicker":
        return {"selected_time": chosen or None}
    if kind in {"static_select", "overflow"}:
        return {"selected_option": next((o for o in _options(element) if o["value"] == chosen), None)}
    return {"value": chosen or None} if kind == "plain_text_input" else {}


def _options(element: Json) -> list[Json]:
    groups = element.get("option_groups", [])
    return [*element.get("options", []), *(option for group in groups for option in group["options"])]


def _response_url(workspace: Workspace, conversation: Conversation, message: Message) -> str:
    key, expires = secrets.token_urlsafe(18), workspace.world.now() + RESPONSE_URL_LIFE
    workspace.response_urls[key] = ResponseUrl(conversation.id, message.ts, expires)
    return f"{workspace.world.base_url}/slack/actions/{workspace.team_id}/{key}"


def respond(workspace: Workspace, key: str, body: Json) -> None:
    """What the app sends to a response_url: replace or delete the message, or say something new.

    New messages are ephemeral unless `response_type` is `in_channel`. Raises ResponseRefused.
    """
    conversation, message = _meant(workspace, key)
    if body.get("delete_original"):
        if message:
            remove(workspace, conversation, message)
        return
    text, blocks = str(body.get("text") or "")[:TEXT_LIMIT], _blocks(body)
    if not text.strip() and not blocks:
        raise ResponseRefused("no_text")
    if body.get("replace_original") and message:
        before = message_json(workspace, conversation, message)
        message.text, message.blocks = text, blocks
        changed(workspace, conversation, message, before)
        return
    ephemeral, ts = body.get("response_type") != "in_channel", workspace.free_ts(conversation)
    said = Message(ts, workspace.bot_user_id, text, by_bot=True, blocks=blocks, ephemeral=ephemeral)
    post(workspace, conversation, said)


def _meant(workspace: Workspace, key: str) -> tuple[Conversation, Message | None]:
    """The conversation and message behind a response_url; each call uses it up a little."""
    url = workspace.response_urls.get(key)
    if url is None or url.expires < workspace.world.now():
        raise ResponseRefused("expired_url", HTTPStatus.NOT_FOUND)
    if url.uses_left == 0:
        raise ResponseRefused("used_url", HTTPStatus.NOT_FOUND)
    url.uses_left -= 1
    conversation = workspace.conversations[url.channel]
    return conversation, conversation.messages.get(url.message_ts)


def _blocks(body: Json) -> list[Json]:
    blocks = body.get("blocks") or []
    if block_kit.problems(blocks):
        raise ResponseRefused("invalid_blocks")
    return stored_blocks(blocks)
