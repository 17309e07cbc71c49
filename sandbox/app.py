"""One process that is Google, Slack and the news, and a control API over them.

`create_app(world)` for a server of one's own, `serve(world)` to have one running.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox import control, news, slack
from sandbox.cast import furnish
from sandbox.faults import FaultMiddleware, Faults
from sandbox.google import service
from sandbox.google.state import Google
from sandbox.journal import Journal
from sandbox.model import routes as model
from sandbox.naming import Names
from sandbox.world import World

START_TIMEOUT = 10.0
STOP_TIMEOUT = 5.0
BACKLOG = 512


def create_app(world: World) -> Starlette:
    """The whole sandbox over `world`, which gets the cast where nobody lives in it yet."""
    google, faults, journal = Google(world), Faults(), Journal()
    world.google = google
    furnish(google)
    names = Names(google)
    return Starlette(
        routes=[
            *service.routes(google, faults, journal),
            *slack.routes(world),
            *news.routes(world),
            *model.routes(world),
            *control.routes(google, faults, journal),
        ],
        middleware=[Middleware(FaultMiddleware, faults=faults, journal=journal, names=names)],
    )


class CuttableProtocol(H11Protocol):
    """HTTP whose requests know their connection, so that a fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def configure(world: World) -> uvicorn.Config:
    """How uvicorn runs the sandbox: quietly, on loopback."""
    return uvicorn.Config(
        create_app(world),
        http=CuttableProtocol,
        ws="websockets-sansio",  # Socket Mode of its Slack
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=int(STOP_TIMEOUT),
    )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; left on, answers come 40 ms late.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


@contextmanager
def serve(world: World, port: int = 0) -> Iterator[str]:
    """Run the sandbox in a thread for as long as the block lasts; gives its base URL.

    `world.base_url` is set to it: issuer, links and redirects all carry the real port.
    """
    listener = listen("127.0.0.1", port)
    world.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(configure(world))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="sandbox", daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield world.base_url
    finally:
        server.should_exit = True
        thread.join(STOP_TIMEOUT + 5)
        listener.close()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    waited = threading.Event()
    for _ in range(int(START_TIMEOUT / 0.01)):
        if server.started:
            return
        if not thread.is_alive():
            break
        waited.wait(0.01)
    raise RuntimeError("the sandbox did not start")
