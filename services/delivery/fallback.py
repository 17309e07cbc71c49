"""The day's briefing by e-mail to its own person, where Slack takes it in no way and they chose that.

Only where Slack was tried, or they are not on it, and while the briefing is still worth having.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.briefing.lateness import LATE, lateness, with_apology
from services.db.models import Briefing, BriefingSettings, GmailToken, Json, OutboundMessage, User
from services.delivery import outbox, worth
from services.due import zone_of
from services.i18n import translator
from services.tokens.scopes import SENDING

KIND = "email"
BROKEN = ("reconnect_required", "not_connected")


def take_over(session: Session, message: OutboundMessage) -> bool:
    """Queue the e-mail in place of a message that Slack would not take; False where there is to be none."""
    if message.kind != "briefing" or message.briefing_id is None:
        return False
    found = session.execute(
        select(Briefing, User, GmailToken.scopes, func.now().label("now"))
        .join(User, User.id == Briefing.user_id)
        .join(BriefingSettings, BriefingSettings.user_id == User.id)
        .join(GmailToken, GmailToken.user_id == User.id)
        .where(
            Briefing.id == message.briefing_id,
            Briefing.kind == "daily",
            worth.is_for_mail(),
            BriefingSettings.email_fallback,
            GmailToken.status.not_in(BROKEN),
        )
    ).first()
    if found is None or SENDING.isdisjoint(found.scopes or ()) or found.Briefing.content is None:
        return False
    draft = outbox.Draft(
        user_id=found.User.id,
        kind=KIND,
        content=_late(found.Briefing, found.User, found.now),
        dedupe_key=f"email:{message.briefing_id}",
        deadline_in=min(worth.BY_MAIL, found.Briefing.deadline_at + worth.BY_MAIL - found.now),
        briefing_id=message.briefing_id,
    )
    outbox.put(session, draft)
    return True


def _late(briefing: Briefing, user: User, now: datetime) -> Json:
    """What was composed, with an apology where it does not say already that it is late."""
    content: Json = briefing.content or {}
    late, composed = now - briefing.due_at, briefing.composed_at or briefing.due_at
    if late <= LATE or composed - briefing.due_at > LATE:
        return content
    zone, t = zone_of(user.timezone), translator(user.locale)
    return with_apology(content, lateness(briefing.due_at, late, now=now, zone=zone, t=t))
