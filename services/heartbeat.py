"""Signs of life: each process that others rely on writes one, and anybody can read how old it is."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.db.models import Heartbeat, Json

# So many beats may be late before anybody is told.
LATE_BEATS = 3
EACH_MINUTE = 60.0
# Other lines are of checks that several processes take turns with.
ROLES = ("scheduler", "worker")
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


def beat(session: Session, role: str, *, every: float = EACH_MINUTE, **told: Any) -> None:
    """Note that this process is alive in its role, by the database's clock: a line a role and machine.

    `role`: `scheduler`, or `worker:<pid>`, of which a machine may have many. `every`: seconds until it will
    be heard of again. `told`: what else it says of itself, as JSON.
    """
    name = f"{role}:{socket.gethostname()}"
    statement = insert(Heartbeat).values(
        name=name, at=func.now(), detail={"pid": os.getpid(), "every": every, **told}
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={"at": func.now(), "detail": statement.excluded.detail}
        )
    )


def count_alive(session: Session) -> dict[str, int]:
    """How many processes have been heard of lately, by role; 0 for a role that has fallen silent."""
    role = func.split_part(Heartbeat.name, ":", 1)
    rows = session.execute(
        select(role, func.count()).where(role.in_(ROLES), _expected_until > func.now()).group_by(role)
    )
    return dict.fromkeys(ROLES, 0) | {str(name): int(count) for name, count in rows}


def told_by(session: Session, role: str) -> dict[str, Json]:
    """What the processes of a role have said of themselves within an hour, by a name that tells nobody where
    they are."""
    named = func.left(func.md5(Heartbeat.name), 8)
    lately = Heartbeat.at > func.now() - func.make_interval(0, 0, 0, 0, 1)
    rows = session.execute(
        select(named, Heartbeat.detail).where(Heartbeat.name.startswith(f"{role}:"), lately)
    )
    return {str(name): detail for name, detail in rows}


def sidecar(session: Session) -> SidecarState:
    """The scheduler heard of last, wherever it runs, by the database's clock."""
    last_seen, alive = session.execute(_SCHEDULER).one()
    return SidecarState(bool(alive), last_seen)
