"""Feeds over real sockets: conditional, redirected, packed, slow, endless and hostile ones."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from services.sources.news.fetch import Feed, fetch_feeds
from services.sources.records import NewsItem
from tests.integration.feed_site import Request, Site, self_signed, serving

RSS = b"<rss version='2.0'><channel><title>News</title><item><title>One</title></item></channel></rss>"
KNOWN = (NewsItem("Known", "https://news.example/1", "News"),)
ALLOWED = frozenset({"127.0.0.1"})


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site()) as server:
        yield server


def look(*feeds: Feed | str, seconds: float = 5.0) -> tuple[Feed, ...]:
    known = [Feed(feed) if isinstance(feed, str) else feed for feed in feeds]
    return fetch_feeds(known, allowed_hosts=ALLOWED, seconds=seconds)


def failure_of(url: str, seconds: float = 5.0) -> str:
    (feed,) = look(Feed(url, "e", "m", KNOWN), seconds=seconds)
    assert not feed.failure or (feed.etag, feed.items) == ("e", KNOWN), "a failure forgets nothing"
    return feed.failure


def test_feed_is_fetched_with_its_validators(site: Site) -> None:
    modified = "Fri, 20 Nov 2026 12:00:00 GMT"
    url = site.page("/rss", lambda request: request.answer(200, RSS, ETag='"1"', Last_Modified=modified))
    (feed,) = look(url)
    assert (feed.url, feed.etag, feed.last_modified, feed.failure) == (url, '"1"', modified, "")
    assert [item.title for item in feed.items] == ["One"]
    asked = site.seen[0].headers
    assert asked["If-None-Match"] is None
    assert asked["Accept-Encoding"] == "gzip"


def test_unchanged_feed_keeps_its_items(site: Site) -> None:
    url = site.page("/rss", lambda request: request.answer(304))
    known = Feed(url, '"1"', "Fri, 20 Nov 2026 12:00:00 GMT", KNOWN, failure="timeout")
    (feed,) = look(known)
    assert feed == Feed(url, known.etag, known.last_modified, KNOWN)
    asked = site.seen[0].headers
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == (known.etag, known.last_modified)


@pytest.mark.parametrize("etag", ["x" * 600, "caf\u00e9", "tab\tinside"])
def test_validator_that_could_not_be_sent_back_is_not_kept(site: Site, etag: str) -> None:
    (feed,) = look(site.page("/rss", lambda request: request.answer(200, RSS, ETag=etag)))
    assert (feed.etag, len(feed.items)) == ("", 1)


@pytest.mark.parametrize("status", [304, 400, 403, 404, 410, 429, 500, 503])
def test_refusals_name_their_status(site: Site, status: int) -> None:
    (feed,) = look(site.page("/rss", lambda request: request.answer(status)))
    assert feed.failure == f"http_{status}"


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_packed_feeds_are_unpacked(site: Site, packing: str) -> None:
    packed = gzip.compress(RSS) if packing == "gzip" else zlib.compress(RSS)
    (feed,) = look(site.page("/rss", lambda request: request.answer(200, packed, Content_Encoding=packing)))
    assert [item.title for item in feed.items] == ["One"]


@pytest.mark.parametrize(
    ("body", "packing", "failure"),
    [
        (gzip.compress(b"\0" * 30_000_000, 9), "gzip", "too_large"),
        (gzip.compress(gzip.compress(RSS)), "gzip, gzip", "bad_encoding"),
        (b"not packed", "gzip", "bad_encoding"),
        (b"whatever", "br", "bad_encoding"),
        (RSS + b" " * 2_000_000, "identity", "too_large"),
        (b"<html><body>Please sign in</body></html>", "identity", "not_a_feed"),
        (b"", "identity", "not_a_feed"),
    ],
    ids=["bomb", "twice", "lie", "unasked", "large", "page", "empty"],
)
def test_bodies_that_cannot_be_used_have_a_reason(
    site: Site, body: bytes, packing: str, failure: str
) -> None:
    url = site.page("/rss", lambda request: request.answer(200, body, Content_Encoding=packing))
    assert failure_of(url) == failure


def endless(request: Request) -> None:
    request.answer(200)
    while True:
        request.wfile.write(b"<!-- more -->" * 1_000)


def drip(request: Request) -> None:
    """Headers a byte at a time: never silent long enough for a read to time out."""
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 100:
        request.wfile.write(bytes([byte]))
        time.sleep(0.05)


def test_endless_feed_is_left_when_it_is_too_large(site: Site) -> None:
    assert failure_of(site.page("/rss", endless)) == "too_large"
    deadline = time.monotonic() + 5
    while not site.cut and time.monotonic() < deadline:
        time.sleep(0.01)
    assert site.cut == ["/rss"]


def test_slow_feed_is_left_in_time_and_hurts_no_other(site: Site) -> None:
    slow, good = site.page("/slow", drip), site.page("/good", lambda request: request.answer(200, RSS))
    begun = time.monotonic()
    feeds = look(slow, good, slow, site.url("/missing"), seconds=1.0)
    assert time.monotonic() - begun < 5  # left alone it takes six
    assert [feed.failure for feed in feeds] == ["timeout", "", "timeout", "http_404"]
    assert [item.title for item in feeds[1].items] == ["One"]


def test_silent_name_server_costs_no_more_than_the_feeds_time(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def silent(*_: object, **__: object) -> list[object]:
        answered.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    begun = time.monotonic()
    (feed,) = look("http://feeds.example/rss", seconds=0.2)
    assert feed.failure == "timeout"
    assert time.monotonic() - begun < 5
    answered.set()


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-OpenSSH_9.9\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"]
)
def test_answers_that_are_not_http_are_bad(site: Site, answer: bytes) -> None:
    def say(request: Request) -> None:
        request.wfile.write(answer)

    assert failure_of(site.page("/rss", say)) == "bad_answer"


def test_nobody_there_is_unreachable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert failure_of(f"http://127.0.0.1:{free.getsockname()[1]}/rss") == "unreachable"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_without_reading_their_pages(site: Site, status: int) -> None:
    def moved(request: Request) -> None:
        request.answer(status, Location="/new/rss.xml")
        while True:
            request.wfile.write(b"moved " * 10_000)

    relative = RSS.replace(b"</title></item>", b"</title><link>story/1</link></item>")
    site.page("/new/rss.xml", lambda request: request.answer(200, relative))
    old = site.page("/old", moved)
    (feed,) = look(old)
    assert (feed.url, feed.failure) == (old, "")
    assert feed.items[0].link == site.url("/new/story/1")


def test_redirects_end(site: Site) -> None:
    for number in range(9):
        site.page(f"/{number}", partial(Request.answer, status=302, Location=f"/{number + 1}"))
    site.page("/9", lambda request: request.answer(200, RSS))
    assert failure_of(site.url("/4")) == ""
    assert failure_of(site.url("/3")) == "too_many_redirects"


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost:{port}/rss",
        "http://[::1]:{port}/rss",
        "http://2130706433:{port}/rss",
        "//10.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/",
    ],
)
def test_redirect_leads_nowhere_where_a_feed_may_not_be(site: Site, location: str) -> None:
    target = location.format(port=site.server_port)
    site.page("/rss", lambda request: request.answer(200, RSS))
    assert (
        failure_of(site.page("/moved", lambda request: request.answer(302, Location=target)))
        == "refused_address"
    )
    assert [request.path for request in site.seen] == ["/moved"]


def test_loopback_is_refused_unless_allowed(site: Site) -> None:
    url = site.page("/rss", lambda request: request.answer(200, RSS))
    port = site.server_port
    outcomes = {
        allowed: fetch_feeds([Feed(url)], allowed_hosts=[allowed])[0].failure
        for allowed in (
            "",
            "feeds.example",
            "localhost",
            f"127.0.0.1:{port + 1}",
            f"127.0.0.1:{port}",
            "127.0.0.1",
        )
    }
    assert [allowed for allowed, failure in outcomes.items() if not failure] == [
        f"127.0.0.1:{port}",
        "127.0.0.1",
    ]
    assert set(outcomes.values()) == {"", "refused_address"}


def test_name_is_asked_for_once_and_its_address_connected_to(site: Site) -> None:
    """A name server that would answer otherwise a moment later finds nobody asking."""
    site.page("/rss", lambda request: request.answer(200, RSS))
    answers = iter([["127.0.0.1"], ["192.0.2.1"]])

    async def rebinding(host: str, port: int) -> Sequence[str]:
        return next(answers)

    name = f"feeds.example:{site.server_port}"
    (feed,) = fetch_feeds([Feed(f"http://{name}/rss")], allowed_hosts=[name], resolve=rebinding)
    assert feed.failure == ""
    assert site.seen[0].headers["Host"] == name
    assert next(answers) == ["192.0.2.1"]


def test_feed_makes_nobody_fetch_anything_else(site: Site) -> None:
    secret = site.page("/secret", lambda request: request.answer(200, RSS))
    address = site.page("/address", lambda request: request.answer(200, secret.encode()))
    dtd = f"<!DOCTYPE rss SYSTEM '{secret}'>".encode()
    outside = site.page("/outside", lambda request: request.answer(200, dtd + RSS))
    feeds = look(address, outside)
    assert [feed.failure for feed in feeds] == ["not_a_feed", ""]
    assert sorted(request.path for request in site.seen) == ["/address", "/outside"]


def test_password_in_an_address_is_sent_but_not_shown(site: Site) -> None:
    relative = RSS.replace(b"</title></item>", b"</title><link>/story</link></item>")
    site.page("/rss", lambda request: request.answer(200, relative))
    (feed,) = look(site.url("/rss", host="reader:secret@127.0.0.1"))
    assert site.seen[0].headers["Authorization"] == "Basic cmVhZGVyOnNlY3JldA=="
    assert feed.items[0].link == site.url("/story")


def test_certificate_is_checked_for_the_hosts_own_name(tmp_path: Path) -> None:
    """The server hears the name that was asked for, and is not believed: its certificate is its own."""
    asked: list[str | None] = []
    site = Site()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed("feeds.example", tmp_path))
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    site.socket = context.wrap_socket(site.socket, server_side=True)
    site.page("/rss", lambda request: request.answer(200, RSS))

    async def loopback(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    with serving(site):
        url = f"https://feeds.example:{site.server_port}/rss"
        (feed,) = fetch_feeds([Feed(url)], allowed_hosts=["feeds.example"], resolve=loopback)
    assert feed.failure == "unreachable"
    assert asked == ["feeds.example"]
    assert site.seen == []
