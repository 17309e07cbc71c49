"""Signs of life: each process that others rely on writes one, and anybody can read how old it is."""

from __future__ import annotations

import os
import socket

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.db.models import Heartbeat


def beat(session: Session, role: str) -> None:
    """Note that this process is alive in its role (`scheduler`, `worker`), by the database's clock."""
    name = f"{role}:{socket.gethostname()}"
    statement = insert(Heartbeat).values(name=name, at=func.now(), detail={"pid": os.getpid()})
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={"at": func.now(), "detail": statement.excluded.detail}
        )
    )
