"""One call of a Web API method: its arguments, read as leniently as Slack does, and how it is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sandbox.slack.limits import TIER_3, Rate
from sandbox.slack.state import Conversation, Json, Message, Workspace, normal_ts


class Refusal(Exception):
    """An answer `{"ok": false, "error": …}` with whatever else belongs to it."""

    def __init__(self, error: str, **fields: object) -> None:
        super().__init__(error)
        self.error = error
        self.fields = fields


def refused_for(error: str, problems: list[str]) -> Refusal:
    """A refusal that lists what is wrong, as Slack does for blocks."""
    messages = [f"[ERROR] {problem}" for problem in problems]
    return Refusal(error, errors=problems, response_metadata={"messages": messages})


@dataclass(frozen=True, slots=True)
class Call:
    """Arguments come from a query or form (all text) or from JSON (typed); both read the same here."""

    workspace: Workspace
    args: Json
    now: datetime

    def text(self, name: str) -> str:
        value = self.args.get(name)
        return "" if value is None or isinstance(value, (dict, list, bool)) else str(value)

    def flag(self, name: str) -> bool:
        return str(self.args.get(name, "")).lower() in {"1", "true"}

    def number(self, name: str, default: int, high: int) -> int:
        """Between 1 and `high`, or `default`. Raises Refusal(`invalid_limit`)."""
        text = self.text(name) or str(default)
        if not text.isdecimal() or not 1 <= int(text) <= high:
            raise Refusal("invalid_limit")
        return int(text)

    def structure(self, name: str, error: str) -> object:
        """A list or object that a form carries as JSON text; None when it was not given."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError as exc:
            raise Refusal(error) from exc

    def ts(self, name: str, error: str) -> str:
        """A timestamp in a ts's own width, empty when it was not given."""
        try:
            return normal_ts(self.text(name)) if self.text(name) else ""
        except ValueError as exc:
            raise Refusal(error) from exc

    def conversation(self) -> Conversation:
        """The DM that `channel` names. Raises Refusal(`channel_not_found`)."""
        found = self.workspace.conversations.get(self.text("channel"))
        if found is None:
            raise Refusal("channel_not_found")
        return found

    def message(self, name: str = "ts", *, error: str = "message_not_found") -> Message:
        """The message of `channel` that `name` points at, never an ephemeral one."""
        found = self.conversation().messages.get(self.text(name))
        if found is None or found.ephemeral:
            raise Refusal(error)
        return found


@dataclass(frozen=True, slots=True)
class Method:
    """What answers a method: `handle` gives all but `ok`; one of `scopes` is needed, if any are named."""

    handle: Callable[[Call], Json]
    scopes: tuple[str, ...] = ()
    rate: Rate = TIER_3
