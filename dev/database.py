"""Holds the embedded PostgreSQL for as long as `make dev` runs, and starts it again where it was killed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from services.db import embedded
from services.db.embedded import EmbeddedServer
from services.errors import DatabaseUnavailable
from services.settings import Settings

LOOK_SECONDS = 5.0


@contextmanager
def kept_database(
    settings: Settings, moved: Callable[[], None], say: Callable[[str], None]
) -> Iterator[None]:
    """The database lives while this is open; `moved` is called when its address is another from now on.

    Does nothing where DATABASE_URL names one. Raises DatabaseUnavailable.
    """
    if settings.database_url is not None:
        yield
        return
    with embedded.start(settings.data_dir) as server:
        done = threading.Event()
        keeper = threading.Thread(target=_keep, args=(server, done, moved, say), daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join(LOOK_SECONDS)


def _keep(
    server: EmbeddedServer, done: threading.Event, moved: Callable[[], None], say: Callable[[str], None]
) -> None:
    while not done.wait(LOOK_SECONDS):
        url = server.url
        try:
            server.ensure_running(timeout=LOOK_SECONDS)
        except DatabaseUnavailable as exc:
            say(f"The database does not answer: {exc}")
        if server.url != url:
            moved()
