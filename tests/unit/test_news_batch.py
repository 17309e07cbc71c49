"""Which of the known headlines are news, and in which order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.sources.news.fetch import Feed, news_of
from services.sources.records import NewsItem

NOW = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)


def item(title: str, age: timedelta | None) -> NewsItem:
    published = None if age is None else NOW - age
    return NewsItem(title, f"https://news.example/{title}", "News", published)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def test_newest_come_first_across_feeds_and_undated_last() -> None:
    one = Feed("https://one.example", items=(item("undated", None), item("older", hours(5))))
    other = Feed("https://other.example", items=(item("oldest", hours(47)), item("newest", hours(1))))
    titles = [found.title for found in news_of([one, other], now=NOW).items]
    assert titles == ["newest", "older", "oldest", "undated"]


def test_what_is_older_than_two_days_is_no_news() -> None:
    feed = Feed("https://one.example", items=(item("fresh", hours(48)), item("stale", hours(48.1))))
    assert [found.title for found in news_of([feed], now=NOW).items] == ["fresh"]


def test_what_comes_from_the_future_counts_as_of_now() -> None:
    feed = Feed("https://one.example", items=(item("tomorrow", hours(-9)), item("earlier", hours(1))))
    first, second = news_of([feed], now=NOW).items
    assert (first.title, first.published) == ("tomorrow", NOW)
    assert second.title == "earlier"


def test_failed_feed_is_named_and_what_it_said_before_is_used() -> None:
    feed = Feed("https://one.example", items=(item("known", hours(3)),), failure="timeout")
    batch = news_of([feed, Feed("https://other.example")], now=NOW)
    assert batch.failed == (("https://one.example", "timeout"),)
    assert [found.title for found in batch.items] == ["known"]
