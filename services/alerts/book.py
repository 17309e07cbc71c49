"""The book of alerts: opened once, over when it is mended; what breaks again is another one."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.db.models import Alert, OutboundMessage
from services.settings import Settings


def open_alert(session: Session, kind: str, subject: str, reason: str) -> bool:
    """Note that something is wrong, in the caller's transaction; whether that is news.

    `subject` is a user id, or `slack`. One that is open already keeps its moment and gets the reason.
    """
    statement = insert(Alert).values(kind=kind, subject=subject, reason=reason)
    opened = session.scalar(
        statement.on_conflict_do_nothing(
            index_elements=["kind", "subject"], index_where=Alert.resolved_at.is_(None)
        ).returning(Alert.id)
    )
    if opened is None:
        session.execute(
            update(Alert).where(_open(kind, subject), Alert.reason != reason).values(reason=reason)
        )
    return opened is not None


def read_open(session: Session, kind: str, subject: str) -> Alert | None:
    """The alert that is open, as stored now."""
    return session.scalar(select(Alert).where(_open(kind, subject)).execution_options(populate_existing=True))


def mark_notified(session: Session, alert_id: str) -> bool:
    """Take it on oneself to tell of an alert; False where somebody has."""
    taken = update(Alert).where(Alert.id == alert_id, Alert.notified_at.is_(None))
    return session.scalar(taken.values(notified_at=func.now()).returning(Alert.id)) is not None


def resolve(session: Session, subject: str, *kinds: str) -> list[str]:
    """It is over: close the open alerts of these kinds; their ids. A warning not yet sent is not sent."""
    return close(session, Alert.subject == subject, Alert.kind.in_(kinds))


def close(session: Session, *which: ColumnElement[bool]) -> list[str]:
    """Close open alerts, and take back their warnings where those still wait."""
    closed = list(
        session.scalars(
            update(Alert)
            .where(Alert.resolved_at.is_(None), *which)
            .values(resolved_at=func.now())
            .returning(Alert.id)
        )
    )
    if closed:
        session.execute(
            update(OutboundMessage)
            .where(
                OutboundMessage.dedupe_key.in_([warning_key(alert_id) for alert_id in closed]),
                OutboundMessage.status == "queued",
                OutboundMessage.attempted_at.is_(None),
            )
            .values(status="failed", error="resolved")
        )
    return closed


def warning_key(alert_id: str) -> str:
    """What makes the message about an alert once-only."""
    return f"warning:{alert_id}"


def tidy(session: Session, settings: Settings) -> None:
    """Forget what was over longer than RETENTION_DAYS ago."""
    old = func.now() - timedelta(days=settings.retention_days)
    session.execute(delete(Alert).where(Alert.resolved_at < old))


def _open(kind: str, subject: str) -> ColumnElement[bool]:
    return (Alert.kind == kind) & (Alert.subject == subject) & Alert.resolved_at.is_(None)
