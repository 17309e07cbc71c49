"""The embedded server's cluster: made, started, found and stopped.

Whoever uses the cluster's files, the server, a backend that outlives it or an initdb whose caller was
killed, holds the lock on `server.lock`, inherited from the process that started it. So the lock, once
taken, proves that nobody is left, whatever process a stale postmaster.pid names by now.
"""

from __future__ import annotations

import contextlib
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import psutil
import psycopg
import structlog

from services.db.embedded_lock import POLL_SECONDS, LockFile
from services.db.embedded_place import Place, usable_installation, write_safely
from services.errors import DatabaseUnavailable

HOST = "127.0.0.1"
ROLE = DATABASE = "portal"
PORT_TRIES = 3
STOP_SECONDS = 30.0
# The roads in: no superuser (it has no usable password), no socket, no replication.
ACCESS = f"host all {ROLE} {HOST}/32 scram-sha-256\n"
# Answers of a server that lives and is ours, but has no connection left.
FULL = ("too many clients", "remaining connection slots")

log = structlog.get_logger(__name__)


def ensure_running(place: Place, *, durable: bool, deadline: float) -> str:
    """The URL of the place's server, started if it does not answer. Call with the gate held."""
    if place.cluster.exists() and not (place.home / "password").exists():
        raise DatabaseUnavailable(
            f"{place.home / 'password'} is missing: put it back from a backup, or move {place.cluster} away"
            " to begin with an empty database"
        )
    refusal = "it was never started"
    with contextlib.closing(LockFile(place.home / "server.lock")) as lock:
        while True:
            if (url := _recorded_url(place)) and not (refusal := _refusal(url)):
                return url
            if lock.try_lock():
                return _launch(place, lock, durable=durable, deadline=deadline)
            if time.monotonic() >= deadline:
                raise place.failure(f"a PostgreSQL server uses the data and does not answer: {refusal}")
            time.sleep(POLL_SECONDS)


def stop(place: Place) -> None:
    """Stop the place's server, if it runs, and wait until it is gone. Call with the gate held."""
    with contextlib.closing(LockFile(place.home / "server.lock")) as lock:
        server = find_server(place.cluster)
        if lock.try_lock() or server is None:  # a server without the lock was started by other means
            return
        try:
            server.send_signal(signal.SIGINT)  # the fast shutdown; psutil refuses a pid taken over since
        except psutil.NoSuchProcess:
            return
        if not lock.lock_by(time.monotonic() + STOP_SECONDS):
            log.warning("embedded_postgres_still_stopping", database=str(place.home))


def find_server(cluster: Path) -> psutil.Process | None:
    """The living server of exactly this cluster: by its program and the folder on its command line."""
    try:
        process = psutil.Process(int((cluster / "postmaster.pid").read_text().split("\n")[0]))
        program, arguments = Path(process.exe()).name, process.cmdline()
    except (FileNotFoundError, ValueError, psutil.Error):
        return None
    return process if program == "postgres" and str(cluster) in arguments else None


def _recorded_url(place: Place) -> str | None:
    """Sign-in only by SCRAM: a stranger on our port can neither learn the password nor pass for us."""
    try:
        port = int((place.home / "port").read_text())
        password = (place.home / "password").read_text()
    except (FileNotFoundError, ValueError):
        return None
    options = "require_auth=scram-sha-256&sslmode=disable"
    return f"postgresql+psycopg://{ROLE}:{password}@{HOST}:{port}/{DATABASE}?{options}"


def _refusal(url: str) -> str:
    """Why the server does not take us; empty when it does, which proves that it is ours."""
    try:
        psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=2).close()
    except psycopg.OperationalError as exc:
        text = str(exc).strip()
        return "" if any(full in text for full in FULL) else text
    return ""


def _launch(place: Place, lock: LockFile, *, durable: bool, deadline: float) -> str:
    """Start the server; the lock in hand proves that nothing of it is alive."""
    place.start_log.write_bytes(b"")
    installation = usable_installation(place)
    if not place.cluster.exists():
        _create(place, installation, lock, durable=durable)
    _check_version(place, installation)
    _drop_stale_pid(place)
    place.own(place.logs)
    for _ in range(PORT_TRIES):
        port = _choose_port(place)
        write_safely(place.home / "pg_hba.conf", ACCESS, 0o644)
        write_safely(place.home / "postgresql.conf", _configuration(place, port, durable=durable), 0o644)
        write_safely(place.home / "port", str(port))
        if _start(place, installation, lock, deadline):
            break
        if _is_free(port) or time.monotonic() >= deadline:
            raise place.failure("PostgreSQL does not start")
        # somebody took the port between our look and the server's
    url = _recorded_url(place) or ""
    if refusal := _refusal(url):
        raise place.failure(f"PostgreSQL has started but does not take us in: {refusal}")
    return url


def _start(place: Place, installation: Path, lock: LockFile, deadline: float) -> bool:
    """Start the server and wait until it is ready; recovery after a power cut may take a while."""
    wait = max(1, int(deadline - time.monotonic()))
    options = shlex.join(["-c", f"config_file={place.home / 'postgresql.conf'}"])
    return _ran(
        place,
        *(installation / "bin" / "pg_ctl", "start", "--silent", "--wait", f"--timeout={wait}"),
        *("-D", place.cluster, "-o", options),
        lock=lock,
        timeout=wait + 10,
    )


