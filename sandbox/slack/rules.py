"""Small rules about JSON values, put together into what Block Kit allows (`sandbox.slack.blocks`).

A rule takes a value and its JSON pointer and yields what is wrong, worded as Slack words it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

Rule = Callable[[object, str], Iterator[str]]


def at(pointer: str, problem: str) -> str:
    return f"{problem} [json-pointer:{pointer}]"


def anything(value: object, pointer: str) -> Iterator[str]:
    yield from ()


def boolean(value: object, pointer: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield at(pointer, "must provide a boolean")


def integer(low: int, high: int) -> Rule:
    def check(value: object, pointer: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield at(pointer, "must provide an integer")
        elif not low <= value <= high:
            yield at(pointer, f"must be between {low} and {high}")

    return check


def string(low: int, high: int, pattern: str = "") -> Rule:
    """Text of `low` to `high` characters that matches all of `pattern`."""

    def check(value: object, pointer: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield at(pointer, "must provide a string")
        elif len(value) < low:
            yield at(pointer, f"must be more than {low - 1} characters")
        elif len(value) > high:
            yield at(pointer, f"must be less than {high + 1} characters")
        elif pattern and not re.fullmatch(pattern, value):
            yield at(pointer, "does not match the expected format")

    return check


def choice(*allowed: str) -> Rule:
    def check(value: object, pointer: str) -> Iterator[str]:
        if value not in allowed:
            yield at(pointer, "value must be one of: " + ", ".join(allowed))

    return check


def url(value: object, pointer: str) -> Iterator[str]:
    """An absolute address, at most 3,000 characters."""
    problems = list(string(1, 3000)(value, pointer))
    yield from problems
    if not problems and not _absolute(str(value)):
        yield at(pointer, "invalid url")


def _absolute(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    has_space = any(c.isspace() for c in address)
    return not has_space and (bool(parts.netloc) or parts.scheme in {"mailto", "tel"}) and bool(parts.scheme)


def array(item: Rule, low: int, high: int) -> Rule:
    def check(value: object, pointer: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield at(pointer, "must provide an array")
        elif len(value) < low:
            yield at(pointer, f"no fewer than {low} items allowed")
        elif len(value) > high:
            yield at(pointer, f"no more than {high} items allowed")
        else:
            for index, entry in enumerate(value):
                yield from item(entry, f"{pointer}/{index}")

    return check


def shape(required: Mapping[str, Rule], optional: Mapping[str, Rule]) -> Rule:
    """An object with all of `required`, perhaps some of `optional`, and nothing else."""
    known = {**required, **optional}

    def check(value: object, pointer: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield at(pointer, "must provide an object")
            return
        yield from (at(pointer, f"missing required field: {name}") for name in required if name not in value)
        for name, entry in value.items():
            if name in known:
                yield from known[name](entry, f"{pointer}/{name}")
            else:
                yield at(pointer, f"invalid additional property: {name}")

    return check


def kinds(rules: Mapping[str, Rule]) -> Rule:
    """An object whose `type` says which of `rules` it follows."""

    def check(value: object, pointer: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield at(pointer, "must provide an object")
        elif "type" not in value:
            yield at(pointer, "missing required field: type")
        elif not isinstance(value["type"], str) or value["type"] not in rules:
            yield at(f"{pointer}/type", f"unsupported type: {value['type']}")
        else:
            yield from rules[value["type"]](value, pointer)

    return check
