"""News by way of `news_feeds`: a feed is looked at once for everybody, not once for each person."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from services.db.engine import transaction
from services.db.models import NewsFeed
from services.runtime import Runtime
from services.sources.news.fetch import Feed, fetch_feeds, news_of
from services.sources.records import NewsBatch, NewsItem

FRESH = timedelta(minutes=10)

_one_look = threading.Lock()


def read_news(runtime: Runtime, urls: Sequence[str], *, now: datetime) -> NewsBatch:
    """The headlines of these feeds, as they were at most ten minutes ago."""
    known, stale = _known(runtime, urls)
    if stale:
        with _one_look:  # whoever waited here finds what another has just fetched
            known, stale = _known(runtime, urls)
            looked = fetch_feeds(
                [known[url] for url in stale], allowed_hosts=runtime.settings.feed_allowed_hosts
            )
            _keep(runtime, looked)
            known |= {feed.url: feed for feed in looked}
    return news_of(known.values(), now=now)


def _known(runtime: Runtime, urls: Sequence[str]) -> tuple[dict[str, Feed], list[str]]:
    """What is stored of each feed, and which of them are to be looked at again."""
    with transaction(runtime.sessions) as session:
        rows = session.execute(
            select(NewsFeed, NewsFeed.checked_at > func.now() - FRESH).where(NewsFeed.url.in_(urls))
        ).all()
    fresh = {row.url for row, is_fresh in rows if is_fresh}
    stored = {row.url: _feed(row) for row, _ in rows}
    wanted = dict.fromkeys(urls)
    return {url: stored.get(url) or Feed(url) for url in wanted}, [url for url in wanted if url not in fresh]


def _feed(row: NewsFeed) -> Feed:
    return Feed(
        url=row.url,
        etag=row.etag or "",
        last_modified=row.last_modified or "",
        items=tuple(_item(item) for item in row.items),
        failure=row.failure or "",
    )


def _item(stored: dict[str, Any]) -> NewsItem:
    published = stored.get("published")
    return NewsItem(
        title=stored["title"],
        link=stored["link"],
        feed=stored["feed"],
        published=datetime.fromisoformat(published) if published else None,
        summary=stored["summary"],
    )


def _keep(runtime: Runtime, feeds: Iterable[Feed]) -> None:
    rows = [
        {
            "url": feed.url,
            "etag": feed.etag,
            "last_modified": feed.last_modified,
            "items": [_stored(item) for item in feed.items],
            "failure": feed.failure or None,
            "checked_at": func.now(),
        }
        # in one order everywhere: two workers never wait for each other's rows
        for feed in sorted(feeds, key=lambda feed: feed.url)
    ]
    with transaction(runtime.sessions) as session:
        for row in rows:
            session.execute(
                insert(NewsFeed).values(row).on_conflict_do_update(index_elements=["url"], set_=row)
            )


def _stored(item: NewsItem) -> dict[str, Any]:
    return {
        "title": item.title,
        "link": item.link,
        "feed": item.feed,
        "published": item.published.isoformat() if item.published else None,
        "summary": item.summary,
    }
