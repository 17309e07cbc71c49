"""The sandbox's feeds as a reader of feeds sees them."""

from __future__ import annotations

from calendar import timegm
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import feedparser
import httpx
import pytest

from sandbox.news import FEEDS, routes
from sandbox.world import World
from tests.integration.slack_server import serving


@pytest.fixture(scope="module")
def world() -> World:
    return World("http://127.0.0.1")


@pytest.fixture(scope="module")
def http(world: World) -> Iterator[httpx.Client]:
    with serving(routes(world)) as base_url, httpx.Client(base_url=base_url, trust_env=False) as client:
        yield client


@pytest.mark.parametrize(
    ("name", "version", "encoding", "first"),
    [
        ("korea", "rss20", "utf-8", "코스피 사흘째 상승…반도체·조선주가 이끌어"),
        ("euckr", "rss20", "euc-kr", "환율 1,380원대로 내려…수출기업 “한숨 돌렸다”"),
        ("tech", "rss20", "utf-8", "A database vacuum that no longer stops the world"),
        ("atom", "atom10", "utf-8", "What we learned from losing one job in a million"),
    ],
)
def test_a_feed_is_read_by_a_feed_reader(
    http: httpx.Client, name: str, version: str, encoding: str, first: str
) -> None:
    answer = http.get(f"/feeds/{name}.xml")
    read = feedparser.parse(answer.content, response_headers=dict(answer.headers))
    assert (read.bozo, read.version, read.encoding.lower()) == (False, version, encoding)
    assert (read.feed.title, read.entries[0].title) == (FEEDS[name].title, first)
    dated = read.entries[0].get("published_parsed") or read.entries[0].get("updated_parsed")
    newest = datetime.fromtimestamp(timegm(dated), UTC)
    assert timedelta(0) < datetime.now(UTC) - newest < timedelta(hours=3)


def test_the_broken_feed_is_broken(http: httpx.Client) -> None:
    assert feedparser.parse(http.get("/feeds/broken.xml").content).bozo


def test_the_huge_feed_is_more_than_anybody_should_read(http: httpx.Client) -> None:
    size = 0
    with http.stream("GET", "/feeds/huge.xml") as answer:
        for chunk in answer.iter_bytes():
            size += len(chunk)
    assert 8_000_000 < size < 20_000_000


@pytest.mark.parametrize("header", ["If-None-Match", "If-Modified-Since"])
def test_a_reader_who_has_it_gets_nothing_again(http: httpx.Client, header: str) -> None:
    first = http.get("/feeds/korea.xml")
    validator = first.headers["ETag" if header == "If-None-Match" else "Last-Modified"]
    again = http.get("/feeds/korea.xml", headers={header: validator})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize(
    "headers",
    [
        {"If-None-Match": '"old"'},
        {"If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"},
        {"If-Modified-Since": "soon"},
    ],
)
def test_an_old_or_odd_validator_gets_the_feed(http: httpx.Client, headers: dict[str, str]) -> None:
    assert http.get("/feeds/korea.xml", headers=headers).status_code == 200


def test_news_is_as_old_as_the_sandbox_clock_says(http: httpx.Client, world: World) -> None:
    before = http.get("/feeds/tech.xml").headers["ETag"]
    world.skew = timedelta(days=1)
    try:
        assert http.get("/feeds/tech.xml", headers={"If-None-Match": before}).status_code == 200
    finally:
        world.skew = timedelta(0)


def test_feeds_are_listed(http: httpx.Client) -> None:
    page = http.get("/feeds/").text
    assert all(f"/feeds/{name}.xml" in page for name in [*FEEDS, "huge"])
    assert http.get("/feeds/none.xml").status_code == 404
