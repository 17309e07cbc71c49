"""A Google that answers exactly what a test tells it to, broken answers included, over real sockets.

The sandbox behaves as Google does; this is for what Google never does, or only on its worst days.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BOUNDARY = "batch_boundary"


@dataclass(frozen=True)
class Request:
    """A request as it arrived; `inner` are the paths of a batch's parts, by Content-ID."""

    method: str
    path: str
    token: str
    inner: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """An answer. `cut` bytes are sent of it and the connection then closed; `drop` sends nothing at all;
    `late` follows it unasked, on the same connection."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    drop: bool = False
    late: bytes = b""


Script = Callable[[Request], Reply]


LOGIN_PAGE = Reply(200, b"<html><body>Sign in to Wi-Fi</body></html>", "text/html")


def in_turn(*replies: Reply) -> Script:
    """Each reply once, then the last one for ever."""
    left = list(replies)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


def json_reply(value: object, status: int = 200, **headers: str) -> Reply:
    return Reply(
        status, json.dumps(value).encode(), headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def error_reply(status: int, reason: str = "", message: str = "secret words", **headers: str) -> Reply:
    """An error in Google's JSON shape; its message must never be repeated in ours."""
    errors = [{"domain": "global", "reason": reason, "message": message}] if reason else []
    return json_reply({"error": {"code": status, "message": message, "errors": errors}}, status, **headers)


def batch_reply(request: Request, answer: Callable[[str], Reply | None], *, closed: bool = True) -> Reply:
    """A batch's answer with what `answer` says to each inner path; None leaves that part out."""
    body = b""
    for content_id, path in request.inner.items():
        if (inner := answer(path)) is not None:
            body += _part(content_id, inner)
    body += f"--{BOUNDARY}--\r\n".encode() if closed else b""
    return Reply(200, body, f"multipart/mixed; boundary={BOUNDARY}")


def _part(content_id: str, reply: Reply) -> bytes:
    headers = {"Content-Type": reply.content_type, "Content-Length": str(len(reply.body)), **reply.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    outer = f"--{BOUNDARY}\r\nContent-Type: application/http\r\nContent-ID: <response-{content_id}>\r\n\r\n"
    return f"{outer}HTTP/1.1 {reply.status} Reason\r\n{head}\r\n".encode() + reply.body + b"\r\n"


@dataclass
class Google:
    """A running server: its `root`, and the requests it has `seen`."""

    root: str
    seen: list[Request] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)


@contextmanager
def google(script: Script) -> Iterator[Google]:
    """Serve `script` until the block ends."""

    server = _Server(("127.0.0.1", 0), _Handler)
    server.script = script
    server.state = Google(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # a client's kept-alive connection must not hold the test
    state: Google
    script: Script

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _handle(self) -> None:
        payload = self.rfile.read(int(self.headers.get("content-length") or 0))
        token = (self.headers.get("authorization") or "").removeprefix("Bearer ")
        content_type = self.headers.get("content-type") or ""
        request = Request(self.command, self.path, token, _inner(content_type, payload))
        self.server.state.seen.append(request)
        self.server.state.connections.add(self.client_address)
        self._send(self.server.script(request))

    do_GET = do_POST = _handle  # noqa: N815 - the names http.server calls

    def _send(self, reply: Reply) -> None:
        if reply.drop:
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body[: reply.cut])
        if reply.late:
            time.sleep(0.05)  # until the client has read the answer
            self.wfile.write(reply.late)
        self.close_connection = self.close_connection or reply.cut is not None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the inherited name
        """Say nothing."""


def _inner(content_type: str, payload: bytes) -> dict[str, str]:
    if not content_type.startswith("multipart/"):
        return {}
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + payload)
    parts = [part for part in message.walk() if not part.is_multipart()]
    return {str(part["Content-ID"]).strip("<>"): str(part.get_payload()).split()[1] for part in parts}
