"""The Events API: what happens in the workspace, told to the app, up to four times until it listens."""

from __future__ import annotations

import asyncio
import json
import secrets

from sandbox.slack.sending import JSON_TYPE, Answer, is_loopback, record, send
from sandbox.slack.socket_mode import hand_over
from sandbox.slack.state import Json, Workspace

# Seconds before the first, second and third retry.
RETRY_DELAYS = (0.0, 60.0, 300.0)


class UrlRefused(Exception):
    """A request URL that cannot be used; the message says why."""


def send_pending(workspace: Workspace) -> None:
    """Hand over what is in the outbox, each event on its own. Needs a running loop."""
    while workspace.outbox:
        event = workspace.outbox.popleft()
        if workspace.listener.events_url or workspace.links:
            task = asyncio.create_task(_deliver(workspace, event, workspace.listener.events_url))
            workspace.tasks.add(task)
            task.add_done_callback(workspace.tasks.discard)
        else:
            _mark(workspace, event, "unheard")


async def use_url(workspace: Workspace, url: str, *, verify: bool = True) -> None:
    """Send events to `url` from now on; empty sends none. Raises UrlRefused.

    `verify` asks for the challenge back, as Slack does before it takes an address.
    """
    _refuse_elsewhere(url)
    if url and verify:
        await _challenge(workspace, url)
    workspace.listener.events_url = url
    workspace.revision += 1


def use_interactivity_url(workspace: Workspace, url: str) -> None:
    """Send clicks to `url` from now on; empty sends none. Raises UrlRefused."""
    _refuse_elsewhere(url)
    workspace.listener.interactivity_url = url
    workspace.revision += 1


def use_app(workspace: Workspace, app_url: str) -> None:
    """Send everything to the app at `app_url`, which need not run yet: paths as Bolt has them.

    Raises UrlRefused.
    """
    _refuse_elsewhere(app_url)
    root = app_url.rstrip("/")
    workspace.listener.events_url = f"{root}/slack/events"
    workspace.listener.interactivity_url = f"{root}/slack/interactivity"


def _refuse_elsewhere(url: str) -> None:
    if url and not is_loopback(url):
        raise UrlRefused("not a loopback address")


async def _challenge(workspace: Workspace, url: str) -> None:
    challenge = secrets.token_urlsafe(24)
    asked = {"type": "url_verification", "token": workspace.verification_token, "challenge": challenge}
    answer = await send(workspace, url, json.dumps(asked).encode(), JSON_TYPE)
    record(workspace, "url_verification", "", 0, answer)
    if answer.failure:
        raise UrlRefused(answer.failure)
    if challenge.encode() not in answer.body:
        raise UrlRefused("challenge_failed")


async def _deliver(workspace: Workspace, event: Json, url: str) -> None:
    """One event: at once, then again as Slack does it, with the same id, until the app accepts it."""
    body, event_id = _callback(workspace, event)
    epoch, answer = workspace.epoch, Answer()
    for attempt, delay in enumerate((0.0, *RETRY_DELAYS)):
        await asyncio.sleep(delay * workspace.listener.retry_scale)
        if workspace.epoch != epoch:
            return
        answer = await _tell(workspace, url, body, attempt, answer)
        record(workspace, "event_callback", event_id, attempt, answer)
        if not answer.failure or not answer.retry:
            break
        _mark(workspace, event, f"retrying {answer.failure}")
    _mark(workspace, event, f"failed {answer.failure}" if answer.failure else "")


async def _tell(workspace: Workspace, url: str, body: bytes, attempt: int, last: Answer) -> Answer:
    """By Socket Mode while the app is connected, which then gets nothing over HTTP."""
    if workspace.links:
        return await hand_over(workspace, "events_api", json.loads(body), attempt, last.failure)
    return await send(workspace, url, body, JSON_TYPE, _retry_headers(attempt, last))


def _retry_headers(attempt: int, last: Answer) -> dict[str, str]:
    return {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": last.failure} if attempt else {}


def _callback(workspace: Workspace, event: Json) -> tuple[bytes, str]:
    """The envelope around an event, as bytes to be signed, and its id."""
    event_id = workspace.next_id("Ev")
    authorization = {
        "enterprise_id": None,
        "team_id": workspace.team_id,
        "user_id": workspace.bot_user_id,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    envelope = {
        "token": workspace.verification_token,
        "team_id": workspace.team_id,
        "api_app_id": workspace.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(float(event["event_ts"])),
        "authorizations": [authorization],
        "is_ext_shared_channel": False,
        "event_context": f"sandbox-{event_id}",
    }
    return json.dumps(envelope).encode(), event_id


def _mark(workspace: Workspace, event: Json, delivery: str) -> None:
    """Note at the message what became of telling the app about it."""
    conversation = workspace.conversations.get(event["channel"])
    message = conversation.messages.get(event["ts"]) if conversation else None
    if message and not message.by_bot and message.delivery != delivery:
        message.delivery = delivery
        workspace.revision += 1
