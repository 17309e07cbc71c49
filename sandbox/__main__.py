"""`python -m sandbox`: the sandbox on loopback until Ctrl-C."""

from __future__ import annotations

import argparse
from contextlib import suppress

import uvicorn

from sandbox.app import configure, listen
from sandbox.world import World

DEFAULT_PORT = 8502


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Google and Slack on loopback")
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="0 takes a free one (default %(default)s)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    options = parser.parse_args()
    listener = listen(options.host, options.port)
    base_url = f"http://{options.host}:{listener.getsockname()[1]}"
    print(f"Sandbox: {base_url}/slack (Slack), {base_url}/_control/ (control)", flush=True)
    with suppress(KeyboardInterrupt):  # uvicorn raises it again once it has shut down
        uvicorn.Server(configure(World(base_url))).run(sockets=[listener])


if __name__ == "__main__":
    main()
