"""One call of Google's APIs, from the token to the answer; HTTP and batches both come through here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams

from sandbox.google.discovery import Operation, find_operation
from sandbox.google.errors import (
    Answer,
    ApiError,
    insufficient_scope,
    invalid_argument,
    not_found,
    not_offered,
    unauthenticated,
)
from sandbox.google.fields import parse_fields, select
from sandbox.google.grants import Token
from sandbox.google.state import Google
from sandbox.world import Person


@dataclass(frozen=True, slots=True)
class Call:
    """An authorized call: whose token it is, the parameters in the path, the query and the body."""

    google: Google
    operation: Operation
    person: Person
    scopes: frozenset[str]
    path: Mapping[str, str]
    query: QueryParams
    body: bytes

    def integer(self, name: str, default: int, highest: int) -> int:
        """A whole number from the query, cut at `highest`."""
        text = self.query.get(name, str(default))
        if not (text.isascii() and text.isdigit()):
            raise invalid_argument(f"Invalid value for {name}: {text}")
        return min(int(text[:18]), highest)

    def json(self) -> dict[str, Any]:
        """The body, which must be a JSON object."""
        try:
            content = json.loads(self.body)
        except ValueError as exc:
            raise invalid_argument("Invalid JSON payload received.") from exc
        if not isinstance(content, dict):
            raise invalid_argument("Invalid JSON payload received.")
        return content


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Request:
    """A call as it came: `authorization` is the header, `path` still percent-encoded."""

    method: str
    path: str
    query: str
    authorization: str
    body: bytes


def token_of(google: Google, authorization: str, query: QueryParams) -> Token | None:
    """The living token a call presents, in the header or the query."""
    scheme, _, value = authorization.partition(" ")
    presented = value.strip() if scheme.lower() == "bearer" else query.get("access_token", "")
    return google.grants.access_token(presented, google.world.now())


def answer_call(google: Google, handlers: Mapping[str, Handler], request: Request) -> Answer:
    """What Google answers; refusals are answers too."""
    try:
        call = _authorized(google, request)
        handler = handlers.get(call.operation.id)
        if handler is None:
            raise not_offered(call.operation.id)
        google.quota.charge(call.person.key, call.operation.id, google.world.now())
        return _partial(handler(call), call.query.get("fields", ""))
    except ApiError as refusal:
        return refusal.answer()


def _authorized(google: Google, request: Request) -> Call:
    found = find_operation(request.method, request.path)
    if found is None:
        raise not_found("Not Found")
    operation, path = found
    query = QueryParams(request.query)
    token = token_of(google, request.authorization, query)
    if token is None:
        presented = request.authorization or "access_token" in query
        raise unauthenticated("invalid_token" if presented else "")
    person = google.world.people.get(token.grant.person)
    if person is None:
        raise unauthenticated()
    scopes = frozenset(token.scopes)
    if not operation.scopes & scopes:
        raise insufficient_scope(operation.service, operation.id, sorted(operation.scopes))
    return Call(google, operation, person, scopes, path, query, request.body)


def _partial(answer: Answer, fields: str) -> Answer:
    """The answer cut down to the `fields` asked for."""
    if not fields:
        return answer
    return json_answer(select(parse_fields(fields), json.loads(answer.body)))


def json_answer(content: object) -> Answer:
    return Answer(200, json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))
