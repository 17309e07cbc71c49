"""The day's briefing by e-mail to its own person, where Slack takes it in no way and they chose that."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.briefing.lateness import LATE, lateness, with_apology
from services.db.models import Briefing, BriefingSettings, GmailToken, Json, OutboundMessage, User
from services.delivery import outbox
from services.due import zone_of
from services.i18n import translator
from services.tokens.scopes import SENDING

KIND = "email"
WORTH_IT = timedelta(hours=2)
BROKEN = ("reconnect_required", "not_connected")


def take_over(session: Session, message: OutboundMessage) -> bool:
    """Queue the e-mail in place of a message that is given up; False where there is to be none."""
    if message.kind != "briefing" or message.briefing_id is None:
        return False
    found = session.execute(
        select(Briefing, User, GmailToken.scopes)
        .join(User, User.id == Briefing.user_id)
        .join(BriefingSettings, BriefingSettings.user_id == User.id)
        .join(GmailToken, GmailToken.user_id == User.id)
        .where(
            Briefing.id == message.briefing_id,
            Briefing.kind == "daily",
            BriefingSettings.email_fallback,
            GmailToken.status.not_in(BROKEN),
        )
    ).first()
    if found is None or SENDING.isdisjoint(found.scopes or ()) or found.Briefing.content is None:
        return False
    draft = outbox.Draft(
        user_id=found.User.id,
        kind=KIND,
        content=_late(session, found.Briefing, found.User),
        dedupe_key=f"email:{message.briefing_id}",
        deadline_in=WORTH_IT,
        briefing_id=message.briefing_id,
    )
    outbox.put(session, draft)
    return True


def _late(session: Session, briefing: Briefing, user: User) -> Json:
    """What was composed, with an apology where it does not say already that it is late."""
    content: Json = briefing.content or {}
    now = session.execute(select(func.now())).scalar_one()
    late, composed = now - briefing.due_at, briefing.composed_at or briefing.due_at
    if late <= LATE or composed - briefing.due_at > LATE:
        return content
    zone, t = zone_of(user.timezone), translator(user.locale)
    return with_apology(content, lateness(briefing.due_at, late, now=now, zone=zone, t=t))
