"""Google's APIs over the wire: shared resources, one kept-alive connection a thread, one call or a batch.

google-api-python-client makes the URIs from its bundled discovery documents; requests are sent from here,
because its own `execute` refreshes tokens by itself and knows no bounds.
"""

from __future__ import annotations

import http.client
import json
import select
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httplib2
from google.auth.exceptions import GoogleAuthError
from googleapiclient import discovery, discovery_cache
from httplib2.decode import DecodeLimitError, DecodeRatioError

from services.errors import SourceRefused, SourceUnavailable
from services.sources.google_errors import read_answer

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

TIMEOUT = 10.0  # seconds to connect, and between two reads
ANSWER_SECONDS = 30.0  # for a whole answer, so that a trickle cannot hold a thread
ANSWER_LIMIT = 16 * 1024 * 1024  # bytes of one answer; ten ordinary mails are below one megabyte
_CHUNK = 64 * 1024

# All that the layers beneath may raise; the second kind means that an answer unpacks to too much.
NETWORK_ERRORS = (OSError, http.client.HTTPException, httplib2.HttpLib2Error)
UNPACKING_ERRORS = (DecodeLimitError, DecodeRatioError)


class AnswerTooLarge(SourceUnavailable):
    """An answer is larger than is read at once."""

    code = "too_large"


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
    """Send a request that is safe to send twice; returns the answer of any status, header names lower-case.

    A kept-alive connection may turn out to be dead only in use: then once more on a fresh one.
    """
    exchange = partial(_exchange, uri, method, _signed(credentials, headers), body)
    try:
        try:
            return exchange()
        except ConnectionError:
            return exchange()
    except UNPACKING_ERRORS as exc:
        raise AnswerTooLarge(f"Google's answer unpacks to more than {ANSWER_LIMIT} bytes") from exc
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


class _BoundedResponse(http.client.HTTPResponse):
    """Reads no more than ANSWER_LIMIT bytes, for no longer than ANSWER_SECONDS."""

    def read(self, amt: int | None = None) -> bytes:
        if amt is not None:
            return super().read(amt)
        expected, deadline = self.length, time.monotonic() + ANSWER_SECONDS
        body = bytearray()
        while chunk := super().read(_CHUNK):
            body += chunk
            if len(body) > ANSWER_LIMIT:
                raise AnswerTooLarge(f"Google's answer is larger than {ANSWER_LIMIT} bytes")
            if time.monotonic() > deadline:
                raise TimeoutError(f"no whole answer in {ANSWER_SECONDS:.0f} s")
        if expected is not None and len(body) < expected:
            raise http.client.IncompleteRead(bytes(body), expected - len(body))
        return bytes(body)


class _HttpConnection(httplib2.HTTPConnectionWithTimeout):
    response_class = _BoundedResponse


class _HttpsConnection(httplib2.HTTPSConnectionWithTimeout):
    response_class = _BoundedResponse


class _KeptHttp(httplib2.Http):
    """A thread's connections, which are closed with it. It holds no credentials: requests carry their own."""

    def __init__(self) -> None:
        super().__init__(timeout=TIMEOUT, decode_limit_hard=ANSWER_LIMIT)
        # The APIs never redirect; a captive portal does, and must not see the token.
        self.follow_redirects = False

    def drop_dirty(self) -> None:
        """Close connections that have something to read while nothing was asked.

        It is their end, or the rest of an answer, which must not be taken for the next person's.
        """
        for connection in self.connections.values():
            if connection.sock is not None and _readable(connection.sock):
                connection.close()

    def __del__(self) -> None:
        self.close()


def _readable(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


class _Thread(threading.local):
    """httplib2 is not safe to share between threads."""

    def __init__(self) -> None:
        self.http = _KeptHttp()


_thread = _Thread()


def _exchange(
    uri: str, method: str, headers: dict[str, str], body: bytes | None
) -> tuple[httplib2.Response, bytes]:
    kept = _thread.http
    kept.drop_dirty()
    connection = _HttpsConnection if urlsplit(uri).scheme == "https" else _HttpConnection
    try:
        answer: tuple[httplib2.Response, bytes] = kept.request(
            uri, method, body=body, headers=headers, connection_type=connection
        )
        return answer
    except BaseException:
        kept.close()  # the connection may be in the middle of an answer
        raise
