"""Google's APIs over the wire: shared resources, and one call as one person.

google-api-python-client makes the URIs from its bundled discovery documents; requests are sent from here,
because its own `execute` refreshes tokens by itself and knows no bounds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import httplib2
from google.auth.exceptions import GoogleAuthError
from googleapiclient import discovery, discovery_cache

from services.errors import SourceRefused, SourceUnavailable
from services.sources.google_errors import read_answer
from services.sources.google_http import NETWORK_ERRORS, UNPACKING_ERRORS, AnswerTooLarge, thread_http

if TYPE_CHECKING:
    from google.auth.credentials import Credentials


@dataclass(frozen=True, slots=True)
class Api:
    """One of Google's APIs at one root: `resource` makes its requests, `batch_uri` takes many at once."""

    resource: Any
    batch_uri: str


@cache
def build_api(name: str, version: str, root: str) -> Api:
    """The API as the bundled discovery document describes it, with calls and batches going to `root`.

    Built once for a process: reading the document costs 50 ms, using the result next to nothing.
    """
    document = json.loads(discovery_cache.get_static_doc(name, version))  # type: ignore[no-untyped-call]
    root = root.rstrip("/") + "/"
    document["rootUrl"] = root
    # Never sent through: it only keeps the library from looking for credentials of its own.
    resource = discovery.build_from_document(document, http=httplib2.Http())  # type: ignore[attr-defined]
    return Api(resource, root + document["batchPath"])


def execute(credentials: Credentials, uri: str) -> dict[str, Any]:
    """GET one URI as these credentials and return the JSON object it answers.

    Raises SourceError as `google_errors` says, never anything of the libraries beneath. An access token that
    is too old is refused, not refreshed: its life is not this module's business.
    """
    response, body = send(credentials, uri, "GET", {"accept": "application/json"})
    return read_answer(response.status, response, body)


def send(
    credentials: Credentials,
    uri: str,
    method: str,
    headers: Mapping[str, str],
    body: bytes | None = None,
) -> tuple[httplib2.Response, bytes]:
    """Send a request that is safe to send twice; the answer of any status, its header names lower-case."""
    try:
        return thread_http().request(uri, method, body, _signed(credentials, headers))
    except UNPACKING_ERRORS as exc:
        raise AnswerTooLarge("Google's answer unpacks to more than is read at once") from exc
    except NETWORK_ERRORS as exc:
        raise SourceUnavailable(f"Google cannot be reached: {type(exc).__name__}") from exc


def _signed(credentials: Credentials, headers: Mapping[str, str]) -> dict[str, str]:
    signed = dict(headers)
    try:
        credentials.apply(signed)  # type: ignore[no-untyped-call]
    except GoogleAuthError as exc:
        raise SourceRefused("there is no access token", code="unauthorized") from exc
    if not all(value.isascii() and value.isprintable() for value in signed.values()):
        raise SourceRefused("the access token is malformed", code="unauthorized")
    return signed
