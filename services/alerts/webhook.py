"""Alarms to ALERT_WEBHOOK_URL: `{"text": …}`, as Slack's incoming webhooks and many others take it.

Stored first and posted by a job until the receiver accepts it: an alarm may come twice, never not at all
while there is a day to deliver it. The address is a secret and appears in no row and no log.
"""

from __future__ import annotations

from datetime import timedelta

import httpx
import structlog
from sqlalchemy import ColumnElement, and_, delete, func, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.alerts import book
from services.db.engine import transaction
from services.db.models import WebhookPost
from services.deferral import defer
from services.runtime import Runtime
from services.settings import Settings

TIMEOUT_SECONDS = 10
LEASE = timedelta(seconds=60)
PATIENCE = timedelta(days=1)
RETRY = timedelta(seconds=30)
RETRY_MOST = timedelta(minutes=30)
log = structlog.get_logger(__name__)


def put(session: Session, settings: Settings, key: str, text: str) -> None:
    """Have an alarm posted, in the caller's transaction, once a key; nothing where no address is set."""
    if not settings.alert_webhook_url.get_secret_value():
        return
    statement = insert(WebhookPost).values(
        dedupe_key=key, content={"text": text}, deadline_at=func.now() + PATIENCE
    )
    made = session.scalar(
        statement.on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(WebhookPost.id)
    )
    if made is not None:
        defer(session, "post_alarm", made)


def is_open() -> ColumnElement[bool]:
    """Posts that somebody should take up now: queued and due, or left by a worker that died."""
    now = func.now()
    due = or_(WebhookPost.retry_at.is_(None), WebhookPost.retry_at <= now)
    left = and_(WebhookPost.status == "sending", WebhookPost.lease_until < now)
    return or_(and_(WebhookPost.status == "queued", due), left)


def send(runtime: Runtime, post_id: str) -> None:
    """Post one alarm and write down what came of it; nothing where somebody else is at it."""
    post = _claim(runtime, post_id)
    if post is None:
        return
    if _is_taken_back(runtime, post):
        _write(runtime, post_id, status="failed", error=book.OPEN_AGAIN)
        return
    problem = _post(runtime.settings.alert_webhook_url.get_secret_value(), post.content)
    if problem is None:
        _write(runtime, post_id, status="sent", sent_at=func.now(), error=None)
        return
    log.warning("alarm_not_posted", post=post_id, error=problem)
    delay = min(RETRY * 2 ** min(post.attempts - 1, 10), RETRY_MOST)
    with transaction(runtime.sessions) as session:
        kept = session.scalar(
            update(WebhookPost)
            .where(_sending(post_id), WebhookPost.deadline_at > func.now() + delay)
            .values(status="queued", retry_at=func.now() + delay, lease_until=None, error=problem)
            .returning(WebhookPost.retry_at)
        )
        if kept is not None:
            defer(session, "post_alarm", post_id, at=kept)
    if kept is None:
        _write(runtime, post_id, status="failed", error=problem)


def tidy(session: Session, settings: Settings) -> None:
    """Forget posts older than RETENTION_DAYS."""
    old = func.now() - timedelta(days=settings.retention_days)
    session.execute(delete(WebhookPost).where(WebhookPost.created_at < old))


def _claim(runtime: Runtime, post_id: str) -> WebhookPost | None:
    with transaction(runtime.sessions) as session:
        claimed: WebhookPost | None = session.scalar(
            update(WebhookPost)
            .where(WebhookPost.id == post_id, is_open())
            .values(status="sending", lease_until=func.now() + LEASE, attempts=WebhookPost.attempts + 1)
            .returning(WebhookPost)
        )
        return claimed


def _is_taken_back(runtime: Runtime, post: WebhookPost) -> bool:
    """Whether it would say that all is well again when it is not; what was wrong is said in any case."""
    with transaction(runtime.sessions) as session:
        return book.untrue_by_now(session, post.dedupe_key) == book.OPEN_AGAIN


def _post(address: str, content: dict[str, object]) -> str | None:
    """Post once; what went wrong as a machine name, None where it was accepted."""
    if not address:
        return "not_configured"
    try:
        answer = httpx.post(address, json=content, timeout=TIMEOUT_SECONDS, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        return type(exc).__name__
    return None if answer.is_success else f"http_{answer.status_code}"


def _sending(post_id: str) -> ColumnElement[bool]:
    return and_(WebhookPost.id == post_id, WebhookPost.status == "sending")


def _write(runtime: Runtime, post_id: str, **values: object) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(update(WebhookPost).where(_sending(post_id)).values(lease_until=None, **values))
