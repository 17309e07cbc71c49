"""Once a day, and only while something is wrong: what each admin should look at, worst first."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.access import Actor
from services.alerts import messages, webhook
from services.alerts.messages import COUNTED, WORST, Troubled
from services.db.models import OutboundMessage, User, WebhookPost
from services.delivery import outbox
from services.due import due_instant, zone_of
from services.i18n import Translator, translator
from services.people.registry import active_admins
from services.settings import Settings
from services.tokens import overview
from services.tokens.reasons import code_of, explain
from services.tokens.scopes import missing_scopes

# Before the team's briefings, when those whose connection broke have been written to; or later that morning.
BEFORE = timedelta(minutes=30)
WINDOW = timedelta(hours=3)
SIDECAR = Actor("system:digest", is_admin=True)


def send_due(session: Session, settings: Settings, *, now: datetime) -> int:
    """Write to the admins whose morning it is and who have not had today's, and to the alarm webhook."""
    admins = [admin for admin in active_admins(session) if _is_open(session, settings, admin, now)]
    day = _day_of_webhook(session, settings, now)
    if not admins and day is None:
        return 0
    every = overview.status_counts(session, settings, SIDECAR)
    counts = {status: every.get(status, 0) for status in COUNTED}
    if not any(counts.values()):
        return 0
    link = f"{settings.portal_url}/tokens"
    for admin in admins:
        t = translator(admin.locale, default=settings.default_locale)
        content = messages.digest(counts, _worst(session, settings, t), t, link=link)
        draft = outbox.Draft(admin.id, "digest", content, _key(admin, _today(admin.timezone, now)))
        outbox.put(session, draft)
    if day is not None:
        text = messages.digest_alarm(counts, translator(settings.default_locale), link=link)
        webhook.put(session, settings, f"digest:{day}", text)
    return len(admins)


def _is_open(session: Session, settings: Settings, admin: User, now: datetime) -> bool:
    """Whether it is this admin's morning and today's digest has not been written."""
    zone = zone_of(admin.timezone)
    if not _is_morning(settings, zone, now):
        return False
    key = _key(admin, _today(admin.timezone, now))
    return session.scalar(select(OutboundMessage.id).where(OutboundMessage.dedupe_key == key)) is None


def _day_of_webhook(session: Session, settings: Settings, now: datetime) -> date | None:
    """The team's own date where its alarm is due, None where it is not or there is no webhook."""
    if not settings.alert_webhook_url.get_secret_value():
        return None
    if not _is_morning(settings, zone_of(settings.briefing_timezone), now):
        return None
    day = _today(settings.briefing_timezone, now)
    posted = session.scalar(select(WebhookPost.id).where(WebhookPost.dedupe_key == f"digest:{day}"))
    return day if posted is None else None


def _is_morning(settings: Settings, zone: ZoneInfo, now: datetime) -> bool:
    start = due_instant(now.astimezone(zone).date(), settings.briefing_time, zone) - BEFORE
    return start <= now < start + WINDOW


def _today(zone_name: str, now: datetime) -> date:
    return now.astimezone(zone_of(zone_name)).date()


def _key(admin: User, day: date) -> str:
    return f"digest:{admin.id}:{day}"


def _worst(session: Session, settings: Settings, t: Translator) -> list[Troubled]:
    """Those in the worst state first, ten at most."""
    found: list[Troubled] = []
    for status in COUNTED:
        page = overview.token_health(session, settings, SIDECAR, overview.Filter(status=status))
        for row in page.rows:
            if row.active:
                missing = missing_scopes(row.scopes, settings.required_scopes) or settings.required_scopes
                code = code_of(row.status, row.reason)
                said = explain(code, t, for_admin=True, testing=row.testing, missing=missing)
                found.append(Troubled(row.name or row.mailbox or row.user_id, said.short))
        if len(found) >= WORST:
            break
    return found[:WORST]
