"""Two people become one, in one transaction: everything of the one who leaves comes to the one who stays.

Whoever is in the middle of something with either goes first: this waits for a lock only briefly and is tried
again, so that a message being sent is never the one that is turned away.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, or_, select, text, tuple_, update
from sqlalchemy.orm import Session, aliased

from services import audit
from services.alerts import book
from services.assistant import pending
from services.db.models import (
    Alert,
    AuthSession,
    Briefing,
    BulkActionItem,
    OutboundMessage,
    PendingRequest,
    SignIn,
    User,
)
from services.errors import PortalError
from services.people import choices
from services.people.holdings import DONE_BY, OWNED, Column
from services.runtime import Runtime
from services.tokens.handover import hand_over

# Shorter than PostgreSQL takes to look for two who wait for each other, of whom it then turns one away.
PATIENCE_MS = 400
MAYBE_POSTED = 2


class JoinRefused(PortalError):
    """These two people are not joined.

    `code`: gone (one of them has left), deactivated, other_slack (whoever stays is on Slack already).
    """

    permanent = True
    code = "join_refused"


def merge(session: Session, runtime: Runtime, *, leaving: str, staying: str) -> str | None:
    """Everything of `leaving` becomes that of `staying`; the Google token to be revoked, if there is one.

    Raises JoinRefused, SourceUnavailable while a token is being refreshed.
    """
    session.execute(text(f"SET LOCAL lock_timeout = {PATIENCE_MS}"))
    gone, stays = _both(session, leaving, staying)
    _void_signed_out(session, gone)
    # What a consent under way brings comes to whom the attempt belongs to by then.
    _move(session, AuthSession.user_id, leaving, staying)
    handed = hand_over(session, runtime.box, leaving=leaving, staying=staying)
    _one_briefing_a_day(session, leaving, staying)
    _one_waiting_request(session, leaving, staying)
    _one_open_alert(session, leaving, staying)
    _one_item_a_bulk(session, leaving, staying)
    for column in (*OWNED, *DONE_BY):
        _move(session, column, leaving, staying)
    _as_one(session, gone, stays)
    choices.settle(session, runtime.settings, gone, stays, kept_token=handed.kept)
    session.execute(delete(User).where(User.id == leaving))
    audit.record(session, actor=staying, action="joined", subject=staying, detail={"was": leaving})
    pending.call_up(session, staying)
    return handed.to_revoke


def _both(session: Session, leaving: str, staying: str) -> tuple[User, User]:
    """The two, locked in the order of their ids."""
    found = {
        user.id: user
        for user in session.scalars(
            select(User)
            .where(User.id.in_((leaving, staying)))
            .order_by(User.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    if leaving not in found or staying not in found:
        raise JoinRefused("one of them has left", code="gone")
    gone, stays = found[leaving], found[staying]
    if not gone.active or not stays.active:
        raise JoinRefused("one of them is deactivated", code="deactivated")
    if stays.slack_user_id not in (None, gone.slack_user_id):
        raise JoinRefused("whoever stays has another Slack account", code="other_slack")
    return gone, stays


def _move(session: Session, column: Column, leaving: str, staying: str) -> None:
    session.execute(
        update(column.class_)
        .where(column == leaving)
        .values({column.key: staying})
        .execution_options(synchronize_session=False)
    )


def _void_signed_out(session: Session, gone: User) -> None:
    """A sign-in that has ended with "everywhere" does not come back with somebody who never said so."""
    if gone.signed_out_at is not None:
        session.execute(
            update(SignIn)
            .where(
                SignIn.user_id == gone.id,
                SignIn.revoked_at.is_(None),
                SignIn.first_seen_at <= gone.signed_out_at,
            )
            .values(revoked_at=func.now())
            .execution_options(synchronize_session=False)
        )


def _one_briefing_a_day(session: Session, leaving: str, staying: str) -> None:
    """Of two of a kind and day the one that has come furthest is the day's.

    What Slack has or may have of the other stays as one sent by hand; what it cannot have is not sent.
    """
    theirs, own = aliased(Briefing), aliased(Briefing)
    pairs = session.execute(
        select(theirs.id, _progress(theirs), own.id, _progress(own))
        .join(own, and_(own.local_date == theirs.local_date, own.kind == theirs.kind))
        .where(theirs.user_id == leaving, own.user_id == staying, theirs.kind.in_(("daily", "completion")))
        .with_for_update()
    ).all()
    for their_id, their_progress, own_id, own_progress in pairs:
        is_theirs = their_progress <= own_progress
        other, progress = (their_id, their_progress) if is_theirs else (own_id, own_progress)
        which = Briefing.id == other
        if progress >= MAYBE_POSTED:
            session.execute(update(Briefing).where(which).values(kind="manual"))
        else:
            session.execute(delete(Briefing).where(which))


def _progress(briefing: type[Briefing]) -> ColumnElement[int]:
    """How far a briefing has come: ended without being sent, under way, maybe posted, sent."""
    posted = exists().where(
        OutboundMessage.briefing_id == briefing.id, OutboundMessage.attempted_at.is_not(None)
    )
    return case(
        (briefing.status == "sent", 3),
        (posted, MAYBE_POSTED),
        (briefing.status.in_(("failed", "missed", "skipped")), 0),
        else_=1,
    )


def _one_waiting_request(session: Session, leaving: str, staying: str) -> None:
    """Of the same thing asked twice the latest waits."""
    older, newer = aliased(PendingRequest), aliased(PendingRequest)
    both = or_(
        and_(older.user_id == leaving, newer.user_id == staying),
        and_(older.user_id == staying, newer.user_id == leaving),
    )
    asked_again = exists().where(
        both,
        older.id == PendingRequest.id,
        older.asks == newer.asks,
        newer.status == "waiting",
        tuple_(older.asked_at, older.id) < tuple_(newer.asked_at, newer.id),
    )
    session.execute(
        update(PendingRequest)
        .where(PendingRequest.status == "waiting", asked_again)
        .values(**pending.as_over("withdrawn"))
        .execution_options(synchronize_session=False)
    )


def _one_open_alert(session: Session, leaving: str, staying: str) -> None:
    known = select(Alert.kind).where(Alert.subject == staying, Alert.resolved_at.is_(None))
    book.close(session, Alert.subject == leaving, Alert.kind.in_(known))


def _one_item_a_bulk(session: Session, leaving: str, staying: str) -> None:
    known = select(BulkActionItem.bulk_id).where(BulkActionItem.user_id == staying)
    theirs = delete(BulkActionItem).where(
        BulkActionItem.user_id == leaving, BulkActionItem.bulk_id.in_(known)
    )
    session.execute(theirs.execution_options(synchronize_session=False))


def _as_one(session: Session, gone: User, stays: User) -> None:
    """The Slack account changes hands; of the rest whoever stays keeps their own, where they have it."""
    slack_user_id, slack_channel, username = gone.slack_user_id, gone.slack_channel, gone.username
    gone.slack_user_id = gone.slack_channel = gone.username = None
    session.flush()  # both are unique
    if slack_user_id is not None:
        stays.slack_user_id, stays.slack_channel = slack_user_id, slack_channel
    stays.username = stays.username or username
    stays.display_name = stays.display_name or gone.display_name
    stays.email = stays.email or gone.email
    stays.role = "admin" if "admin" in (stays.role, gone.role) else stays.role
    stays.created_at = min(stays.created_at, gone.created_at)
    if stays.conversation_days is None:
        stays.conversation_days = gone.conversation_days
    forgotten = [since for since in (stays.conversations_since, gone.conversations_since) if since]
    stays.conversations_since = max(forgotten, default=None)
    session.flush()
