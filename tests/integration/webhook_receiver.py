"""What stands at ALERT_WEBHOOK_URL in tests, and a runtime whose alarms go there."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from services.db.engine import transaction
from services.runtime import Runtime


class Receiver:
    """What stands at ALERT_WEBHOOK_URL: keeps what it is sent, answers as it is told."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.answers.pop(0) if receiver.answers else 200
                if status == 200:
                    receiver.posts.append(json.loads(body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/services/T0/B0/a-secret"

    @property
    def texts(self) -> list[str]:
        return [post["text"] for post in self.posts]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture
def alarmed(runtime: Runtime, receiver: Receiver) -> Runtime:
    """A runtime whose alarms go to the receiver."""
    settings = runtime.settings.model_copy(update={"alert_webhook_url": SecretStr(receiver.address)})
    return dataclasses.replace(runtime, settings=settings)


def execute(runtime: Runtime, statement: str, **values: object) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(text(statement), values)
