"""The API where it really is: behind Streamlit's server, among the portal's other addresses."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from services.runtime import Runtime
from tests.integration.api_callers import MACHINE
from tests.integration.conftest import KEY
from tests.integration.journeys import Sandbox
from tests.integration.portal_process import Portal, running_portal

RAW = [
    b"GET /api/runs/%00 HTTP/1.1",
    b"GET /api/runs/\x00 HTTP/1.1",
    b"GET /api/runs/\xff\xfe HTTP/1.1",
    b"GET /api/runs/%zz HTTP/1.1",
    b"GET /api/runs/..%2f..%2f..%2fetc%2fpasswd HTTP/1.1",
    b"GET /api/../../../etc/passwd HTTP/1.1",
    b"GET //api//tokens//health HTTP/1.1",
    b"GET /api/tokens/health?page=%ff&\xff HTTP/1.1",
    b"GET /api/runs/" + b"9" * 60_000 + b" HTTP/1.1",
    b"GET /api/gmail/auth?user_id=" + b"%ed%a0%80" * 1_000 + b" HTTP/1.1",
    b"BREW /api/tokens/health HTTP/1.1",
    b"GET http://elsewhere.example/api/tokens/health HTTP/1.1",
    b"GET /api/tokens/health HTTP/1.1\r\nContent-Length: -1",
    b"POST /api/cron/daily-summary HTTP/1.1\r\nTransfer-Encoding: chunked, nonsense",
    b"GET /oauth/gmail/callback?state=%00&code=%ff&error=%ed%a0%80 HTTP/1.1",
    b"GET /oauth/gmail/start?add=%00 HTTP/1.1\r\nCookie: _streamlit_user=%00\xff; gmail_connect=\xfe",
    b"nonsense",
]


@pytest.fixture
def portal(runtime: Runtime, sandbox: Sandbox, tmp_path: Path) -> Iterator[Portal]:
    with running_portal(sandbox, runtime.database_url, KEY, tmp_path) as running:
        yield running


def said(portal: Portal, request: bytes) -> bytes:
    """How the answer to these very bytes begins, with the right bearer; nothing where it hangs up."""
    bearer = f"Authorization: {MACHINE['Authorization']}".encode()
    address = urlsplit(portal.url)
    with socket.create_connection(("127.0.0.1", address.port or 80), timeout=20) as connection:
        head = b"\r\n".join([request, b"Host: localhost", bearer, b"Connection: close", b"", b""])
        connection.sendall(head)
        try:
            return connection.recv(64)
        except ConnectionResetError:
            return b""


def test_no_bytes_on_the_wire_are_a_fault_of_ours(portal: Portal) -> None:
    for request in RAW:
        status = said(portal, request).partition(b" ")[2][:3]
        assert status[:1] in {b"", b"2", b"3", b"4"}, (request[:80], status)
    with portal.client() as client:
        assert client.get("/healthz").text == "ok"
        assert client.get("/api/tokens/health", headers=MACHINE).status_code == 200
    assert "Traceback" not in portal.log.read_text()


def test_its_answers_are_json_with_the_portals_headers(portal: Portal) -> None:
    with portal.client() as client:
        assert client.get("/api").headers["location"] == "/api/docs"
        for path in ("/api/", "/api/nothing", "/api/tokens/health"):
            answered = client.get(path)
            assert answered.status_code in {401, 404}
            assert set(answered.json()) == {"error", "message"}
            assert answered.headers["x-content-type-options"] == "nosniff"
            assert "set-cookie" not in answered.headers
