"""One look into a mailbox in two round trips: four searches, then at most nine messages."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import structlog

from services.sources.gmail.client import Format, Gmail, gmail, listed_ids
from services.sources.gmail.message import read_mail
from services.sources.gmail.queries import (
    GET_UNITS,
    LIST_LIMIT,
    LIST_UNITS,
    candidates,
    choose,
    details_since,
    inbox_queries,
    settled,
)
from services.sources.google_api import Api
from services.sources.google_batch import BatchAnswers, run_batch
from services.sources.google_http import AnswerTooLarge
from services.sources.meter import UNMETERED, Meter
from services.sources.records import Mail, MailBatch

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from googleapiclient._apis.gmail.v1 import GmailResource

_log = structlog.get_logger(__name__)

Sleep = Callable[[float], None]
# How many messages have been read, of how many.
Watch = Callable[[int, int], None]
WATCHED_AT_ONCE = 3


def fetch_mail(
    credentials: Credentials,
    *,
    root: str,
    owner: str,
    since: datetime,
    now: datetime,
    seen_ids: frozenset[str] = frozenset(),
    meter: Meter = UNMETERED,
    sleep: Sleep = time.sleep,
    watch: Watch | None = None,
) -> MailBatch:
    """What is new in the inbox since `since`, apart from `seen_ids`; at most nine messages are read.

    Where somebody watches they are read three at a time, and `watch` is told before and after each three.

    Raises SourceError when a search of the inbox fails for good; a message that cannot be read is in
    `failed_ids`, one deleted meanwhile is nowhere.
    """
    client, pacing = gmail(root), Pacing(meter, sleep)
    details = details_since(since, now)
    found = _search_inbox(credentials, root, since, details, seen_ids, pacing)
    chosen = choose(found.candidates, found.everything)
    read = _read_watched(credentials, client, owner, chosen, pacing, watch)
    gone = frozenset(read.gone)
    return MailBatch(
        owner=owner,
        since=since,
        details_since=details,
        # What only fills free places is not told when it is older than the rest may be.
        mails=tuple(m for m in read.mails if m.id in found.candidates or m.received_at >= details),
        new_ids=tuple(id_ for id_ in found.everything if id_ not in gone),
        candidate_ids=tuple(id_ for id_ in found.candidates if id_ not in gone),
        failed_ids=tuple(read.failed),
        more_than_counted=found.more,
        units=found.units + read.units,
        settled_threads=found.settled_threads,
    )


@dataclass(frozen=True, slots=True)
class Pacing:
    """What a round trip waits for: the quota before it, and a pause before what failed is asked again."""

    meter: Meter
    sleep: Sleep

    def run(self, credentials: Credentials, api: Api, uris: Mapping[str, str], units: int) -> BatchAnswers:
        """`run_batch`, at so many units a URI."""
        return run_batch(credentials, api, uris, units=units, meter=self.meter, sleep=self.sleep)


@dataclass(frozen=True, slots=True)
class _Found:
    candidates: tuple[str, ...]
    everything: tuple[str, ...]
    settled_threads: frozenset[str]
    more: bool
    units: int


@dataclass(slots=True)
class ReadMessages:
    """What came of the messages asked for; `gone` were deleted meanwhile."""

    mails: list[Mail] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    units: int = 0

    def take(self, more: ReadMessages) -> None:
        self.mails += more.mails
        self.failed += more.failed
        self.gone += more.gone
        self.units += more.units


def _search_inbox(
    credentials: Credentials,
    root: str,
    since: datetime,
    details: datetime,
    seen_ids: frozenset[str],
    pacing: Pacing,
) -> _Found:
    client, queries = gmail(root), inbox_queries(since, details)
    searches = {"marked": queries.marked, "personal": queries.personal, "everything": queries.everything}
    uris = {name: client.listing(query, LIST_LIMIT) for name, query in searches.items()}
    uris["conversations"] = f"{_conversations_uri(root)}&{urlencode({'q': queries.conversations})}"
    outcome = pacing.run(credentials, client.api, uris, LIST_UNITS)
    for name, error in outcome.errors.items():
        if name in searches:
            raise error
    listed = {name: listed_ids(outcome.answers[name]) for name in searches}

    def unseen(name: str) -> list[str]:
        return [id_ for id_ in listed[name] if id_ not in seen_ids]

    ranked = candidates(unseen("marked"), unseen("personal"))
    return _Found(
        candidates=ranked,
        # A candidate may be missing there: beyond the 500 listed, or arrived between the two searches.
        everything=tuple(dict.fromkeys([*unseen("everything"), *ranked])),
        # Mail told before ends a thread like any other from somebody else.
        settled_threads=settled(
            _conversations(outcome.answers.get("conversations", {})), frozenset().union(*listed.values())
        ),
        more=any("nextPageToken" in outcome.answers[name] for name in searches),
        units=outcome.sent * LIST_UNITS,
    )


@cache
def _conversations_uri(root: str) -> str:
    """Where messages are listed with their threads, without `q`; made once, as that takes long."""
    users: GmailResource.UsersResource = gmail(root).api.resource.users()
    return users.messages().list(userId="me", maxResults=LIST_LIMIT, fields="messages(id,threadId)").uri


def _conversations(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(message id, thread id), newest first. A malformed list is none: then nothing counts as settled."""
    try:
        return [(str(entry["id"]), str(entry["threadId"])) for entry in answer.get("messages") or ()]
    except (TypeError, KeyError) as exc:
        _log.warning("conversations_unreadable", error=type(exc).__name__)
        return []


