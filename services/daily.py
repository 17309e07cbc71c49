"""One person's briefing on one screen: token → fetch → compose → deliver → log.

The preview, a click, the schedule and the assistant all go through `compose`, so that a preview is what
would be sent at that moment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from services.briefing.compose import compose_briefing
from services.briefing.model import Briefing, BriefingInputs, Kind, SlackMessage
from services.briefing.render import render_slack
from services.delivery import briefings, outbox
from services.errors import PortalError
from services.recipient import read_recipient
from services.runtime import Runtime
from services.sources.gather import gather, no_progress

RETRY = timedelta(minutes=1)
RETRY_FAULT = timedelta(minutes=10)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a briefing is composed: its kind, and when it should have gone out (None: now)."""

    kind: Kind
    scheduled_for: datetime | None = None


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
    person = read_recipient(runtime, user_id, now=now)
    found = gather(runtime, person, now=now, progress=progress)
    progress("compose")
    briefing = compose_briefing(
        BriefingInputs(
            person_name=person.name,
            locale=person.locale,
            zone=person.zone,
            now=now,
            local_date=now.astimezone(person.zone).date(),
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
        )
    )
    return briefing, render_slack(briefing)


def send_briefing(runtime: Runtime, briefing_id: str, *, now: datetime) -> str | None:
    """Take a briefing from wherever it stands towards `sent`; returns the outgoing message's id.

    Any number of workers may call it at once and again after a crash: each step is taken by one of them,
    what was composed is kept, what was posted is not posted again. None: there is nothing to do here now.
    """
    claimed = briefings.claim(runtime, briefing_id)
    if claimed is None:
        return None
    if claimed.content is None:
        occasion = Occasion(claimed.kind, None if claimed.kind == "manual" else claimed.due_at)  # type: ignore[arg-type]
        try:
            briefing, message = compose(runtime, claimed.user_id, occasion, now=now)
        except PortalError as exc:
            log.warning("briefing_put_off", briefing=briefing_id, error=exc.code)
            briefings.put_off(runtime, claimed, exc.code, delay=RETRY)
            return None
        except Exception:
            briefings.put_off(runtime, claimed, "internal", delay=RETRY_FAULT)
            raise
        if not briefings.save(runtime, claimed, briefing, message):
            return None
    message_id = briefings.hand_over(runtime, briefing_id)
    if message_id is not None:
        status = outbox.send(runtime, message_id)  # delivers, and logs the DM as it marks it sent
        log.info("briefing_delivery", briefing=briefing_id, message=message_id, status=status)
    return message_id
