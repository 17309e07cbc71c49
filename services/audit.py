"""The access log: who did what to whose data. Append-only; the database refuses anything else."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.db.models import AccessLog, Json


def record(
    session: Session, *, actor: str, action: str, subject: str, source: str = "", detail: Json | None = None
) -> None:
    """Note a read or use of somebody's token, mail or settings, in the caller's transaction.

    `actor` is a user id or `system:<part>`, `subject` the id of the person whose data it is, `source` where
    it came from (an address, a command). Never a token or mail text in `detail`.
    """
    session.add(
        AccessLog(actor=actor, action=action, subject_user_id=subject, source=source, detail=detail or {})
    )
