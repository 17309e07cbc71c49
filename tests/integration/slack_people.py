"""What people do in their DM on the sandbox's Slack page: write, edit, delete, press a button."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from tests.integration.journeys import Sandbox


def say(sandbox: Sandbox, key: str, text: str, *, thread_ts: str = "") -> str:
    """Write in one's DM with the bot; the message's ts."""
    return str(_do(sandbox, key, "POST", "/messages", {"text": text, "thread_ts": thread_ts})["ts"])


def edit(sandbox: Sandbox, key: str, ts: str, text: str) -> None:
    _do(sandbox, key, "POST", f"/messages/{ts}", {"text": text})


def delete(sandbox: Sandbox, key: str, ts: str) -> None:
    _do(sandbox, key, "DELETE", f"/messages/{ts}")


def press(sandbox: Sandbox, key: str, action_id: str, *, url: str = "") -> str:
    """Have the bot post a button with the value `v-1` and press it; what the page says went wrong."""
    ts = post_button(sandbox, key, action_id, url=url)
    pressed = {"ts": ts, "block_id": "row", "action_id": action_id}
    return str(_do(sandbox, key, "POST", "/actions", pressed)["problem"])


def post_button(sandbox: Sandbox, key: str, action_id: str, *, url: str = "") -> str:
    """The ts of a message by the bot with this button in it."""
    button = {
        "type": "button",
        "text": {"type": "plain_text", "text": "Go"},
        "action_id": action_id,
        "value": "v-1",
        **({"url": url} if url else {}),
    }
    blocks = [{"type": "actions", "block_id": "row", "elements": [button]}]
    return bot_posts(sandbox, key, "a button", blocks=blocks)


def bot_posts(sandbox: Sandbox, key: str, text: str, **more: Any) -> str:
    """Something the bot says by no row of ours; its ts."""
    sandbox.slack.limits.enabled = False  # it says more than one thing a second here
    answer = httpx.post(
        f"{sandbox.world.base_url}/api/chat.postMessage",
        headers={"Authorization": f"Bearer {sandbox.slack.bot_token}"},
        json={"channel": sandbox.person(key).slack_user_id, "text": text, **more},
    ).json()
    assert answer["ok"], answer
    return str(answer["ts"])


def until(happened: Callable[[], object], seconds: float = 30) -> None:
    """Wait for something that comes by itself."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def _do(sandbox: Sandbox, key: str, method: str, path: str, body: object = None) -> dict[str, Any]:
    dm = f"{sandbox.world.base_url}/slack/dm/{sandbox.person(key).slack_user_id}"
    answer = httpx.request(method, dm + path, json=body or {}, timeout=30)
    assert answer.is_success, answer.text
    return dict(answer.json())
