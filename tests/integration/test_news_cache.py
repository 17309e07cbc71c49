"""News for many people: each feed is looked at once, a failing one costs nothing but itself."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from services.db.engine import transaction
from services.runtime import Runtime
from services.sources.news_cache import read_news
from tests.integration.journeys import Sandbox


@pytest.fixture
def allowed(runtime: Runtime, sandbox: Sandbox) -> Runtime:
    """A runtime whose settings allow the sandbox's own feeds."""
    here = urlsplit(sandbox.world.base_url).netloc
    settings = runtime.settings.model_copy(update={"feed_allowed_hosts": (here,)})
    return dataclasses.replace(runtime, settings=settings)


def feed(sandbox: Sandbox, name: str) -> str:
    return f"{sandbox.world.base_url}/feeds/{name}.xml"


def requests_of(sandbox: Sandbox, name: str) -> int:
    return sandbox.calls(f"/feeds/{name}.xml")


def age(runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE news_feeds SET checked_at = now() - interval '11 minutes'"))


def test_a_feed_is_looked_at_once_for_everybody(allowed: Runtime, sandbox: Sandbox) -> None:
    now, urls = datetime.now(UTC), [feed(sandbox, "korea"), feed(sandbox, "euckr")]
    with ThreadPoolExecutor(8) as pool:
        batches = list(pool.map(lambda _: read_news(allowed, urls, now=now), range(8)))
    assert len({batch.items for batch in batches}) == 1
    assert {item.feed for item in batches[0].items} == {"한빛일보", "한빛경제"}
    assert requests_of(sandbox, "korea") == requests_of(sandbox, "euckr") == 1


def test_an_unchanged_feed_is_read_from_the_store(allowed: Runtime, sandbox: Sandbox) -> None:
    now, urls = datetime.now(UTC), [feed(sandbox, "korea")]
    first = read_news(allowed, urls, now=now)
    age(allowed)
    assert read_news(allowed, urls, now=now) == first
    assert requests_of(sandbox, "korea") == 2
    seen = sandbox.control("/requests", method="GET")["requests"]
    assert [r["status"] for r in seen if r["path"] == "/feeds/korea.xml"] == [200, 304]


def test_a_failing_feed_is_named_and_its_last_items_stay(allowed: Runtime, sandbox: Sandbox) -> None:
    now, urls = datetime.now(UTC), [feed(sandbox, "korea"), feed(sandbox, "tech")]
    first = read_news(allowed, urls, now=now)
    age(allowed)
    sandbox.fault(path="/feeds/korea.xml", status=500)
    second = read_news(allowed, urls, now=now)
    assert second.items == first.items
    assert second.failed == ((feed(sandbox, "korea"), "http_500"),)


def test_a_feed_inside_is_refused_unless_it_is_allowed(runtime: Runtime, sandbox: Sandbox) -> None:
    batch = read_news(runtime, [feed(sandbox, "korea")], now=datetime.now(UTC))
    assert batch.items == ()
    assert batch.failed == ((feed(sandbox, "korea"), "refused_address"),)
    assert requests_of(sandbox, "korea") == 0
