"""Whether a briefing is still worth sending; one that is not ends as `missed`, with the reason.

It is not once its deadline has passed, nor once a newer day's of the same person is there. For what Slack, or
Gmail, may have been given, the sender finds out first what has become of it.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from services.db.models import Briefing, OutboundMessage, User
from services.delivery import outbox

# So long after its deadline a briefing that Slack would not take may still come by e-mail.
BY_MAIL = timedelta(hours=2)
TOO_LATE = "too_late"
log = structlog.get_logger(__name__)


def sweep(session: Session) -> None:
    """End whatever is not worth sending any more and nobody holds, wherever it stands."""
    unposted = outbox.discard(session, select(Briefing.id).where(_waits_in_vain()).scalar_subquery())
    _end(session, or_(Briefing.id.in_(unposted), _not_handed_over() & _is_stale()))


def end_stale(session: Session, briefing_id: str) -> None:
    """End this one, where it is not worth composing or handing over any more."""
    _end(session, (Briefing.id == briefing_id) & _not_handed_over() & _is_stale())


def ended() -> ColumnElement[str]:
    """What state a briefing ends in that nobody has tried to send: one by hand is asked for again by hand."""
    return case((Briefing.kind == "manual", "failed"), else_="missed")


def has_newer() -> ColumnElement[bool]:
    """Whether a newer day's briefing of the same person is there."""
    newer = aliased(Briefing)
    of_newer_day = (newer.user_id == Briefing.user_id) & (newer.local_date > Briefing.local_date)
    return select(newer.id).where(of_newer_day, newer.kind == "daily").correlate(Briefing).exists()


def is_superseded() -> ColumnElement[bool]:
    """Whether nobody would read a briefing any more because of a newer one; a copy is asked for whenever."""
    return and_(Briefing.kind != "manual", has_newer())


def is_for_mail() -> ColumnElement[bool]:
    """Whether a briefing that Slack would not take may still come by e-mail."""
    return and_(Briefing.deadline_at + BY_MAIL > func.now(), ~is_superseded())


def _end(session: Session, which: ColumnElement[bool]) -> None:
    reason = case((is_superseded(), "superseded"), else_=TOO_LATE)
    ended_ones = session.execute(
        update(Briefing)
        .where(which)
        .values(status=ended(), error=reason, lease=None, lease_until=None, retry_at=None)
        .returning(Briefing.id, Briefing.error)
        .execution_options(synchronize_session=False)
    )
    for briefing_id, error in ended_ones.all():
        log.warning("briefing_not_worth_sending", briefing=briefing_id, error=error)


def _is_stale() -> ColumnElement[bool]:
    return or_(Briefing.deadline_at <= func.now(), is_superseded())


def _not_handed_over() -> ColumnElement[bool]:
    left = Briefing.status.in_(("claimed", "composed")) & (Briefing.lease_until < func.now())
    return or_(Briefing.status.in_(("due", "retry_wait")), left)


def _waits_in_vain() -> ColumnElement[bool]:
    """Handed over, certainly not posted, and not to be; what Slack refused to the deadline is the sender's.

    It is the sender, too, who finds out whether somebody is on Slack by now.
    """
    message, owner = aliased(OutboundMessage), aliased(User)
    refused = or_(message.attempts > 0, func.coalesce(message.error, TOO_LATE) != TOO_LATE)
    posted = select(message.id).where(message.briefing_id == Briefing.id, message.attempted_at.is_not(None))
    tried = select(message.id).where(message.briefing_id == Briefing.id, refused)
    on_slack = select(owner.id).where(
        owner.id == Briefing.user_id, or_(owner.slack_user_id.is_not(None), owner.slack_channel.is_not(None))
    )
    never_tried = and_(
        Briefing.deadline_at <= func.now(),
        on_slack.correlate(Briefing).exists(),
        ~tried.correlate(Briefing).exists(),
    )
    return and_(
        Briefing.status == "sending", ~posted.correlate(Briefing).exists(), or_(~is_for_mail(), never_tried)
    )
