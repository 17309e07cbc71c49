"""News: many feeds at once, each within its time, none at the cost of another.

The caller keeps a `Feed` for each address (table `news_feeds`), hands in those that are to be looked at
again, stores what comes back, and makes the briefing's news of all of them with `news_of`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import httpx

from services.errors import SourceError, SourceUnavailable
from services.sources.news.download import TIMEOUT, Answer, download
from services.sources.news.feed import read_feed
from services.sources.news.guard import GuardedTransport, Resolve, resolve_host
from services.sources.records import NewsBatch, NewsItem

FEED_SECONDS = 10.0
FEEDS_AT_ONCE = 8
KEPT = timedelta(hours=48)
_LAST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Feed:
    """What is known of a feed: the validators and items of its last good answer, and its last failure.

    `failure` is a short machine reason (`timeout`, `http_404`, `not_a_feed`, `refused_address`, …), empty
    when the last look went well.
    """

    url: str
    etag: str = ""
    last_modified: str = ""
    items: tuple[NewsItem, ...] = ()
    failure: str = ""


def fetch_feeds(
    feeds: Sequence[Feed],
    *,
    allowed_hosts: Iterable[str],
    resolve: Resolve = resolve_host,
    seconds: float = FEED_SECONDS,
) -> tuple[Feed, ...]:
    """Look at every feed once and return them in the same order, brought up to date.

    A feed that fails keeps what was known and says why in `failure`; nothing is raised. `allowed_hosts`
    (`host` or `host:port`) may be private ones; all others must be public. Takes `seconds` for each
    `FEEDS_AT_ONCE` feeds at most. Call from a thread without a running event loop.
    """
    transport = GuardedTransport(frozenset(allowed_hosts), resolve)
    answers = asyncio.run(_download_all(feeds, transport, seconds))
    return tuple(map(_updated, feeds, answers))


def news_of(feeds: Iterable[Feed], *, now: datetime) -> NewsBatch:
    """The headlines of the last 48 hours, newest first; those without a date come last.

    What is dated in the future counts as of now. Items of a feed that fails are still used.
    """
    known = list(feeds)
    items = [_not_after(item, now) for feed in known for item in feed.items]
    fresh = [item for item in items if item.published is None or item.published >= now - KEPT]
    fresh.sort(key=lambda item: item.published or _LAST, reverse=True)
    return NewsBatch(tuple(fresh), tuple((feed.url, feed.failure) for feed in known if feed.failure))


def _not_after(item: NewsItem, now: datetime) -> NewsItem:
    return replace(item, published=now) if item.published is not None and item.published > now else item


async def _download_all(
    feeds: Sequence[Feed], transport: GuardedTransport, seconds: float
) -> list[Answer | SourceError]:
    places = asyncio.Semaphore(FEEDS_AT_ONCE)
    async with httpx.AsyncClient(transport=transport, timeout=TIMEOUT, trust_env=False) as client:

        async def look(feed: Feed) -> Answer | SourceError:
            try:
                async with places, asyncio.timeout(seconds):
                    return await download(client, feed.url, etag=feed.etag, last_modified=feed.last_modified)
            except TimeoutError:
                return SourceUnavailable("the feed does not answer in time", code="timeout")
            except SourceError as exc:
                return exc

        return await asyncio.gather(*map(look, feeds))


def _updated(feed: Feed, answer: Answer | SourceError) -> Feed:
    if isinstance(answer, SourceError):
        return replace(feed, failure=answer.code)
    if answer.body is None:
        return replace(feed, failure="")
    try:
        items = read_feed(answer.body, content_type=answer.content_type, url=answer.url)
    except SourceError as exc:
        return replace(feed, failure=exc.code)
    return Feed(feed.url, answer.etag, answer.last_modified, items)
