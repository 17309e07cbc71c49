"""Partial answers: `fields=items(id,start/dateTime),nextPageToken` leaves out everything else."""

from __future__ import annotations

import re
from typing import Any

from sandbox.google.errors import invalid_argument

# A mask maps a name to the mask of what is inside it; an empty mask means everything inside.
Mask = dict[str, Any]

_TOKEN = re.compile(r"[A-Za-z0-9_*]+|[(),/]")


def parse_fields(text: str) -> Mask:
    """The mask that a `fields` parameter means."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text.replace(" ", ""):
        raise invalid_argument(f"Invalid field selection {text}")
    mask = _selection(tokens)
    if tokens:
        raise invalid_argument(f"Invalid field selection {tokens[0]}")
    return mask


def _selection(tokens: list[str]) -> Mask:
    mask: Mask = {}
    while True:
        name = _name(tokens)
        mask.setdefault(name, {}).update(_inside(tokens))
        if not tokens or tokens[0] != ",":
            return mask
        tokens.pop(0)


def _name(tokens: list[str]) -> str:
    if not tokens or tokens[0] in "(),/":
        raise invalid_argument("Invalid field selection")
    return tokens.pop(0)


def _inside(tokens: list[str]) -> Mask:
    if tokens and tokens[0] == "/":
        tokens.pop(0)
        return {_name(tokens): _inside(tokens)}
    if tokens and tokens[0] == "(":
        tokens.pop(0)
        inner = _selection(tokens)
        if not tokens or tokens.pop(0) != ")":
            raise invalid_argument("Invalid field selection")
        return inner
    return {}


def select(mask: Mask, value: Any) -> Any:
    """What a mask leaves of a JSON value."""
    if isinstance(value, list):
        return [select(mask, entry) for entry in value]
    if not mask or not isinstance(value, dict):
        return value
    if "*" in mask:
        return {name: select(mask["*"], inner) for name, inner in value.items()}
    return {name: select(mask[name], inner) for name, inner in value.items() if name in mask}
