"""Previews: a briefing composed by a job while its owner watches, and sending one at once.

The page's script may be killed at any moment, so it only asks here and reads the row again.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from services import daily
from services.db.engine import transaction
from services.db.models import Briefing, Json, JsonList, OutboundMessage, Preview, User
from services.deferral import defer
from services.delivery import own
from services.delivery.briefings import Order, open_briefing
from services.delivery.outbox import is_of_briefing
from services.due import zone_of
from services.errors import PortalError
from services.people.registry import UnknownPerson
from services.runtime import Runtime

# Nobody watches any longer.
PREVIEW_PATIENCE = timedelta(minutes=10)
# Composing asks Google twice or three times; each call gives up after 10 s.
LEASE = timedelta(seconds=120)
# A second click on "send it again" means the first.
AGAIN_AFTER = timedelta(minutes=1)
# Who clicks "send it now" does not want it in the middle of the night.
SEND_PATIENCE = timedelta(hours=1)
UNDER_WAY = ("due", "claimed", "composed", "sending", "retry_wait")


@dataclass(frozen=True, slots=True)
class PreviewState:
    """How far a preview is.

    `status` is queued, running, done or failed; `step` is token, mail, calendar, news, compose or done.
    `content` is the Slack message {text, blocks} once done, `missing` lists {source, reason}, `error` is a
    machine name.
    """

    id: str
    status: str
    step: str
    content: Json | None
    missing: JsonList
    error: str | None
    created_at: datetime

    @property
    def finished(self) -> bool:
        return self.status in {"done", "failed"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a briefing stands on its way to Slack; `error` is a machine name, of the last try."""

    status: str
    error: str | None
    sent_at: datetime | None

    @property
    def finished(self) -> bool:
        return self.status not in UNDER_WAY


def request(session: Session, user_id: str) -> str:
    """Have a preview made and return its id; one that is under way is shared. Raises UnknownPerson."""
    _lock_person(session, user_id)
    preview_id = session.scalar(
        select(Preview.id)
        .where(Preview.user_id == user_id, Preview.status.in_(("queued", "running")))
        .order_by(Preview.created_at.desc())
    )
    if preview_id is None:
        preview_id = str(uuid.uuid4())
        session.add(Preview(id=preview_id, user_id=user_id))
        session.flush()
    defer(session, "preview", preview_id)
    return preview_id


def read(session: Session, user_id: str, preview_id: str) -> PreviewState | None:
    """One's own preview; None where there is none of that id."""
    row = session.scalar(select(Preview).where(Preview.id == preview_id, Preview.user_id == user_id))
    return _state(row)


def latest(session: Session, user_id: str) -> PreviewState | None:
    """The newest of one's own previews, so that looking again costs nothing."""
    row = session.scalar(
        select(Preview).where(Preview.user_id == user_id).order_by(Preview.created_at.desc()).limit(1)
    )
    return _state(row)


def run(runtime: Runtime, preview_id: str, *, now: datetime) -> None:
    """Compose a preview, writing down each step as it begins; nothing where somebody else is at it."""
    claimed = _claim(runtime, preview_id)
    if claimed is None:
        return
    try:
        briefing, message = daily.compose(
            runtime,
            claimed.user_id,
            daily.Occasion("manual"),
            now=now,
            progress=partial(_note_step, runtime, claimed),
        )
    except PortalError as exc:
        _write(runtime, claimed, status="failed", error=exc.code)
    except Exception:
        _write(runtime, claimed, status="failed", error="internal")
        raise
    else:
        _write(
            runtime,
            claimed,
            status="done",
            step="done",
            content={"text": message.text, "blocks": message.blocks},
            missing=[{"source": m.source, "reason": m.reason} for m in briefing.missing],
        )


def send_now(session: Session, user_id: str) -> str:
    """Send a briefing at once, besides the day's own; its id. One that is under way already is shared.

    Raises UnknownPerson.
    """
    user = _lock_person(session, user_id)
    under_way = session.scalar(
        select(Briefing.id).where(
            Briefing.user_id == user_id, Briefing.kind == "manual", Briefing.status.in_(UNDER_WAY)
        )
    )
    if under_way is not None:
        return under_way
    now = session.execute(select(func.now())).scalar_one()
    order = Order(
        user_id=user_id,
        kind="manual",
        local_date=now.astimezone(zone_of(user.timezone)).date(),
        due_at=now,
        patience=SEND_PATIENCE,
    )
    briefing_id = open_briefing(session, order)
    assert briefing_id is not None  # noqa: S101 - manual ones are not unique
    defer(session, "send_briefing", briefing_id)
    return briefing_id


