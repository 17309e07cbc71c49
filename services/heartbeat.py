"""Signs of life: each process that others rely on writes one, and anybody can read how old it is."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.db.models import Heartbeat

# It beats every minute; two may be late before anybody is told.
SILENCE = timedelta(minutes=3)
# Every look at Home reads it; making a statement takes as long as running it, so it is made once.
_SCHEDULER = select(func.max(Heartbeat.at), func.now()).where(Heartbeat.name.startswith("scheduler:"))


@dataclass(frozen=True, slots=True)
class SidecarState:
    """Whether the sidecar lives, and when it was last heard of (None: never)."""

    alive: bool
    last_seen: datetime | None


def beat(session: Session, role: str) -> None:
    """Note that this process is alive in its role (`scheduler`, `worker`), by the database's clock."""
    name = f"{role}:{socket.gethostname()}"
    statement = insert(Heartbeat).values(name=name, at=func.now(), detail={"pid": os.getpid()})
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={"at": func.now(), "detail": statement.excluded.detail}
        )
    )


def sidecar(session: Session) -> SidecarState:
    """The scheduler heard of last, wherever it runs, by the database's clock."""
    last_seen, now = session.execute(_SCHEDULER).one()
    return SidecarState(last_seen is not None and now - last_seen < SILENCE, last_seen)
