"""One person's briefing on one screen: token → fetch → compose → deliver → log.

The preview, a click, the schedule and the assistant all go through `compose`, so that a preview is what
would be sent at that moment.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services import logs
from services.briefing.compose import compose_briefing
from services.briefing.model import Briefing, BriefingInputs, Kind, SlackMessage
from services.briefing.render import render_slack
from services.db.models import Briefing as Row
from services.delivery import at_work, briefings
from services.errors import PortalError
from services.metrics import timed
from services.recipient import read_recipient
from services.runtime import Runtime
from services.sources.gather import gather, no_progress

RETRY = timedelta(minutes=1)
RETRY_MOST = timedelta(minutes=30)
RETRY_FAULT = timedelta(minutes=10)
# How long after its time a briefing waits for a quota that very many others are using up.
IN_LINE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a briefing is composed: its kind, when it should go out (None: now), its day (None: today)."""

    kind: Kind
    scheduled_for: datetime | None = None
    local_date: date | None = None


def compose(
    runtime: Runtime,
    user_id: str,
    occasion: Occasion,
    *,
    now: datetime,
    progress: Callable[[str], None] = no_progress,
) -> tuple[Briefing, SlackMessage]:
    """Token, fetch, compose: what a person's briefing is at this moment. Sends and stores nothing.

    `progress` is told of each step as it begins: token, mail, calendar, news, compose; those wanted.
    """
    completing = occasion.local_date if occasion.kind == "completion" else None
    person = read_recipient(runtime, user_id, now=now, completing=completing)
    found = gather(runtime, person, now=now, progress=progress)
    progress("compose")
    with timed("compose"):
        briefing = compose_briefing(
            BriefingInputs(
                person_name=person.name,
                locale=person.locale,
                zone=person.zone,
                now=now,
                local_date=occasion.local_date or now.astimezone(person.zone).date(),
                kind=occasion.kind,
                scheduled_for=occasion.scheduled_for,
                mail=found.mail,
                calendar=found.calendar,
                news=found.news,
                portal_url=runtime.settings.portal_url,
                account_email=person.google_email,
                vips=person.vips,
                muted=person.muted,
                seen_ids=person.seen_ids,
                silent_when_empty=person.silent_when_empty,
                completes=person.completes,
            )
        )
        return briefing, render_slack(briefing)


def send_briefing(runtime: Runtime, briefing_id: str, *, now: datetime) -> str | None:
    """Take a briefing from wherever it stands to the outbox; returns the outgoing message's id.

    `services/delivery/sender.py` delivers it at its time, and logs it as it marks it sent. Any number of
    workers may call this at once and again after a crash: each step is taken by one of them, what was
    composed is kept. None: there is nothing to do here now.
    """
    claimed = briefings.claim(runtime, briefing_id)
    if claimed is None:
        return None
    with logs.about(run=claimed.run_id, briefing=claimed.id):
        if claimed.content is None and not _compose_claimed(runtime, claimed, now):
            return None
        return briefings.hand_over(runtime, briefing_id, now=now)


def _compose_claimed(runtime: Runtime, claimed: Row, now: datetime) -> bool:
    """Compose and keep it; False when it was put off, has ended, or somebody else has taken it over."""
    scheduled_for = None if claimed.kind == "manual" else claimed.due_at
    occasion = Occasion(claimed.kind, scheduled_for, claimed.local_date)  # type: ignore[arg-type]
    try:
        with at_work.on(runtime, claimed):
            briefing, message = compose(runtime, claimed.user_id, occasion, now=now)
    except PortalError as exc:
        _again_or_failed(runtime, claimed, exc.code, timedelta(seconds=runtime.settings.lease_seconds))
        return False
    except Exception:
        _again_or_failed(runtime, claimed, "internal", RETRY_FAULT)
        raise
    if briefing.says_nothing:
        briefings.end(runtime, claimed, "skipped", "nothing_new")
        return False
    wait = worth_waiting(briefing, claimed.due_at, now=now)
    if wait is not None:
        hoped_for = next(one.reason for one in briefing.missing if one.passing)
        if briefings.put_off(runtime, claimed, hoped_for, delay=wait):
            return False
    if briefing.kind == "completion" and briefing.is_empty_handed:
        briefings.end(
            runtime, claimed, "failed", briefing.missing[0].reason if briefing.missing else "nothing_new"
        )
        return False
    return briefings.save(runtime, claimed, briefing, message)


def _again_or_failed(runtime: Runtime, claimed: Row, error: str, delay: timedelta) -> None:
    if not briefings.put_off(runtime, claimed, error, delay=delay):
        briefings.end(runtime, claimed, "failed", error)


def worth_waiting(briefing: Briefing, due_at: datetime, *, now: datetime) -> timedelta | None:
    """How long to wait before composing a briefing anew; None: send what there is.

    Ahead of its time a passing failure has until then to pass. From then on only a briefing without
    anything in it waits, each time about as long again as it has waited already, and for a little while one
    for which a quota is used up.
    """
    if briefing.kind == "manual" or not briefing.may_get_better:
        return None
    if now < due_at:
        return min(RETRY, due_at - now)
    in_line = now < due_at + IN_LINE and any(one.reason == "rate_limited" for one in briefing.missing)
    if not in_line and not briefing.is_empty_handed:
        return None
    spread = random.uniform(0.75, 1.25)  # noqa: S311 - so that not all ask again at once
    return min(max(RETRY, now - due_at), RETRY_MOST) * spread
