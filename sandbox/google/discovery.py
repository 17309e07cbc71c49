"""Google's own description of its APIs: which paths there are and which scope permits which call.

It is read from the discovery documents that google-api-python-client ships, so that the sandbox permits
exactly what Google permits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

API_DOCUMENTS = ("gmail.v1", "calendar.v3")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of an API: `id` as Google names it, `scopes` of which any one permits it."""

    id: str
    service: str
    http_method: str
    pattern: re.Pattern[str]
    scopes: frozenset[str]


@cache
def document(name: str) -> dict[str, Any]:
    """The discovery document `name`, `gmail.v1` for example."""
    path = files("googleapiclient").joinpath("discovery_cache", "documents", f"{name}.json")
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


def _methods(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from resource.get("methods", {}).values()
    for child in resource.get("resources", {}).values():
        yield from _methods(child)


def _pattern(path: str) -> re.Pattern[str]:
    literal = re.split(r"(\{\w+\})", path)
    parts = (f"(?P<{p[1:-1]}>[^/]+)" if p.startswith("{") else re.escape(p) for p in literal)
    return re.compile("/" + "".join(parts))


def _operations(name: str) -> Iterator[Operation]:
    content = document(name)
    service = "calendar-json.googleapis.com" if name.startswith("calendar") else "gmail.googleapis.com"
    for method in _methods(content):
        yield Operation(
            method["id"],
            service,
            method["httpMethod"],
            _pattern(content["servicePath"] + method["path"]),
            frozenset(method["scopes"]),
        )


@cache
def operations() -> tuple[Operation, ...]:
    """All operations, those with the fewest parameters in their path first: `send` is not a message id."""
    found = [operation for name in API_DOCUMENTS for operation in _operations(name)]
    return tuple(sorted(found, key=lambda operation: operation.pattern.groups))


@cache
def _by_method() -> dict[str, tuple[Operation, ...]]:
    methods = {operation.http_method for operation in operations()}
    return {m: tuple(o for o in operations() if o.http_method == m) for m in methods}


def find_operation(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation behind a path as it came over the wire, and the parameters in it, percent-decoded."""
    for operation in _by_method().get(method, ()):
        if match := operation.pattern.fullmatch(path):
            return operation, {name: unquote(value) for name, value in match.groupdict().items()}
    return None


@cache
def scope_descriptions() -> dict[str, str]:
    """What Google says about each scope of these APIs, in English."""
    return {
        scope: entry["description"]
        for name in API_DOCUMENTS
        for scope, entry in document(name)["auth"]["oauth2"]["scopes"].items()
    }
