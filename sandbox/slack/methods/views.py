"""views.open: a modal, shown to whoever made the trigger."""

from __future__ import annotations

from datetime import timedelta

from sandbox.slack import blocks as block_kit
from sandbox.slack.call import Call, Method, Refusal, refused_for
from sandbox.slack.limits import TIER_4
from sandbox.slack.posting import stored_blocks
from sandbox.slack.rules import Rule, anything, boolean, choice, shape, string
from sandbox.slack.state import Json

TRIGGER_LIFE = timedelta(seconds=3)
VIEW: Rule = shape(
    {"type": choice("modal"), "title": block_kit.plain(24), "blocks": anything},
    {
        "submit": block_kit.plain(24),
        "close": block_kit.plain(24),
        "private_metadata": string(0, 3000),
        "callback_id": string(0, 255),
        "external_id": string(0, 255),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)


def views_open(call: Call) -> Json:
    user, view = _triggered_by(call), checked_view(call.structure("view", "invalid_arguments"))
    workspace = call.workspace
    opened = {
        "id": workspace.next_id("V"),
        "team_id": workspace.team_id,
        "app_id": workspace.app_id,
        "bot_id": workspace.bot_id,
        "hash": workspace.next_id("h"),
        "state": {"values": {}},
        "private_metadata": "",
        "callback_id": "",
        **view,
    }
    opened["root_view_id"] = opened["id"]
    workspace.views[user] = opened
    workspace.revision += 1
    return {"view": opened}


def _triggered_by(call: Call) -> str:
    """Whose click gave the trigger: it works once, and for three seconds."""
    trigger = call.workspace.triggers.pop(call.text("trigger_id"), None)
    if trigger is None:
        raise Refusal("invalid_trigger_id" if call.text("trigger_id") else "invalid_arguments")
    user, created = trigger
    if call.now - created > TRIGGER_LIFE:
        raise Refusal("expired_trigger_id")
    return user


def checked_view(view: object) -> Json:
    """A modal as the app gave it, made complete. Raises Refusal where Slack would refuse it."""
    problems = list(VIEW(view, "/view"))
    if isinstance(view, dict):
        problems += block_kit.problems(view.get("blocks"), limit=100, pointer="/view/blocks")
        if not problems:
            return view | {"blocks": stored_blocks(view["blocks"])}
    raise refused_for("invalid_arguments", problems)


METHODS = {"views.open": Method(views_open, rate=TIER_4)}
