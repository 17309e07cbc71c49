"""The access log: who did what to whose data. Append-only; the database refuses anything else.

In it is what somebody or something other than a token's owner did with the token or the mail: admins,
machines with CRON_SECRET, programs with a key. The sidecar's own reading for its owner's briefing is not
here but in the token's history.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, true
from sqlalchemy.orm import Session, aliased

from services.access import Actor, admins_only, allow
from services.db.models import AccessLog, Json, User
from services.paging import PAGE_SIZE, Page, contains, within_days

# The subject of what concerns everybody at once, such as an export of the health page.
EVERYBODY = "*"
COUNTED = 10_000
EACH_TIME = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: the names are those of now, empty where nobody is known by that id any longer."""

    id: int
    at: datetime
    actor: str
    actor_name: str
    action: str
    subject: str
    subject_name: str
    source: str
    detail: Json


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for; empty: anything. `who` and `whose` are found in names, addresses and ids.

    `since` and `until` are whole days in `zone`.
    """

    who: str = ""
    whose: str = ""
    action: str = ""
    since: date | None = None
    until: date | None = None
    zone: tzinfo = UTC


def record(
    session: Session, *, actor: str, action: str, subject: str, source: str = "", detail: Json | None = None
) -> None:
    """Note a read or use of somebody's token, mail or settings, in the caller's transaction.

    `actor` is a user id or `system:<part>`, `subject` the id of the person whose data it is, `source` where
    it came from (an address, a command). Never a token or mail text in `detail`.
    """
    session.add(
        AccessLog(actor=actor, action=action, subject_user_id=subject, source=source, detail=detail or {})
    )


def record_look(session: Session, *, actor: str, action: str, subject: str, within: timedelta) -> None:
    """Note that somebody looked, once for as long as they keep looking."""
    seen = (
        select(AccessLog.id)
        .where(
            AccessLog.subject_user_id == subject,
            AccessLog.at > func.now() - within,
            AccessLog.actor == actor,
            AccessLog.action == action,
        )
        .limit(1)
    )
    if session.scalar(seen) is None:
        record(session, actor=actor, action=action, subject=subject)


def entries(session: Session, actor: Actor, asked: Filter, page: int = 1) -> Page[Entry]:
    """The log for admins, the newest first, 50 a page; counted up to 10,000. Raises Forbidden."""
    admins_only(actor)
    return _page(session, _wanted(asked), page)


def own_entries(session: Session, actor: Actor, user_id: str, page: int = 1) -> Page[Entry]:
    """Who looked at or used what is this person's, and which of their programs did. Raises Forbidden.

    What concerned everybody is among it: they were part of it, as far as they were known then; and what
    concerned whom the assistant knew them as before they were joined.
    """
    allow(actor, user_id)
    joined = (AccessLog.action == "joined", AccessLog.subject_user_id == user_id)
    was = session.scalars(select(AccessLog.detail["was"].astext).where(*joined)).all()
    since = select(User.created_at).where(User.id == user_id).scalar_subquery()
    mine = and_(
        AccessLog.subject_user_id.in_((user_id, *was)),
        or_(
            AccessLog.actor.not_in((user_id, *was)),
            AccessLog.action.in_(("read_mail", "use_token", "joined")),
        ),
    )
    everybodys = and_(
        AccessLog.subject_user_id == EVERYBODY,
        AccessLog.action == "export_tokens",
        AccessLog.actor != user_id,
        AccessLog.at >= since,
    )
    return _page(session, or_(mine, everybodys), page)


def each_entry(session: Session, actor: Actor, asked: Filter) -> Iterator[Entry]:
    """Every line that a filter lets through, the newest first, a thousand at a time. Raises Forbidden."""
    admins_only(actor)
    wanted, last = _wanted(asked), None
    while True:
        older = true() if last is None else AccessLog.id < last
        rows = [_entry(row) for row in session.execute(_lines(and_(wanted, older)).limit(EACH_TIME))]
        yield from rows
        if len(rows) < EACH_TIME:
            return
        last = rows[-1].id


def _page(session: Session, wanted: ColumnElement[bool], page: int) -> Page[Entry]:
    some = select(literal(1)).select_from(AccessLog).where(wanted).limit(COUNTED).subquery()
    total = session.execute(select(func.count()).select_from(some)).scalar_one()
    number = max(1, page)
    rows = session.execute(_lines(wanted).offset((number - 1) * PAGE_SIZE).limit(PAGE_SIZE))
    return Page(tuple(_entry(row) for row in rows), total=total, number=number)


def _lines(wanted: ColumnElement[bool]) -> Any:
    by, of = aliased(User), aliased(User)
    return (
        select(AccessLog, by.display_name.label("by"), of.display_name.label("of"))
        .outerjoin(by, by.id == AccessLog.actor)
        .outerjoin(of, of.id == AccessLog.subject_user_id)
        .where(wanted)
        .order_by(AccessLog.id.desc())
    )


def _entry(row: Any) -> Entry:
    line: AccessLog = row.AccessLog
    return Entry(
        id=line.id,
        at=line.at,
        actor=line.actor,
        actor_name=row.by or "",
        action=line.action,
        subject=line.subject_user_id,
        subject_name=row.of or "",
        source=line.source,
        detail=line.detail,
    )


def _wanted(asked: Filter) -> ColumnElement[bool]:
    conditions = [within_days(AccessLog.at, asked.since, asked.until, asked.zone)]
    for column, text in ((AccessLog.actor, asked.who), (AccessLog.subject_user_id, asked.whose)):
        if text.strip("\0 \t"):
            conditions.append(is_somebody(column, text.replace("\0", "")))
    if asked.action:
        conditions.append(AccessLog.action == asked.action.replace("\0", ""))
    return and_(*conditions)


def is_somebody(column: Any, text: str) -> ColumnElement[bool]:
    """Whether a column's person is found by what somebody typed: in their name, addresses or id."""
    named = or_(*(contains(found, text) for found in (User.display_name, User.email, User.username)))
    return or_(contains(column, text), column.in_(select(User.id).where(named)))
