"""What a person does on the Slack page: writing, editing, deleting, reading, clicking, filling in a modal.

Each answers JSON. The body must be JSON too, which a foreign site cannot send without being asked first.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.slack.call import Refusal
from sandbox.slack.events import send_pending
from sandbox.slack.interactivity import act, deliver, find_element, selected, view_payload
from sandbox.slack.methods.views import checked_view
from sandbox.slack.posting import changed, post, remove
from sandbox.slack.sending import Answer
from sandbox.slack.state import Conversation, Json, Message, Workspace, workspace
from sandbox.slack.typed import typed
from sandbox.slack.wire import message_json
from sandbox.world import Person, World

TYPED_LIMIT = 12_000

Doing = Callable[[Workspace, Person, Request], Awaitable[Json]]


def routes(world: World) -> list[BaseRoute]:
    message = "/messages/{ts}"
    doings: list[tuple[str, str, Doing]] = [
        ("POST", "/messages", say),
        ("POST", message, edit),
        ("DELETE", message, delete),
        ("POST", "/read", read),
        ("POST", "/actions", use),
        ("POST", "/view", submit),
        ("DELETE", "/view", close),
    ]
    return [
        Route(f"/slack/dm/{{user}}{path}", partial(_do, world, doing), methods=[method])
        for method, path, doing in doings
    ]


async def _do(world: World, doing: Doing, request: Request) -> Response:
    space = workspace(world)
    answer = await doing(space, member(space, request), request)
    send_pending(space)
    return JSONResponse({"ok": True} | answer)


def member(space: Workspace, request: Request) -> Person:
    """The person in the path, or 404."""
    person = space.world.by_slack_id(request.path_params["user"])
    if person is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "nobody here has this id")
    return person


async def body_of(request: Request) -> Json:
    """The JSON object that came, or 415 or 400."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "JSON is expected")
    try:
        body = json.loads(await request.body())
    except ValueError as exc:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "this is not JSON") from exc
    if not isinstance(body, dict):
        raise HTTPException(HTTPStatus.BAD_REQUEST, "an object is expected")
    return body


async def say(space: Workspace, person: Person, request: Request) -> Json:
    """`{"text": …, "thread_ts": …}`: a message by this person."""
    body, conversation = await body_of(request), space.open_dm(person.slack_user_id)
    thread_ts = str(body.get("thread_ts") or "")
    if thread_ts and thread_ts not in conversation.messages:
        raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such thread")
    message = Message(
        ts=space.free_ts(conversation),
        user=person.slack_user_id,
        text=_text(body),
        thread_ts=thread_ts,
        client_msg_id=str(uuid.uuid4()),
    )
    return {"ts": post(space, conversation, message).ts}


async def edit(space: Workspace, person: Person, request: Request) -> Json:
    """`{"text": …}`: other words for one's own message."""
    conversation, message = _own(space, person, request)
    text, before = _text(await body_of(request)), message_json(space, conversation, message)
    message.text, message.edited_ts = text, space.free_ts(conversation)
    changed(space, conversation, message, before)
    return {}


async def delete(space: Workspace, person: Person, request: Request) -> Json:
    """Take back one's own message, or put away what only this person sees."""
    conversation, message = _own(space, person, request)
    remove(space, conversation, message)
    return {}


def _own(space: Workspace, person: Person, request: Request) -> tuple[Conversation, Message]:
    conversation = space.open_dm(person.slack_user_id)
    message = conversation.messages.get(request.path_params["ts"])
    if message is None or (message.by_bot and not message.ephemeral):
        raise HTTPException(HTTPStatus.NOT_FOUND, "this person has no such message")
    return conversation, message


def _text(body: Json) -> str:
    text = str(body.get("text") or "").strip()
    if not text or len(text) > TYPED_LIMIT:
        raise HTTPException(HTTPStatus.BAD_REQUEST, f"1 to {TYPED_LIMIT} characters")
    return typed(text)


async def read(space: Workspace, person: Person, request: Request) -> Json:
    """`{"ts": …}`: this person has seen everything up to there."""
    body, conversation = await body_of(request), space.open_dm(person.slack_user_id)
    ts = str(body.get("ts") or "")
    if ts > conversation.read_ts and ts in conversation.messages:
        conversation.read_ts = ts
        space.revision += 1
    return {}


async def use(space: Workspace, person: Person, request: Request) -> Json:
    """`{"ts", "block_id", "action_id", "chosen"}`: a click or a choice; gives `problem` for the page."""
    body, conversation = await body_of(request), space.open_dm(person.slack_user_id)
    message = conversation.messages.get(str(body.get("ts")))
    element = message and find_element(message, str(body.get("block_id")), str(body.get("action_id")))
    if not message or not element:
        raise HTTPException(HTTPStatus.NOT_FOUND, "this is not there any more")
    return {"problem": await act(space, conversation, message, element, str(body.get("chosen") or ""))}


async def submit(space: Workspace, person: Person, request: Request) -> Json:
    """`{"values": {block_id: {action_id: chosen}}}`: a modal filled in; gives `problem` or `errors`."""
    values, view = (await body_of(request)).get("values") or {}, _open_view(space, person)
    view["state"] = {"values": _state(view, values)}
    answer = await _tell(space, person, "view_submission")
    if answer.failure:
        return {"problem": answer.failure, "errors": {}}
    try:
        return {"problem": "", "errors": _after_submission(space, person, answer.body)}
    except (ValueError, Refusal) as exc:
        return {"problem": str(exc), "errors": {}}


def _after_submission(space: Workspace, person: Person, body: bytes) -> Json:
    """Do as the app says: show errors, show another view, or, as most do, close. Gives the errors."""
    said = json.loads(body or b"{}")
    if said.get("response_action") == "errors":
        return dict(said.get("errors") or {})
    if said.get("response_action") == "update":
        shown = {"hash": space.next_id("h")}
        space.views[person.slack_user_id] |= checked_view(said.get("view")) | shown
    else:
        space.views.pop(person.slack_user_id, None)
    space.revision += 1
    return {}


async def close(space: Workspace, person: Person, request: Request) -> Json:
    """A modal put away; the app hears of it where it asked to."""
    if _open_view(space, person).get("notify_on_close"):
        await _tell(space, person, "view_closed")
    space.views.pop(person.slack_user_id, None)
    space.revision += 1
    return {}


def _open_view(space: Workspace, person: Person) -> Json:
    view = space.views.get(person.slack_user_id)
    if view is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "no modal is open")
    return view


async def _tell(space: Workspace, person: Person, kind: str) -> Answer:
    if not (space.listener.interactivity_url or space.links):
        return Answer("unheard")
    return await deliver(space, view_payload(space, person, kind, _open_view(space, person)))


def _state(view: Json, values: Json) -> Json:
    """What every input of a modal holds, in the shape of `view.state.values`."""
    inputs = [(block["block_id"], block["element"]) for block in view["blocks"] if block["type"] == "input"]
    state: Json = {}
    for block_id, element in inputs:
        chosen = str(values.get(block_id, {}).get(element["action_id"]) or "")
        value = {"type": element["type"]} | selected(element, chosen)
        state[block_id] = {element["action_id"]: value}
    return state
