"""Cursors: opaque to clients, here the last item shown, so that what is added meanwhile shifts no page."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from sandbox.slack.call import Call, Refusal
from sandbox.slack.state import Json

Item = TypeVar("Item")


def page(
    items: Sequence[Item], call: Call, *, key: Callable[[Item], str], default: int, high: int
) -> tuple[list[Item], Json]:
    """The page that `call` asks for, and its `response_metadata` with the next cursor, empty on the last one.

    `key` names an item. Raises Refusal(`invalid_cursor`, `invalid_limit`).
    """
    limit = call.number("limit", default, high)
    start = _position(call.text("cursor"), [key(item) for item in items])
    shown = list(items[start : start + limit])
    more = start + limit < len(items)
    return shown, {"next_cursor": _cursor(key(shown[-1])) if more else ""}


def _cursor(key: str) -> str:
    return base64.b64encode(f"after:{key}".encode()).decode()


def _position(cursor: str, keys: list[str]) -> int:
    if not cursor:
        return 0
    try:
        return keys.index(base64.b64decode(cursor, validate=True).decode().removeprefix("after:")) + 1
    except (binascii.Error, ValueError) as exc:
        raise Refusal("invalid_cursor") from exc
