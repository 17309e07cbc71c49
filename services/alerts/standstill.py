"""That nothing is sent any more, or nothing heard: a silent sidecar, overdue briefings, unstored messages.

Whoever stands still cannot say so. So the portal looks, and sends what it has to say itself. Any number of
portals may look at once: one of them does at a time, and each alarm is a row that is sent once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from services import heartbeat
from services.alerts import book, standstill_words, unstored, webhook
from services.alerts.standstill_words import Reader, Said
from services.db.engine import transaction
from services.db.models import Alert, OutboundMessage, User, WebhookPost
from services.delivery import outbox, sender
from services.due import zone_of
from services.i18n import translator
from services.overdue import Overdue, read_overdue
from services.people.registry import active_admins
from services.runtime import Runtime
from services.settings import Settings

SILENT, OVERDUE = "sidecar_silent", "briefings_overdue"
# What is wrong between Slack and here; `alerts.slack_bot` has the token's trouble as another subject.
UNSTORED = "slack_bot"
SUBJECTS = {SILENT: "sidecar", OVERDUE: "briefings", UNSTORED: "messages"}
# Told again when so many times as many are overdue as when it was told last.
WORSE = 5
# Of a kind in one look: Slack may take its time with each.
AT_ONCE = 20
LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('briefing_portal_standstill'))")
Words = Callable[[Reader], Said]
log = structlog.get_logger(__name__)


def look(runtime: Runtime) -> None:
    """Open and close these alarms, and send what there is to say. Raises DatabaseUnavailable."""
    with transaction(runtime.sessions) as session:
        if session.execute(LOCK).scalar_one():
            _judge_sidecar(session, runtime.settings, heartbeat.sidecar(session))
            _judge_briefings(session, runtime.settings, read_overdue(session))
            _judge_messages(session, runtime.settings, lately=unstored.is_lately(session))
    with transaction(runtime.sessions) as session:
        posts, alarms = _unsent(session)
    for post_id in posts:
        webhook.send(runtime, post_id)
    for message_id in alarms:
        sender.send(runtime, message_id)


def _judge_sidecar(session: Session, settings: Settings, state: heartbeat.SidecarState) -> None:
    if state.alive:
        _over(session, settings, SILENT, standstill_words.sidecar_works_again)
    elif book.open_alert(session, SILENT, SUBJECTS[SILENT], ""):
        log.error(SILENT, last_seen=state.last_seen.isoformat() if state.last_seen else None)
        _opened(session, settings, SILENT, partial(standstill_words.sidecar_silent, state.last_seen))


def _judge_briefings(session: Session, settings: Settings, late: Overdue) -> None:
    if not late.count:
        _over(session, settings, OVERDUE, standstill_words.none_overdue)
        return
    alert = book.read_open(session, OVERDUE, SUBJECTS[OVERDUE])
    words = partial(standstill_words.briefings_overdue, late.count, late.oldest)
    if alert is None:
        book.open_alert(session, OVERDUE, SUBJECTS[OVERDUE], str(late.count))
        log.error(OVERDUE, count=late.count, reasons=dict(late.reasons))
        _opened(session, settings, OVERDUE, words)
    elif late.count >= WORSE * int(alert.reason):
        session.execute(update(Alert).where(Alert.id == alert.id).values(reason=str(late.count)))
        log.error(OVERDUE, count=late.count, reasons=dict(late.reasons))
        _tell(session, settings, f"{alert.id}:{late.count}", words, active_admins(session))


def _judge_messages(session: Session, settings: Settings, *, lately: bool) -> None:
    if not lately:
        _over(session, settings, UNSTORED, standstill_words.messages_stored_again)
    elif book.open_alert(session, UNSTORED, SUBJECTS[UNSTORED], ""):
        log.error(unstored.ROLE)
        _opened(session, settings, UNSTORED, standstill_words.messages_not_stored)


def _opened(session: Session, settings: Settings, kind: str, words: Words) -> None:
    alert = book.read_open(session, kind, SUBJECTS[kind])
    if alert is not None and book.mark_notified(session, alert.id):
        _tell(session, settings, f"{alert.id}:opened", words, active_admins(session))


def _over(session: Session, settings: Settings, kind: str, words: Words) -> None:
    """Close the alarm; whoever has been told that it was on is told that it is over."""
    for alert_id in book.resolve(session, SUBJECTS[kind], kind):
        log.info(f"{kind}_no_more")
        _withdraw(session, alert_id)
        told = [one for one in active_admins(session) if _was_told(session, kind, one)]
        _tell(session, settings, book.over_key(alert_id), words, told)


def _tell(session: Session, settings: Settings, key: str, words: Words, admins: list[User]) -> None:
    """Write to these admins and to the webhook, each in their language; sent by `look`, or by any worker."""
    now: datetime = session.execute(select(func.now())).scalar_one()
    link = f"{settings.portal_url}/deliveries"
    for admin in admins:
        t = translator(admin.locale, default=settings.default_locale)
        said = words(Reader(t, zone_of(admin.timezone), now))
        content = standstill_words.message(said, t, link=link)
        outbox.put(session, outbox.Draft(admin.id, "alarm", content, book.alarm_key(key, admin.id)))
    team = Reader(translator(settings.default_locale), zone_of(settings.briefing_timezone), now)
    webhook.put(session, settings, key, standstill_words.alarm(words(team), link=link))


def _withdraw(session: Session, alert_id: str) -> None:
    """What has not been posted to anybody is not news any more."""
    session.execute(
        update(OutboundMessage)
        .where(
            OutboundMessage.kind == "alarm",
            OutboundMessage.status == "queued",
            OutboundMessage.attempted_at.is_(None),
            OutboundMessage.dedupe_key.startswith(f"alarm:{alert_id}:"),
        )
        .values(status="failed", error="resolved")
    )


def _was_told(session: Session, kind: str, admin: User) -> bool:
    """Whether the last that an admin has heard of such alarms is that one is on."""
    alert_id = func.split_part(OutboundMessage.dedupe_key, ":", 2)
    last = session.scalar(
        select(func.split_part(OutboundMessage.dedupe_key, ":", 3))
        .join(Alert, Alert.id == alert_id)
        .where(
            OutboundMessage.user_id == admin.id,
            OutboundMessage.kind == "alarm",
            OutboundMessage.status != "failed",
            Alert.kind == kind,
        )
        .order_by(OutboundMessage.created_at.desc())
        .limit(1)
    )
    return last not in {None, book.OVER}


def _unsent(session: Session) -> tuple[list[str], list[str]]:
    """Posts to the webhook and alarms by DM that wait, oldest first."""
    posts = select(WebhookPost.id).where(webhook.is_open()).order_by(WebhookPost.created_at)
    alarms = select(OutboundMessage.id).where(outbox.is_open(), OutboundMessage.kind == "alarm")
    ordered = alarms.order_by(OutboundMessage.created_at)
    return list(session.scalars(posts.limit(AT_ONCE))), list(session.scalars(ordered.limit(AT_ONCE)))
