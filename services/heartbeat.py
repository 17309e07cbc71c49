"""Signs of life: each process that others rely on writes one, and anybody can read how old it is."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.db.models import Heartbeat

# So many beats may be late before anybody is told.
LATE_BEATS = 3
EACH_MINUTE = 60.0
_expected_until = Heartbeat.at + LATE_BEATS * func.make_interval(
    0, 0, 0, 0, 0, 0, func.coalesce(Heartbeat.detail["every"].as_float(), EACH_MINUTE)
)
# Every look at Home reads it; making a statement takes as long as running it, so it is made once.
_SCHEDULER = select(func.max(Heartbeat.at), func.max(_expected_until) > func.now()).where(
    Heartbeat.name.startswith("scheduler:")
)


@dataclass(frozen=True, slots=True)
class SidecarState:
    """Whether the sidecar lives, and when it was last heard of (None: never)."""

    alive: bool
    last_seen: datetime | None


def beat(session: Session, role: str, *, every: float = EACH_MINUTE) -> None:
    """Note that this process is alive in its role, by the database's clock: a line a role and machine.

    `role`: `scheduler`, or `worker:<pid>`, of which a machine may have many. `every`: seconds until it will
    be heard of again.
    """
    name = f"{role}:{socket.gethostname()}"
    statement = insert(Heartbeat).values(
        name=name, at=func.now(), detail={"pid": os.getpid(), "every": every}
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={"at": func.now(), "detail": statement.excluded.detail}
        )
    )


def count_alive(session: Session) -> dict[str, int]:
    """How many processes have been heard of lately, by role; 0 for a role that has fallen silent."""
    role = func.split_part(Heartbeat.name, ":", 1)
    alive = func.count().filter(_expected_until > func.now())
    return {str(name): int(count) for name, count in session.execute(select(role, alive).group_by(role))}


def sidecar(session: Session) -> SidecarState:
    """The scheduler heard of last, wherever it runs, by the database's clock."""
    last_seen, alive = session.execute(_SCHEDULER).one()
    return SidecarState(bool(alive), last_seen)
