"""Fixtures: a real PostgreSQL of our own, an empty migrated database a test, sockets on loopback only."""

from __future__ import annotations

import contextlib
import gc
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Dialect, Engine, event
from sqlalchemy.engine import make_url
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from services.db import embedded, migrate
from services.db.engine import Sessions, make_engine, make_sessions

MAIL_CORPUS = Path(__file__).parents[2] / "shared" / "mail-corpus"
IN_A_ROW = ("tests/browser/", "tests/faults/")
DROP_TRIES = 10
MEMORY_LEAST = 8 * 2**30  # several at a time, each with its write-ahead log
_numbers = itertools.count()
_current: list[str] = []
# How fast a shared machine makes up examples says nothing about what is tested.
hypothesis.settings.register_profile(
    "tests", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("tests")


class ByFile(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Files side by side, but one browser at a time, and one plant of processes that are killed."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return next((folder for folder in IN_A_ROW if file.startswith(folder)), file)


def pytest_collection_finish() -> None:
    """What ten thousand tests are made of is not garbage: it is looked through no more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """What decides which tests a worker runs."""
    return ByFile(config, log)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a PostgreSQL that lives as long as the tests; its data is not worth an fsync."""
    folder = Path(tempfile.mkdtemp(prefix="briefing-portal-tests-", dir=_memory()))
    folder.chmod(0o711)  # tests that run as root have it run as another user
    running = embedded.start(folder, durable=False)
    yield running.url
    running.release()
    shutil.rmtree(running.home, ignore_errors=True)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def template(server: str) -> str:
    """The name of a migrated database that others are copied from."""
    _administer(server, "CREATE DATABASE {}", "template_of_tests")
    engine = make_engine(_named(server, "template_of_tests"))
    migrate.upgrade(engine)
    engine.dispose()
    return "template_of_tests"


@pytest.fixture
def empty_database_url(server: str) -> Iterator[str]:
    """A database without a single table."""
    name = f"empty_{next(_numbers)}"
    _administer(server, "CREATE DATABASE {}", name)
    yield _named(server, name)
    _drop(server, name)


@pytest.fixture
def database_url(server: str, template: str) -> Iterator[str]:
    """A migrated database of this test's own."""
    with database(server, template) as url:
        yield url


@contextlib.contextmanager
def database(server: str, template: str) -> Iterator[str]:
    """A migrated database for as long as the block lasts."""
    name = f"test_{next(_numbers)}"
    # Copied as files: a quarter of the work of PostgreSQL's usual way, which writes each page to its log.
    _administer(server, "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template)
    yield _named(server, name)
    _drop(server, name)


@pytest.fixture(scope="session")
def shared_engine() -> Engine:
    """Leads to the database of the test that runs: statements are compiled once, not in each test."""
    made = make_engine("postgresql+psycopg://")

    @event.listens_for(made, "do_connect")
    def to_the_tests(dialect: Dialect, record: object, words: object, parameters: dict[str, Any]) -> None:
        parameters.update(made.dialect.create_connect_args(make_url(_current[-1]))[1])

    return made


@pytest.fixture
def engine(database_url: str, shared_engine: Engine) -> Iterator[Engine]:
    _current.append(database_url)
    yield shared_engine
    shared_engine.dispose()
    _current.pop()


@pytest.fixture
def sessions(engine: Engine) -> Sessions:
    return make_sessions(engine)


def _memory() -> str | None:
    """A folder in memory with room for databases that come and go with each test; None: there is none."""
    memory = Path("/dev/shm")
    with contextlib.suppress(OSError):
        if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MEMORY_LEAST:
            return str(memory)
    return None


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _drop(url: str, name: str) -> None:
    """Remove a database whoever is connected; an autovacuum worker, which nobody may end, is waited for."""
    for _ in range(DROP_TRIES):
        with contextlib.suppress(InsufficientPrivilege):
            _administer(url, "DROP DATABASE {} WITH (FORCE)", name)
            return
        time.sleep(0.2)
    _administer(url, "DROP DATABASE {}", name)


def _administer(url: str, statement: str, *names: str) -> None:
    conninfo = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))