def _read_watched(
    credentials: Credentials,
    client: Gmail,
    owner: str,
    ids: Sequence[str],
    pacing: Pacing,
    watch: Watch | None,
) -> ReadMessages:
    if watch is None:
        return read_messages(credentials, client, owner, ids, pacing)
    read = ReadMessages()
    watch(0, len(ids))
    for start in range(0, len(ids), WATCHED_AT_ONCE):
        some = ids[start : start + WATCHED_AT_ONCE]
        read.take(read_messages(credentials, client, owner, some, pacing))
        watch(start + len(some), len(ids))
    return read


def read_messages(
    credentials: Credentials,
    client: Gmail,
    owner: str,
    ids: Sequence[str],
    pacing: Pacing,
    *,
    fmt: Format = "full",
) -> ReadMessages:
    """Up to 50 messages in one round trip, in the order of `ids`; `metadata` reads no bodies.

    Raises SourceError where nothing at all came of it.
    """
    uris = {id_: client.message(id_, fmt) for id_ in ids}
    try:
        outcome = pacing.run(credentials, client.api, uris, GET_UNITS)
    except AnswerTooLarge:
        outcome = _one_by_one(credentials, client, ids, pacing)
    read = ReadMessages(units=outcome.sent * GET_UNITS)
    for id_ in ids:
        error = outcome.errors.get(id_)
        mail = _parsed(outcome.answers[id_], owner) if error is None else None
        if mail is not None:
            read.mails.append(mail)
        elif error is not None and error.code == "not_found":
            read.gone.append(id_)
        else:
            read.failed.append(id_)
    return read


def _one_by_one(credentials: Credentials, client: Gmail, ids: Sequence[str], pacing: Pacing) -> BatchAnswers:
    """Messages that together are too large for one answer: each by itself, a huge one without its body."""
    outcome = BatchAnswers(sent=len(ids))
    for id_ in ids:
        outcome.take(_alone(credentials, client, id_, pacing))
    return outcome


def _alone(credentials: Credentials, client: Gmail, id_: str, pacing: Pacing) -> BatchAnswers:
    outcome = BatchAnswers()
    for fmt in ("full", "metadata"):
        try:
            outcome.take(pacing.run(credentials, client.api, {id_: client.message(id_, fmt)}, GET_UNITS))
            break
        except AnswerTooLarge as error:
            outcome.take(BatchAnswers(errors={id_: error}, sent=1))
    return outcome


def _parsed(resource: Mapping[str, Any], owner: str) -> Mail | None:
    try:
        return read_mail(resource, owner=owner)
    except Exception as exc:  # noqa: BLE001 - whatever one hostile mail does, the others are told
        _log.warning("mail_unreadable", error=type(exc).__name__)
        return None
