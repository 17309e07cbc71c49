"""Socket Mode: where SLACK_APP_TOKEN is set, the sidecar fetches from Slack what HTTP would bring.

Every sidecar connects: Slack gives each event to one of the connections and to another where that one does
not acknowledge it, so that one may die; what comes twice all the same is stored once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import URLError

import structlog
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackApiError, SlackClientError

from services.assistant.from_slack.gate import make_app
from services.runtime import Runtime

# Says when a connection breaks; unlike Bolt's, its warnings carry nothing of what people write.
_CONNECTION = logging.getLogger("slack_sdk.socket_mode")
FIRST_WAIT, WAIT_MOST = 1.0, 60.0
log = structlog.get_logger(__name__)


@contextmanager
def listening(runtime: Runtime) -> Iterator[None]:
    """Take events by Socket Mode for as long as this is open, connecting in the background.

    Nothing where no SLACK_APP_TOKEN is set. A connection that breaks is made again.
    """
    token = runtime.settings.slack_app_token.get_secret_value()
    if not token:
        yield
        return
    handler = SocketModeHandler(make_app(runtime), token, logger=_CONNECTION)
    stop = threading.Event()
    connecting = threading.Thread(target=_connect, args=(handler, stop), name="slack-socket", daemon=True)
    connecting.start()
    try:
        yield
    finally:
        stop.set()
        connecting.join()
        handler.client.close()


def _connect(handler: SocketModeHandler, stop: threading.Event) -> None:
    """Until it has worked once; from then on the client itself makes broken connections again."""
    wait = FIRST_WAIT
    while not stop.is_set():
        try:
            handler.client.connect()
        except (SlackApiError, SlackClientError, URLError, OSError, ValueError) as exc:
            log.error("slack_socket_not_connected", error=_named(exc), again_in_seconds=wait)
            stop.wait(wait)
            wait = min(wait * 2, WAIT_MOST)
        else:
            log.info("slack_socket_connected")
            return


def _named(exc: Exception) -> str:
    if isinstance(exc, SlackApiError):
        return str(exc.response.get("error"))
    return type(exc).__name__
