"""Bring the database to this version's schema: `python -m services.db.migrate` or at every start.

Any number of processes may start at once: one migrates, the others wait for the advisory lock and find
nothing left to do.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from services.errors import DatabaseUnavailable, PortalError

LOCK_KEY = 7_205_759_403  # any constant of this product's own
OLDEST_SERVER = 150_000


class SchemaTooNew(PortalError):
    """The database was migrated by a newer version of this product."""

    permanent = True
    code = "schema_too_new"


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration without an ini file."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    made.attributes["connection"] = connection
    return made


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Migrate up under the advisory lock. Raises DatabaseUnavailable, SchemaTooNew."""
    _under_lock(engine, lambda connection: command.upgrade(config(connection), revision))


def downgrade(engine: Engine, revision: str) -> None:
    """Migrate down to `revision` (`base`: to nothing)."""
    _under_lock(engine, lambda connection: command.downgrade(config(connection), revision))


def is_current(engine: Engine) -> bool:
    """Whether the schema is this version's."""
    with engine.connect() as connection:
        head = ScriptDirectory.from_config(config()).get_current_head()
        return MigrationContext.configure(connection).get_current_revision() == head


def _under_lock(engine: Engine, step: Callable[[Connection], None]) -> None:
    try:
        with engine.connect() as connection:
            _check_server(connection)
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK_KEY})
            connection.commit()
            try:
                _check_not_newer(connection)
                step(connection)
                connection.commit()
            finally:
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
                connection.commit()
    except OperationalError as exc:
        raise DatabaseUnavailable(f"the database cannot be reached: {exc.orig}") from exc


def _check_server(connection: Connection) -> None:
    version = connection.execute(text("SELECT current_setting('server_version_num')::int")).scalar_one()
    if version < OLDEST_SERVER:
        raise PortalError(f"PostgreSQL 15 or newer is needed, this is {version // 10_000}", code="old_server")


def _check_not_newer(connection: Connection) -> None:
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    if current is not None and current not in known:
        raise SchemaTooNew(f"the database is at revision {current}, which this version does not know")
    connection.rollback()