def send_again(session: Session, user_id: str, briefing_id: str) -> str | None:
    """Send one of one's own briefings once more, as it was; the copy's id. One of the last minute is shared.

    None where there is none of that id, or nothing is left of what it said. Raises UnknownPerson.
    """
    user = _lock_person(session, user_id)
    original = session.execute(own.sent_to(user_id).where(Briefing.id == briefing_id)).first()
    if original is None:
        return None
    now = session.execute(select(func.now())).scalar_one()
    lately = or_(Briefing.status.in_(UNDER_WAY), Briefing.created_at > now - AGAIN_AFTER)
    made = session.scalar(
        select(Briefing.id).where(Briefing.user_id == user_id, Briefing.copy_of == briefing_id, lately)
    )
    if made is not None:
        return made
    sent, content = original
    copy = Briefing(
        id=str(uuid.uuid4()),
        user_id=user_id,
        kind="manual",
        local_date=now.astimezone(zone_of(user.timezone)).date(),
        due_at=now,
        deadline_at=now + SEND_PATIENCE,
        content=content,
        completeness=sent.completeness,
        missing=sent.missing,
        composed_at=sent.composed_at,
        copy_of=sent.id,
    )
    session.add(copy)
    session.flush()
    defer(session, "send_briefing", copy.id)
    return copy.id


def delivery_of(session: Session, user_id: str, briefing_id: str) -> Delivery | None:
    """Where one's own briefing stands; None where there is none of that id, which may be anything at all."""
    if not briefing_id.isprintable():
        return None
    row = session.execute(
        select(Briefing.status, func.coalesce(OutboundMessage.error, Briefing.error), Briefing.sent_at)
        .select_from(Briefing)
        .outerjoin(OutboundMessage, is_of_briefing())
        .where(Briefing.id == briefing_id, Briefing.user_id == user_id)
    ).first()
    return Delivery(*row) if row is not None else None


def is_open() -> ColumnElement[bool]:
    """Previews that a worker should take up now: waiting, or left by one that died."""
    left = and_(Preview.status == "running", Preview.updated_at < func.now() - LEASE)
    return and_(or_(Preview.status == "queued", left), Preview.created_at > func.now() - PREVIEW_PATIENCE)


def give_up_late(session: Session) -> None:
    """End what nobody waits for any longer."""
    session.execute(
        update(Preview)
        .where(Preview.status.in_(("queued", "running")), Preview.created_at <= func.now() - PREVIEW_PATIENCE)
        .values(status="failed", error="too_late")
    )


def _lock_person(session: Session, user_id: str) -> User:
    """The person, locked: two clicks at once come one after the other."""
    user = session.scalar(select(User).where(User.id == user_id).with_for_update(key_share=True))
    if user is None:
        raise UnknownPerson(f"nobody is known as {user_id!r}")
    return user


def _state(row: Preview | None) -> PreviewState | None:
    if row is None:
        return None
    return PreviewState(row.id, row.status, row.step, row.content, row.missing, row.error, row.created_at)


def _claim(runtime: Runtime, preview_id: str) -> Preview | None:
    with transaction(runtime.sessions) as session:
        claimed: Preview | None = session.scalar(
            update(Preview)
            .where(Preview.id == preview_id, is_open())
            .values(status="running", step="token", lease=str(uuid.uuid4()))
            .returning(Preview)
        )
        return claimed


def _note_step(runtime: Runtime, claimed: Preview, step: str) -> None:
    _write(runtime, claimed, step=step)


def _write(runtime: Runtime, claimed: Preview, **values: Any) -> None:
    """Write only while the preview is still this worker's."""
    with transaction(runtime.sessions) as session:
        session.execute(
            update(Preview)
            .where(Preview.id == claimed.id, Preview.status == "running", Preview.lease == claimed.lease)
            .values(**values)
        )
