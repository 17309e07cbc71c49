"""Briefings as rows, of whatever day and end, for tests of what is shown of them."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from services.db.engine import transaction
from services.db.models import Briefing
from services.runtime import Runtime

DUE = timedelta(hours=9)


def put_briefing(
    runtime: Runtime,
    user_id: str,
    day: date,
    status: str = "sent",
    *,
    late: timedelta = timedelta(0),
    **more: Any,
) -> str:
    """One that was due at 9:00 UTC of its day, and sent so much later where it was sent; its id."""
    due = datetime.fromisoformat(f"{day}T00:00:00+00:00") + DUE
    row: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "user_id": user_id,
        "kind": "daily",
        "local_date": day,
        "status": status,
        "due_at": due,
        "created_at": due,
        "deadline_at": due + DUE,
        "sent_at": due + late if status == "sent" else None,
        "completeness": "complete" if status == "sent" else None,
    }
    with transaction(runtime.sessions) as session:
        session.add(Briefing(**{**row, **more}))
    return str(more.get("id", row["id"]))


def team_date(runtime: Runtime, *, zone: str = "Asia/Seoul") -> date:
    """Today there, by the database's clock."""
    with transaction(runtime.sessions) as session:
        moment: datetime = session.execute(select(func.timezone(zone, func.now()))).scalar_one()
        return moment.date()
