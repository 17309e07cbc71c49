"""Working off an action for many: a few people at a time, each marked before it is begun and after.

A job works for some seconds and defers itself again, so that briefings do not wait behind it. Of a worker
that died the next one takes over: whom it had begun with comes once more, and the steps bear that.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog
from sqlalchemy import case, func, select, update

from services.access import Actor, still_admin
from services.db.engine import transaction
from services.db.models import BulkAction, BulkActionItem
from services.deferral import defer
from services.errors import Forbidden, PortalError, SlackUnavailable
from services.runtime import Runtime
from services.tokens.actions import STEPS
from services.tokens.bulk import TASK, is_open

AT_ONCE = 4
# Longer than four steps at once can take: a refresh that waits for another's, or a revocation.
LEASE = timedelta(seconds=90)
SECONDS = 10.0
log = structlog.get_logger(__name__)


def run(runtime: Runtime, bulk_id: str) -> None:
    """Work for some seconds, then leave the rest to the next job; nothing where somebody else is at it."""
    bulk = _claim(runtime, bulk_id)
    if bulk is None:
        return
    give_over = time.monotonic() + SECONDS
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="bulk") as pool:
        while people := _next(runtime, bulk):
            asked_to_wait = _work_off(runtime, bulk, people, pool)
            if asked_to_wait or time.monotonic() > give_over:
                _hand_over(runtime, bulk, after=asked_to_wait)
                return
    _finish(runtime, bulk)


def _claim(runtime: Runtime, bulk_id: str) -> BulkAction | None:
    with transaction(runtime.sessions) as session:
        bulk: BulkAction | None = session.scalar(
            update(BulkAction)
            .where(BulkAction.id == bulk_id, is_open())
            .values(status="running", lease=str(uuid.uuid4()), lease_until=func.now() + LEASE)
            .returning(BulkAction)
        )
        if bulk is None:
            return None
        try:
            still_admin(session, Actor(bulk.requested_by, is_admin=True))
        except Forbidden as exc:
            bulk.status, bulk.error, bulk.lease, bulk.lease_until = "failed", exc.code, None, None
            bulk.finished_at, bulk.params = func.now(), {}
            return None
        # Begun by a worker that died: they are begun anew.
        session.execute(
            update(BulkActionItem)
            .where(BulkActionItem.bulk_id == bulk.id, BulkActionItem.status == "running")
            .values(status="waiting")
        )
        return bulk


def _next(runtime: Runtime, bulk: BulkAction) -> list[str]:
    """The next few people, marked as begun; none once the action was stopped or is another worker's."""
    with transaction(runtime.sessions) as session:
        mine = session.scalar(
            update(BulkAction)
            .where(BulkAction.id == bulk.id, BulkAction.status == "running", BulkAction.lease == bulk.lease)
            .values(lease_until=func.now() + LEASE)
            .returning(BulkAction.id)
        )
        if mine is None:
            return []
        waiting = (
            select(BulkActionItem.user_id)
            .where(
                BulkActionItem.bulk_id == bulk.id,
                BulkActionItem.status == "waiting",
                BulkActionItem.status.in_(("waiting", "running")),  # as the index says it
            )
            .order_by(BulkActionItem.user_id)
            .limit(AT_ONCE)
        )
        begun = update(BulkActionItem).where(
            BulkActionItem.bulk_id == bulk.id, BulkActionItem.user_id.in_(waiting)
        )
        return list(session.scalars(begun.values(status="running").returning(BulkActionItem.user_id)))


def _work_off(
    runtime: Runtime, bulk: BulkAction, people: list[str], pool: ThreadPoolExecutor
) -> timedelta | None:
    """Do it for these people and write down what came of it; how long Slack asks us to wait, if it does."""
    outcomes = dict(zip(people, pool.map(lambda user_id: _do(runtime, bulk, user_id), people), strict=True))
    waits = [outcome for outcome in outcomes.values() if isinstance(outcome, timedelta)]
    _write(runtime, bulk, outcomes)
    return max(waits, default=None)


def _do(runtime: Runtime, bulk: BulkAction, user_id: str) -> str | timedelta | None:
    """One person's step: None, why it did not work, or after which time to come again."""
    try:
        STEPS[bulk.action](runtime, user_id, Actor(bulk.requested_by, is_admin=True), bulk.params)
    except SlackUnavailable as exc:
        return timedelta(seconds=exc.retry_after) if exc.retry_after else exc.code
    except PortalError as exc:
        return exc.code
    except Exception:
        log.exception("bulk_step_failed", action=bulk.action, user=user_id)
        return "internal"
    return None


def _write(runtime: Runtime, bulk: BulkAction, outcomes: dict[str, str | timedelta | None]) -> None:
    """Write down what came of each; whoever was written down already is not counted again."""
    errors = {user_id: outcome for user_id, outcome in outcomes.items() if isinstance(outcome, str)}
    later = [user_id for user_id, outcome in outcomes.items() if isinstance(outcome, timedelta)]
    status = case(
        (BulkActionItem.user_id.in_(later), "waiting"),
        (BulkActionItem.user_id.in_(errors), "failed"),
        else_="done",
    )
    with transaction(runtime.sessions) as session:
        # The action's row first, as in `_next`: two workers then never wait for each other.
        session.execute(select(BulkAction.id).where(BulkAction.id == bulk.id).with_for_update())
        written = session.execute(
            update(BulkActionItem)
            .where(
                BulkActionItem.bulk_id == bulk.id,
                BulkActionItem.user_id.in_(outcomes),
                BulkActionItem.status.in_(("waiting", "running")),
            )
            .values(
                status=status,
                error=case(errors, value=BulkActionItem.user_id) if errors else None,
                finished_at=func.now(),
            )
            .returning(BulkActionItem.status)
        )
        counts = Counter(written.scalars())
        session.execute(
            update(BulkAction)
            .where(BulkAction.id == bulk.id)
            .values(done=BulkAction.done + counts["done"], failed=BulkAction.failed + counts["failed"])
        )


def _hand_over(runtime: Runtime, bulk: BulkAction, *, after: timedelta | None) -> None:
    """Let the next job go on, at once or after a while."""
    with transaction(runtime.sessions) as session:
        free_at = session.scalar(
            update(BulkAction)
            .where(BulkAction.id == bulk.id, BulkAction.status == "running", BulkAction.lease == bulk.lease)
            .values(lease=None, lease_until=func.now() + (after or timedelta(0)))
            .returning(BulkAction.lease_until)
        )
        if free_at is not None:
            defer(session, TASK, bulk.id, at=free_at if after else None)


def _finish(runtime: Runtime, bulk: BulkAction) -> None:
    left = select(BulkActionItem.user_id).where(
        BulkActionItem.bulk_id == bulk.id, BulkActionItem.status.in_(("waiting", "running"))
    )
    with transaction(runtime.sessions) as session:
        session.execute(
            update(BulkAction)
            .where(
                BulkAction.id == bulk.id,
                BulkAction.status == "running",
                BulkAction.lease == bulk.lease,
                ~left.exists(),
            )
            .values(status="done", params={}, finished_at=func.now(), lease=None, lease_until=None)
        )
