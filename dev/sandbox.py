"""`python -m dev.sandbox PORT PORTAL_URL APP_URL`: the sandbox, knowing where the portal is.

`PORTAL_URL` is where browsers reach it, `APP_URL` where it listens on this machine. Started again, the
sandbox is as at first: mail, messages and grants are in its memory only.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace

import uvicorn

from dev.ports import HOST
from sandbox.app import configure, listen
from sandbox.google.clients import REDIRECT_PATHS
from sandbox.google.state import Google
from sandbox.slack.events import use_app
from sandbox.slack.state import workspace
from sandbox.world import World

# Slack tells the app again after a minute; the portal starts again in seconds, whenever its code changes.
RETRY_SCALE = 0.1


def main() -> None:
    """Serve on loopback until told to stop."""
    port, portal_url, app_url = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    world = World(f"http://{HOST}:{port}")
    config = configure(world)
    if world.google is not None:
        register(world.google, portal_url)
    use_app(workspace(world), app_url)
    workspace(world).listener.retry_scale = RETRY_SCALE
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listen(HOST, port)])


def register(google: Google, portal_url: str) -> None:
    """Let Google send people back to the portal, as one does in its console."""
    added = tuple(portal_url + path for path in REDIRECT_PATHS)
    for client_id, client in google.clients.items():
        google.clients[client_id] = replace(client, redirect_uris=(*client.redirect_uris, *added))


if __name__ == "__main__":
    main()
