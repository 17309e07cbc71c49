"""A database of a measurement's own: the embedded server in a folder that is gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from services.db import embedded, migrate
from services.db.engine import make_engine


@dataclass(frozen=True, slots=True)
class Place:
    """A folder, and the address of the server that keeps its data in there."""

    folder: Path
    url: str


@contextmanager
def running_database(*, durable: bool = True) -> Iterator[Place]:
    """A server with nothing in it. Not `durable` where only the time of reading is measured."""
    with tempfile.TemporaryDirectory(prefix="briefing-portal-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # who runs as root has the database run as another user
        with embedded.start(folder, durable=durable) as server:
            yield Place(folder, server.url)


@contextmanager
def migrated(url: str) -> Iterator[Engine]:
    """The product's tables in a database, and an engine for it."""
    engine = make_engine(url)
    try:
        migrate.upgrade(engine)
        yield engine
    finally:
        engine.dispose()
