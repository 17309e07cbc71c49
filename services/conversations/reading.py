"""Reading and searching one's own conversation with the assistant: newest first, nobody else's, ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, and_, any_, cast, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.access import Actor
from services.conversations.words import folded
from services.db.models import ConversationMessage, JsonList
from services.errors import Forbidden

# Columns and no records: of what a search takes, most would be the making of records.
_LOG = ConversationMessage
_PLAIN = ("id", "role", "kind", "text", "blocks", "said_at", "channel", "ts", "thread_ts")
_SHOWN = tuple(getattr(_LOG, name) for name in (*_PLAIN, "edited_ts"))

MOST = 200
LONGEST = 200  # characters of what is searched for
# So many of the newest messages are read one by one before the index is asked, which takes its time to gather
# what is in every fifth; as many hits of the index are looked at; and so many messages where it has more.
READ_FIRST = 600
FEW = 500
READ_ON = 6_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages: with all words of `text`, of these kinds, by one side, `since ≤ said < until`."""

    text: str = ""
    kinds: tuple[str, ...] = ()
    role: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def words(self) -> list[str]:
        """What is searched for, as it is stored; at most LONGEST characters of it."""
        return folded(self.text[:LONGEST]).split()


EVERYTHING = Wanted()


def days(first: date | None, last: date | None, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """`since` and `until` of whole days in somebody's zone, the last one included."""
    beginning = datetime.combine(first, time(), zone) if first else None
    end = datetime.combine(last + timedelta(days=1), time(), zone) if last and last < date.max else None
    return beginning, end


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a message stands among others; it stays a place when the message is deleted."""

    said_at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a DM: `role` is user or assistant, `kind` what it was (briefing, reply, …)."""

    id: int
    role: str
    kind: str
    text: str
    blocks: JsonList | None
    said_at: datetime
    channel: str
    ts: str
    thread_ts: str | None
    edited: bool

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.said_at, self.id)


def own_messages(
    session: Session,
    actor: Actor,
    user_id: str,
    wanted: Wanted = EVERYTHING,
    *,
    before: Place | None = None,
    limit: int = 50,
) -> list[Said]:
    """A person's messages, newest first, at most `limit` (up to MOST), older than `before`.

    Raises Forbidden for anybody but the person, admins too.
    """
    only_their_own(actor, user_id)
    limit = min(max(limit, 1), MOST)
    asked = _asked(user_id, wanted, before)
    if not wanted.words:
        return _read(session, _newest(asked, limit))
    return _search(session, asked, user_id, wanted.words, limit)


def kinds(session: Session, actor: Actor, user_id: str) -> list[str]:
    """Which kinds of messages a person has. Raises Forbidden."""
    only_their_own(actor, user_id)
    own = ConversationMessage.user_id == user_id
    return sorted(session.scalars(select(ConversationMessage.kind).where(own).distinct()))


def only_their_own(actor: Actor, user_id: str) -> None:
    """Raises Forbidden for anybody but the person themselves: a conversation is no admin's business."""
    if actor.user_id != user_id:
        raise Forbidden("a conversation is its owner's alone")


def by_ids(session: Session, user_id: str, ids: Sequence[int]) -> list[Said]:
    """Those of a person's messages that have these ids, in the order of `ids`."""
    found = _read(session, select(*_SHOWN).where(_LOG.user_id == user_id, _LOG.id.in_(ids)))
    return sorted(found, key=lambda message: ids.index(message.id))


def _search(
    session: Session, asked: ColumnElement[bool], user_id: str, words: list[str], limit: int
) -> list[Said]:
    """The quickest way first; each is right for words of another frequency."""
    newest = _read(session, _among_newest(asked, words, limit, READ_FIRST))
    if len(newest) == limit:
        return newest
    hits = session.scalars(_hits(user_id, words).limit(FEW + 1)).all()
    if len(hits) <= FEW:
        return _read(session, _newest(and_(asked, *_matching(_among(hits), words)), limit))
    newest = _read(session, _among_newest(asked, words, limit, READ_ON))
    return newest if len(newest) == limit else _read(session, _indexed(asked, user_id, words, limit))


def _asked(user_id: str, wanted: Wanted, before: Place | None) -> ColumnElement[bool]:
    """Everything but the words."""
    conditions: list[ColumnElement[bool]] = [_LOG.user_id == user_id]
    if wanted.kinds:
        conditions.append(_LOG.kind.in_(wanted.kinds))
    if wanted.role:
        conditions.append(_LOG.role == wanted.role)
    if wanted.since is not None:
        conditions.append(_LOG.said_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(_LOG.said_at < wanted.until)
    if before is not None:
        conditions.append(tuple_(_LOG.said_at, _LOG.id) < tuple_(before.said_at, before.id))
    return and_(*conditions)


def _newest(asked: ColumnElement[bool], limit: int, *more: InstrumentedAttribute[str]) -> Select[Any]:
    return select(*_SHOWN, *more).where(asked).order_by(_LOG.said_at.desc(), _LOG.id.desc()).limit(limit)


def _among_newest(asked: ColumnElement[bool], words: list[str], limit: int, read: int) -> Select[Any]:
    """Reads on until enough are found, and no further than `read` messages."""
    recent = _newest(asked, read, _LOG.searched).subquery()
    found = select(*(recent.c[column.key] for column in _SHOWN))
    matching = found.where(*(_contains(recent.c.searched, word) for word in words))
    return matching.order_by(recent.c.said_at.desc(), recent.c.id.desc()).limit(limit)


def _indexed(asked: ColumnElement[bool], user_id: str, words: list[str], limit: int) -> Select[Any]:
    """By the index alone: the other conditions, known to the planner, would lead it to read everything."""
    hits = _hits(user_id, words).cte("hits").prefix_with("MATERIALIZED")
    return _newest(and_(asked, *_matching(_LOG.id.in_(select(hits.c.id)), words)), limit)


def _hits(user_id: str, words: list[str]) -> Select[int]:
    """What has all letters of the words, each beside the next; not yet in their order."""
    grams = func.conversation_grams(_LOG.user_id, _LOG.searched)
    return select(_LOG.id).where(grams.op("@>")(func.conversation_grams(user_id, " ".join(words))))


def _among(ids: Sequence[int]) -> ColumnElement[bool]:
    """One parameter however many they are."""
    return _LOG.id == any_(cast(ids, ARRAY(BigInteger)))


def _matching(some: ColumnElement[bool], words: list[str]) -> tuple[ColumnElement[bool], ...]:
    return some, *(_contains(_LOG.searched, word) for word in words)


def _contains(column: ColumnElement[str] | InstrumentedAttribute[str], word: str) -> ColumnElement[bool]:
    """Both sides are folded already; `%`, `_` and `\\` mean themselves."""
    return column.contains(word, autoescape=True)


def _read(session: Session, wanted: Select[Any]) -> list[Said]:
    return [
        Said(**{name: getattr(row, name) for name in _PLAIN}, edited=row.edited_ts is not None)
        for row in session.execute(wanted)
    ]
