"""Who composes holds the briefing for as long as that takes; who has died at it, for less than a minute."""

from __future__ import annotations

import dataclasses
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

import scheduler
from services import daily, jobs
from services.db.engine import transaction
from services.db.models import Briefing
from services.delivery import at_work, briefings
from services.runtime import Runtime
from services.settings import Settings
from tests.integration.journeys import Sandbox, arrive, connect


@pytest.fixture
def briefing_id(runtime: Runtime, sandbox: Sandbox) -> str:
    order = briefings.Order(
        user_id=arrive(runtime, sandbox.person("seoyeon")),
        kind="daily",
        local_date=date(2026, 3, 2),
        due_at=datetime.now(UTC),
        patience=timedelta(hours=1),
    )
    with transaction(runtime.sessions) as session:
        opened = briefings.open_briefing(session, order)
    assert opened is not None
    return opened


def with_lease(runtime: Runtime, seconds: float) -> Runtime:
    return dataclasses.replace(
        runtime, settings=runtime.settings.model_copy(update={"lease_seconds": seconds})
    )


def claimed_by(runtime: Runtime, briefing_id: str) -> Briefing:
    claimed = briefings.claim(runtime, briefing_id)
    assert claimed is not None
    return claimed


def held_for(runtime: Runtime, briefing_id: str) -> timedelta:
    with transaction(runtime.sessions) as session:
        now = session.execute(select(func.now())).scalar_one()
    return lease_until(runtime, briefing_id) - now


def lease_until(runtime: Runtime, briefing_id: str) -> datetime:
    with transaction(runtime.sessions) as session:
        until = session.get_one(Briefing, briefing_id).lease_until
    assert until is not None
    return until


def test_whoever_dies_composing_is_followed_within_a_minute(runtime: Runtime, briefing_id: str) -> None:
    usual = with_lease(runtime, Settings.model_fields["lease_seconds"].default)
    claimed_by(usual, briefing_id)
    noticed = timedelta(seconds=scheduler.SWEEP_SECONDS + jobs.POLL_SECONDS)
    assert held_for(usual, briefing_id) + noticed < timedelta(seconds=60)


def test_a_claim_lasts_while_composing_goes_on(runtime: Runtime, briefing_id: str) -> None:
    brief = with_lease(runtime, 3)
    claimed = claimed_by(brief, briefing_id)
    first = lease_until(brief, briefing_id)
    with at_work.on(brief, claimed):
        deadline = time.monotonic() + 30
        while lease_until(brief, briefing_id) == first:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert "at-work" not in {thread.name for thread in threading.enumerate()}


def test_composing_that_takes_long_is_left_to_whoever_is_at_it(
    runtime: Runtime, sandbox: Sandbox, briefing_id: str
) -> None:
    with transaction(runtime.sessions) as session:
        user_id = session.get_one(Briefing, briefing_id).user_id
    connect(runtime, sandbox, user_id, "seoyeon")
    sandbox.fault(op="batch", latency_ms=4_000)
    brief = with_lease(runtime, 1.5)
    with ThreadPoolExecutor(1) as pool:
        composing = pool.submit(daily.send_briefing, brief, briefing_id, now=datetime.now(UTC))
        seen: set[datetime | None] = set()
        while len(seen) < 3 and not composing.done():
            with transaction(runtime.sessions) as session:
                seen.add(session.get_one(Briefing, briefing_id).lease_until)
            time.sleep(0.05)
        assert len(seen - {None}) >= 2  # the claim's, and a later one
        assert composing.result() is not None


def test_a_claim_that_has_gone_to_another_is_not_renewed(runtime: Runtime, briefing_id: str) -> None:
    claimed = claimed_by(runtime, briefing_id)
    with transaction(runtime.sessions) as session:
        session.execute(update(Briefing).values(lease=str(uuid.uuid4())))
    before = lease_until(runtime, briefing_id)
    assert not briefings.renew(runtime, claimed)
    assert lease_until(runtime, briefing_id) == before