def _create(place: Place, installation: Path, lock: LockFile, *, durable: bool) -> None:
    """Make the cluster under another name first: an interrupted try is never taken for a cluster."""
    partial = place.home / "cluster.new"
    shutil.rmtree(partial, ignore_errors=True)
    place.own(partial)
    password = secrets.token_urlsafe(24)
    write_safely(place.home / "password", password)
    try:
        if not _ran(place, *_initdb(installation, partial, durable=durable), lock=lock, timeout=120):
            raise place.failure("initdb failed")
        for database, given in (("template1", VECTORS), ("postgres", _roles(password))):
            if _ran(place, *_alone(installation, partial, database), given=given, lock=lock, timeout=60):
                continue
            raise place.failure("the database could not be created")
        partial.rename(place.cluster)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _initdb(installation: Path, cluster: Path, *, durable: bool) -> list[str | Path]:
    """UTF-8 in code point order, by PostgreSQL itself: the machine may have no locales."""
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    options = [
        "--username=postgres",
        "--auth=reject",
        "--no-instructions",
        *([] if durable else ["--no-sync"]),
    ]
    return [installation / "bin" / "initdb", "-D", cluster, *locale, *options]


def _alone(installation: Path, cluster: Path, database: str) -> list[str | Path]:
    """PostgreSQL without a server: it takes SQL, a statement a line, from whoever may read the files."""
    return [
        installation / "bin" / "postgres",
        "--single",
        "-c",
        "exit_on_error=on",
        "-D",
        cluster,
        database,
    ]


# Only a superuser may add pgvector, and there is none later. In a schema of its own nothing meets it unasked.
VECTORS = (
    "CREATE SCHEMA extensions\nGRANT USAGE ON SCHEMA extensions TO PUBLIC\n"
    "CREATE EXTENSION vector SCHEMA extensions\n"
)


def _roles(password: str) -> str:
    return (
        f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'\nCREATE DATABASE {DATABASE} OWNER {ROLE}\n"
    )


def _ran(place: Place, *command: str | Path, lock: LockFile, timeout: float, given: str = "") -> bool:
    try:
        return place.run(*command, given=given, lock_fd=lock.fd, timeout=timeout) == 0
    except subprocess.TimeoutExpired as exc:
        raise place.failure(f"{Path(command[0]).name} did not end within {timeout:.0f} s") from exc


def _check_version(place: Place, installation: Path) -> None:
    found = (place.cluster / "PG_VERSION").read_text().strip()
    installed = _major_version(installation)
    if found != installed:
        raise DatabaseUnavailable(
            f"the data in {place.cluster} is PostgreSQL {found}'s, the installed programs are {installed}:"
            f" dump it with PostgreSQL {found} (pg_dump) and load it into a new one, run pg_upgrade, or move"
            " the folder away to begin with an empty database",
            code="database_version",
        )


def _major_version(installation: Path) -> str:
    """Of an installation, from the line that initdb itself goes by."""
    with (installation / "share" / "postgresql" / "postgres.bki").open(encoding="utf-8") as catalog:
        return catalog.readline().split()[-1]


def _drop_stale_pid(place: Place) -> None:
    if server := find_server(place.cluster):
        raise DatabaseUnavailable(
            f"a PostgreSQL server that was started by other means (pid {server.pid}) uses {place.cluster}:"
            " stop it with pg_ctl"
        )
    (place.cluster / "postmaster.pid").unlink(missing_ok=True)


def _choose_port(place: Place) -> int:
    """The port of last time while it is free, else any free one."""
    try:
        recorded = int((place.home / "port").read_text())
    except (FileNotFoundError, ValueError):
        recorded = 0
    if recorded and _is_free(recorded):
        return recorded
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as PostgreSQL does
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _configuration(place: Place, port: int, *, durable: bool) -> str:
    """What this product needs, over what initdb found fit for the machine."""
    settings: dict[str, object] = {
        "listen_addresses": HOST,
        "port": port,
        "unix_socket_directories": "",
        "hba_file": place.home / "pg_hba.conf",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        # a small machine, shared with the portal: many mostly idle connections, no parallel plans
        "max_connections": 200,
        "max_parallel_workers_per_gather": 0,
        "max_parallel_maintenance_workers": 0,
        "io_method": "sync",
        "max_wal_size": "512MB",
        "wal_level": "minimal",
        "max_wal_senders": 0,
        # one file a weekday, begun anew each week; neither statements nor values of rows in them
        "logging_collector": "on",
        "log_directory": place.logs,
        "log_filename": "server-%a.log",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": 0,
        "log_timezone": "UTC",
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
    }
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    found = f"include {_quoted(place.cluster / 'postgresql.conf')}\n"
    return found + "".join(f"{name} = {_quoted(value)}\n" for name, value in settings.items())


def _quoted(value: object) -> str:
    return "'" + str(value).replace("\\", r"\\").replace("'", "''") + "'"
