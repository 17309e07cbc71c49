"""The book of alerts: opened once, over when it is mended; what breaks again is another one."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from services.db.models import Alert, OutboundMessage, WebhookPost
from services.settings import Settings

OVER = "over"
# The reason of an all-clear that was not given.
OPEN_AGAIN = "open_again"


def open_alert(session: Session, kind: str, subject: str, reason: str) -> bool:
    """Note that something is wrong, in the caller's transaction; whether that is news.

    `subject` is a user id, or `slack`. One that is open already keeps its moment and gets the reason. That an
    earlier one is over is not said any more, where nobody has been told yet.
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
    else:
        _take_back_all_clears(session, kind, subject)
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


def _take_back_all_clears(session: Session, kind: str, subject: str) -> None:
    alerts = session.scalars(
        select(Alert.id).where(
            Alert.kind == kind,
            Alert.subject == subject,
            Alert.resolved_at.is_not(None),
        )
    )
    keys = [over_key(alert_id) for alert_id in alerts]
    said_to_whom = func.regexp_replace(OutboundMessage.dedupe_key, "^alarm:(.*):[^:]*$", r"\1")
    session.execute(
        update(OutboundMessage)
        .where(
            OutboundMessage.kind == "alarm",
            OutboundMessage.status == "queued",
            OutboundMessage.attempted_at.is_(None),
            said_to_whom.in_(keys),
        )
        .values(status="failed", error=OPEN_AGAIN)
    )
    session.execute(
        update(WebhookPost)
        .where(WebhookPost.status == "queued", WebhookPost.dedupe_key.in_(keys))
        .values(status="failed", error=OPEN_AGAIN)
    )


def untrue_by_now(session: Session, key: str) -> str | None:
    """Why what was to be said of an alert is not true any more: `open_again`, `resolved`; None where it is.

    `key` is the message's: `[alarm:]<alert>:<over, or anything else while it is open>[:<whom>]`.
    """
    alert_id, _, rest = key.removeprefix("alarm:").partition(":")
    again = aliased(Alert)
    open_again = select(again.id).where(
        again.kind == Alert.kind, again.subject == Alert.subject, again.resolved_at.is_(None)
    )
    found = session.execute(
        select(Alert.resolved_at, open_again.correlate(Alert).exists()).where(Alert.id == alert_id)
    ).first()
    if found is None:
        return None
    resolved_at, is_open_again = found
    if rest.partition(":")[0] == OVER:
        return OPEN_AGAIN if is_open_again else None
    return "resolved" if resolved_at is not None else None


def alarm_key(key: str, user_id: str) -> str:
    """What makes an alarm to one person once-only; `key` begins with the alert's id."""
    return f"alarm:{key}:{user_id}"


def over_key(alert_id: str) -> str:
    """What makes the word that an alert is over once-only."""
    return f"{alert_id}:{OVER}"


def warning_key(alert_id: str) -> str:
    """What makes the message about an alert once-only."""
    return f"warning:{alert_id}"


def tidy(session: Session, settings: Settings) -> None:
    """Forget what was over longer than RETENTION_DAYS ago."""
    old = func.now() - timedelta(days=settings.retention_days)
    session.execute(delete(Alert).where(Alert.resolved_at < old))


def _open(kind: str, subject: str) -> ColumnElement[bool]:
    return (Alert.kind == kind) & (Alert.subject == subject) & Alert.resolved_at.is_(None)
