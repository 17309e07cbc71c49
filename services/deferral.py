"""Putting a job into the queue, in the transaction that makes its row due. What runs it is `jobs`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from procrastinate import App, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy.orm import Session

# Sending has workers of its own: while messages wait for their turn, composing goes on.
QUEUES = {"deliver": "delivery"}
# Only ever used on the caller's own connection, so it is never opened.
_deferrer = App(connector=SyncPsycopgConnector())


def defer(
    session: Session,
    task: str,
    row_id: str,
    *,
    at: datetime | None = None,
    priority: int = 0,
    new_row: bool = False,
) -> None:
    """Queue a task for a row in the caller's transaction, unless one is waiting for it already.

    Those of a lower `priority` are taken up when no other is waiting. For a `new_row`, which the transaction
    itself has made, nothing can be waiting yet: that spares two round trips.
    """
    with contextlib.nullcontext() if new_row else _unless_queued(session):
        # Asked for within the savepoint: that is what makes SQLAlchemy begin it.
        connection: Any = session.connection().connection.driver_connection
        _deferrer.configure_task(
            task,
            queue=QUEUES.get(task, "default"),
            queueing_lock=f"{task}:{row_id}",
            schedule_at=at,
            priority=priority,
            connection=connection,
        ).defer(row_id=row_id)


@contextlib.contextmanager
def _unless_queued(session: Session) -> Iterator[None]:
    with contextlib.suppress(AlreadyEnqueued), session.begin_nested():
        yield
