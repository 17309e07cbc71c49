"""Engine, sessions and short transactions; driver errors become ours here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from services.errors import DatabaseUnavailable

Sessions = sessionmaker[Session]


def make_engine(url: str, *, pool_size: int = 10, idle_seconds: float = 60) -> Engine:
    """An engine that notices dead connections, waits 5 s at most for one, and keeps UTC.

    `idle_seconds`: how long PostgreSQL bears with a transaction in which nothing happens. A process that is
    frozen in the middle of one holds what it has locked no longer.
    """
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        pool_pre_ping=True,
        pool_recycle=1800,
        hide_parameters=True,  # what people are called and write is nothing for logs
        json_serializer=partial(json.dumps, ensure_ascii=False),
        connect_args={
            "connect_timeout": 5,
            "options": f"-c timezone=UTC -c idle_in_transaction_session_timeout={round(idle_seconds * 1000)}",
            "application_name": "briefing-portal",
        },
    )


def make_sessions(engine: Engine) -> Sessions:
    """Sessions whose records stay readable after commit."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def transaction(sessions: Sessions) -> Iterator[Session]:
    """One short transaction: commits at the end, rolls back on an error.

    Never hold it over a call to Google or Slack. Raises DatabaseUnavailable when PostgreSQL is out of reach
    or went away in the middle; nothing of the transaction is then stored, unless it went away during the
    commit itself.
    """
    try:
        with sessions.begin() as session:
            yield session
    except (OperationalError, InterfaceError, PoolTimeout) as exc:
        raise DatabaseUnavailable(f"the database cannot be reached: {_cause(exc)}") from exc
    except DBAPIError as exc:
        if exc.connection_invalidated:
            raise DatabaseUnavailable(f"the database went away: {_cause(exc)}") from exc
        raise


def _cause(exc: Exception) -> str:
    """The driver's own first line: no SQL, no parameters."""
    origin = getattr(exc, "orig", None) or exc
    lines = str(origin).strip().splitlines()
    return lines[0] if lines else type(origin).__name__
