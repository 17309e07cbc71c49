"""What the sidecar does each minute so that no connection dies unseen."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy.orm import Session

from services.alerts import book, digest, slack_bot, warnings, webhook
from services.settings import Settings
from services.tokens import health, keepalive


def watch(session: Session, settings: Settings, *, now: datetime) -> Counter[str]:
    """Try tokens ahead of time, see ends coming, warn and tell the admins, close what is mended.

    One transaction, no call to anybody: what has to be asked or sent is left to jobs. How many tokens are
    being tried (`kept_alive`), people `warned` and admins written to (`digests`).
    """
    counts: Counter[str] = Counter()
    counts["kept_alive"] += keepalive.start_due(session, now=now)
    health.note_ends(session)
    warnings.settle(session, settings)
    counts["warned"] += warnings.warn(session, settings, now=now)
    counts["digests"] += digest.send_due(session, settings, now=now)
    slack_bot.start_check(session)
    health.prune_events(session)
    book.tidy(session, settings)
    webhook.tidy(session, settings)
    return counts
