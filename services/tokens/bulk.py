"""An admin's action for many people at once: asked for here, worked off by jobs, looked at again later.

Who is meant is written down when it is asked for: whoever comes to match a filter afterwards is not touched.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, insert, literal, or_, select, true, update
from sqlalchemy.orm import Session

from services import audit
from services.access import Actor, admins_only, still_admin
from services.db.models import BulkAction, BulkActionItem, Json, TokenHealth, User, UserIdentity
from services.deferral import defer
from services.settings import Settings
from services.tokens.actions import STEPS, ActionRefused, checked_robing_id
from services.tokens.standing import Filter, follow_settings, matches

TASK = "bulk_action"
LATELY = timedelta(hours=24)
SHOWN = 5
FAILURES_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an action is. `status` is queued, running, done, stopped or failed; `error` a machine name.

    `done` and `failed` are people; the rest of `total` still waits. `by` is the admin's name.
    """

    id: str
    action: str
    params: Json
    by: str
    status: str
    error: str | None
    total: int
    done: int
    failed: int
    created_at: datetime
    finished_at: datetime | None

    @property
    def finished(self) -> bool:
        return self.status not in {"queued", "running"}


@dataclass(frozen=True, slots=True)
class Failure:
    """Whom an action did not work for; `error` is a machine name."""

    user_id: str
    name: str
    error: str


def start(
    session: Session,
    settings: Settings,
    actor: Actor,
    action: str,
    who: Sequence[str] | Filter,
    params: Json | None = None,
) -> str:
    """Have an action done for these people, or for all that match a filter; its id.

    Raises Forbidden; ActionRefused: unknown_action, robing_id_too_long, nobody.
    """
    still_admin(session, actor)
    if action not in STEPS:
        raise ActionRefused(f"{action!r} is no action", code="unknown_action")
    params = {"robing_id": checked_robing_id(params or {})} if action == "set_robing_id" else {}
    follow_settings(session, settings)
    chosen = matches(who) if isinstance(who, Filter) else TokenHealth.user_id.in_(who)
    bulk = BulkAction(id=str(uuid.uuid4()), requested_by=actor.user_id, action=action, params=params)
    session.add(bulk)
    session.flush()
    people = select(literal(bulk.id), TokenHealth.user_id).where(chosen, can_be_done(action))
    session.execute(insert(BulkActionItem).from_select(["bulk_id", "user_id"], people))
    items = select(func.count()).where(BulkActionItem.bulk_id == bulk.id)
    bulk.total = session.execute(items).scalar_one()
    if bulk.total == 0:
        raise ActionRefused("there is nobody to do this for", code="nobody")
    audit.record(
        session,
        actor=actor.user_id,
        action=f"bulk:{action}",
        subject=audit.EVERYBODY,
        detail={"id": bulk.id, "people": bulk.total},
    )
    defer(session, TASK, bulk.id)
    return bulk.id


def count(
    session: Session, settings: Settings, actor: Actor, action: str, who: Sequence[str] | Filter
) -> int:
    """For how many of them an action makes sense. Raises Forbidden."""
    admins_only(actor)
    follow_settings(session, settings)
    chosen = matches(who) if isinstance(who, Filter) else TokenHealth.user_id.in_(who)
    counted = select(func.count()).select_from(TokenHealth).where(chosen, can_be_done(action))
    return session.execute(counted).scalar_one()


def can_be_done(action: str) -> ColumnElement[bool]:
    """Whether an action makes sense for somebody: a token, or a person who may be on Slack."""
    has_token = TokenHealth.token_status.is_not(None)
    # By an address that a sign-in has proved their Slack account may still be found.
    known_address = TokenHealth.user_id.in_(
        select(UserIdentity.user_id).where(UserIdentity.email.is_not(None))
    )
    meant: dict[str, ColumnElement[bool]] = {
        "refresh": and_(has_token, TokenHealth.token_status.not_in(("not_connected",))),
        "disconnect": has_token,
        "set_robing_id": has_token,
        "send_link": and_(
            TokenHealth.known, TokenHealth.active, or_(TokenHealth.user_slack.is_not(None), known_address)
        ),
        "map_to_slack": and_(TokenHealth.known, TokenHealth.user_slack.is_(None)),
    }
    return meant.get(action, true())


def recent(session: Session, actor: Actor) -> list[Progress]:
    """Actions of all admins that go on or began lately, the newest first. Raises Forbidden."""
    admins_only(actor)
    lately = or_(BulkAction.created_at > func.now() - LATELY, is_going_on())
    rows = session.execute(
        select(BulkAction, User.display_name)
        .outerjoin(User, User.id == BulkAction.requested_by)
        .where(lately)
        .order_by(BulkAction.created_at.desc())
        .limit(SHOWN)
    )
    return [_progress(bulk, name) for bulk, name in rows]


def read(session: Session, actor: Actor, bulk_id: str) -> Progress | None:
    """One action as it stands. Raises Forbidden."""
    admins_only(actor)
    row = session.execute(
        select(BulkAction, User.display_name)
        .outerjoin(User, User.id == BulkAction.requested_by)
        .where(BulkAction.id == bulk_id)
    ).first()
    return _progress(*row) if row is not None else None


def failures(session: Session, actor: Actor, bulk_id: str) -> list[Failure]:
    """For whom an action did not work, at most 200 of them. Raises Forbidden."""
    admins_only(actor)
    rows = session.execute(
        select(BulkActionItem, TokenHealth.user_name, TokenHealth.mailbox)
        .outerjoin(TokenHealth, TokenHealth.user_id == BulkActionItem.user_id)
        .where(BulkActionItem.bulk_id == bulk_id, BulkActionItem.status == "failed")
        .order_by(BulkActionItem.user_id)
        .limit(FAILURES_SHOWN)
    )
    return [
        Failure(item.user_id, name or mailbox or item.user_id, item.error or "")
        for item, name, mailbox in rows
    ]


def stop(session: Session, actor: Actor, bulk_id: str) -> bool:
    """Do not go on: what is being done right now is finished, the others are left as they are."""
    still_admin(session, actor)
    stopped = session.scalar(
        update(BulkAction)
        .where(BulkAction.id == bulk_id, BulkAction.status.in_(("queued", "running")))
        .values(status="stopped", params={}, finished_at=func.now(), lease=None, lease_until=None)
        .returning(BulkAction.id)
    )
    return stopped is not None


def is_going_on() -> ColumnElement[bool]:
    return BulkAction.status.in_(("queued", "running"))


def is_open() -> ColumnElement[bool]:
    """Actions that a worker should take up now: waiting, or left by one that died."""
    free = or_(BulkAction.lease_until.is_(None), BulkAction.lease_until < func.now())
    return and_(is_going_on(), free)


def tidy(session: Session, settings: Settings) -> None:
    """Forget what was done longer than RETENTION_DAYS ago; the access log keeps who did what."""
    old = func.now() - timedelta(days=settings.retention_days)
    session.execute(delete(BulkAction).where(BulkAction.finished_at < old))


def _progress(bulk: BulkAction, name: str | None) -> Progress:
    return Progress(
        id=bulk.id,
        action=bulk.action,
        params=bulk.params,
        by=name or bulk.requested_by,
        status=bulk.status,
        error=bulk.error,
        total=bulk.total,
        done=bulk.done,
        failed=bulk.failed,
        created_at=bulk.created_at,
        finished_at=bulk.finished_at,
    )
