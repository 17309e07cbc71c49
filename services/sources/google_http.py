"""This thread's connections to Google: kept alive from person to person, bounded, never mixed up."""

from __future__ import annotations

import http.client
import select
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httplib2
from httplib2.decode import DecodeLimitError, DecodeRatioError

from services.errors import SourceUnavailable

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


class KeptHttp(httplib2.Http):
    """Connections that stay open, for requests that may safely be sent twice.

    It holds no credentials: requests carry their own. One belongs to one thread, `thread_http` gives it.
    """

    def __init__(self) -> None:
        super().__init__(timeout=TIMEOUT, decode_limit_hard=ANSWER_LIMIT)
        # The APIs never redirect; a captive portal does, and must not see the token.
        self.follow_redirects = False

    def request(  # type: ignore[override] # nobody asks for redirects or other kinds of connections
        self,
        uri: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[httplib2.Response, bytes]:
        """Send a request; the answer of any status, its header names lower-case.

        A connection may turn out to be dead only in use: then once more on a fresh one. Raises
        NETWORK_ERRORS, UNPACKING_ERRORS and AnswerTooLarge.
        """
        self._drop_dirty()
        try:
            return self._exchange(uri, method, body, headers)
        except ConnectionError:
            return self._exchange(uri, method, body, headers)

    def _exchange(
        self, uri: str, method: str, body: bytes | None, headers: Mapping[str, str] | None
    ) -> tuple[httplib2.Response, bytes]:
        connection = _HttpsConnection if urlsplit(uri).scheme == "https" else _HttpConnection
        try:
            answer: tuple[httplib2.Response, bytes] = super().request(
                uri, method, body=body, headers=dict(headers or {}), connection_type=connection
            )
        except BaseException:
            self.close()  # the connection may be in the middle of an answer
            raise
        return answer

    def _drop_dirty(self) -> None:
        """Close connections that have something to read while nothing was asked.

        It is their end, or the rest of an answer, which must not be taken for the next person's.
        """
        for connection in self.connections.values():
            if connection.sock is not None and _readable(connection.sock):
                connection.close()

    def __del__(self) -> None:
        self.close()


def thread_http() -> KeptHttp:
    """The calling thread's connections; they are closed when it ends."""
    return _thread.http


class _Thread(threading.local):
    """httplib2 is not safe to share between threads."""

    def __init__(self) -> None:
        self.http = KeptHttp()


_thread = _Thread()


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


class _OneSend(http.client.HTTPConnection):
    """Sends a request in one piece; by itself http.client makes two packets of headers and body."""

    response_class = _BoundedResponse
    _held: bytearray | None = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._held = held = bytearray()
        try:
            super().request(*args, **kwargs)
        finally:
            self._held = None
        self.send(held)

    def send(self, data: Any) -> None:
        if self._held is None:
            super().send(data)
        else:
            self._held += data


class _HttpConnection(_OneSend, httplib2.HTTPConnectionWithTimeout):
    pass


class _HttpsConnection(_OneSend, httplib2.HTTPSConnectionWithTimeout):
    pass


def _readable(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
