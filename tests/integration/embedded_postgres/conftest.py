"""A folder for an embedded server, from which nothing is left behind."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.db import embedded
from services.db.embedded_cluster import find_server
from services.db.embedded_place import ELSEWHERE
from tests.integration.embedded_postgres.users import User, living_servers


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may enter; whatever a test leaves running in it is stopped."""
    with _folder_for_everybody() as path:
        yield path


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A data folder with a database that nobody uses: making one takes longer than most of the tests."""
    with _folder_for_everybody() as path:
        embedded.start(path / "data", durable=False).release()
        yield path / "data"


@pytest.fixture
def data_dir(folder: Path, made: Path) -> Path:
    """A data folder with a database of the test's own."""
    subprocess.run(["cp", "-a", made, folder / "data"], check=True)
    return folder / "data"


@pytest.fixture
def users() -> Iterator[list[User]]:
    """Those that a test puts in here do not outlive it."""
    started: list[User] = []
    yield started
    for user in started:
        user.kill()


@contextlib.contextmanager
def _folder_for_everybody() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="embedded-postgres-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        _clear(path / "data")
        shutil.rmtree(path)
        with contextlib.suppress(OSError):
            ELSEWHERE.rmdir()  # others may use it too
    assert not living_servers(path)


def _clear(data_dir: Path) -> None:
    location = data_dir / "postgres" / "location"
    home = Path(location.read_text().splitlines()[0]) if location.exists() else data_dir / "postgres"
    if find_server(home / "cluster"):
        embedded.start(data_dir, durable=False).release()
    if location.exists():
        shutil.rmtree(home)
