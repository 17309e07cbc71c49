"""The sandbox's Slack on a socket, with two people in it, for the tests beside this file."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from sandbox.slack import routes
from sandbox.slack.state import Workspace, workspace
from sandbox.world import Person, World

MINA = Person("mina", "윤미나", "mina@hanbit.example", "U0MINA", "mina@hanbit.example", "ko", "Asia/Seoul")
OSCAR = Person(
    "oscar", "Oscar Finch", "oscar@harbor.example", "U0OSCAR", "o.finch@harbor.example", "en", "Europe/London"
)


def small_world() -> World:
    """Two people with Slack and one without."""
    world = World("http://127.0.0.1")
    for person in (
        MINA,
        OSCAR,
        Person("ida", "Ida Noel", "ida@harbor.example", "", "", "en", "Europe/London"),
    ):
        world.add(person)
    return world


@contextmanager
def serving(served: Sequence[BaseRoute]) -> Iterator[str]:
    """Serve these routes on a free loopback port from a thread; gives the base URL."""
    config = uvicorn.Config(Starlette(routes=list(served)), port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{_port(server)}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def _port(server: uvicorn.Server) -> int:
    deadline = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port


@contextmanager
def running_slack(world: World) -> Iterator[World]:
    """The Slack side of `world` on a socket; `world.base_url` says where."""
    with serving(routes(world)) as base_url:
        world.base_url = base_url
        yield world


def fresh_workspace(world: World) -> Workspace:
    """A workspace that nobody has touched, behind the server that runs already."""
    world.slack, world.skew = None, timedelta(0)
    return workspace(world)
