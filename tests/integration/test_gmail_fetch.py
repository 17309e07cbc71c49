"""One look into a mailbox over real sockets: two round trips, and what is missing is said."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from google.oauth2.credentials import Credentials

from services.errors import SourceError, SourceRefused, SourceUnavailable
from services.sources import google_http
from services.sources.gmail.fetch import fetch_mail
from services.sources.gmail.search import FoundMail, search_mail
from services.sources.records import MailBatch
from tests.integration.gmail_mailbox import NOW, Mailbox, resource
from tests.integration.google_server import (
    Google,
    Reply,
    Request,
    batch_reply,
    error_reply,
    google,
    json_reply,
)

SINCE = NOW - timedelta(days=1)


def fetch(
    server: Google, *, since: datetime = SINCE, seen: frozenset[str] = frozenset(), token: str = "t"
) -> MailBatch:
    return fetch_mail(
        Credentials(token=token),  # type: ignore[no-untyped-call]
        root=server.root,
        owner="kim@example.com",
        since=since,
        now=NOW,
        seen_ids=seen,
        sleep=lambda seconds: None,
    )


def ids(batch: MailBatch) -> list[str]:
    return [mail.id for mail in batch.mails]


def test_two_round_trips_bring_the_best_nine_in_order() -> None:
    mailbox = Mailbox(marked=["b", "a"], personal=["c", "a"], everything=[*"zyxwvutcba"])
    with google(mailbox) as server:
        batch = fetch(server)
    assert ids(batch) == [*"abczyxwvu"]
    assert [(r.method, r.path, len(r.inner)) for r in server.seen] == [
        ("POST", "/batch", 4),
        ("POST", "/batch", 9),
    ]
    assert (batch.new_ids, batch.candidate_ids) == (tuple("zyxwvutcba"), tuple("abc"))
    assert (batch.units, batch.failed_ids, batch.more_than_counted) == (200, (), False)
    assert batch.mails[0].subject == "mail a"


def test_an_empty_inbox_is_one_round_trip() -> None:
    with google(Mailbox()) as server:
        batch = fetch(server)
    assert (batch.mails, batch.new_ids, batch.units, len(server.seen)) == ((), (), 20, 1)


def test_what_was_told_before_is_neither_read_nor_counted() -> None:
    with google(Mailbox(marked="ab", personal="bc", everything="dcba")) as server:
        batch = fetch(server, seen=frozenset("bd"))
    assert (ids(batch), batch.new_ids, batch.candidate_ids) == ([*"ac"], tuple("ca"), tuple("ac"))


def test_a_candidate_that_the_count_does_not_list_is_counted() -> None:
    with google(Mailbox(marked="a", everything="b", next_page="more")) as server:
        batch = fetch(server)
    assert (batch.new_ids, batch.more_than_counted) == (("b", "a"), True)


@pytest.mark.parametrize("search", ["marked", "personal", "everything"])
def test_a_further_page_of_any_search_means_more_than_counted(search: str) -> None:
    with google(Mailbox(marked="a", everything="a", next_page="more", more_of=search)) as server:
        assert fetch(server).more_than_counted


def test_threads_that_end_with_own_mail_are_settled() -> None:
    conversations = [("own", "t1"), ("a", "t1"), ("b", "t2"), ("own 2", "t2")]
    with google(Mailbox(personal="a", everything="ab", conversations=conversations)) as server:
        assert fetch(server, seen=frozenset("b")).settled_threads == {"t1"}


UNTOLD: list[tuple[str, Reply | None]] = [
    ("refused", error_reply(403, "forbidden")),
    ("server error for ever", error_reply(500, "backendError")),
    ("never in the answer", None),
    ("empty", json_reply({})),
    ("no list", json_reply({"messages": 5})),
    ("no threads", json_reply({"messages": [{"id": "own"}]})),
]


@pytest.mark.parametrize("reply", [u[1] for u in UNTOLD], ids=[u[0] for u in UNTOLD])
def test_without_the_list_of_conversations_nothing_is_settled(reply: Reply | None) -> None:
    replies = {"conversations": reply}
    with google(Mailbox(personal="a", everything="a", replies=replies)) as server:
        batch = fetch(server)
    assert (ids(batch), batch.settled_threads) == (["a"], frozenset())


def test_after_a_long_gap_details_go_back_72_hours() -> None:
    """What only fills free places is left out when it is older; a candidate never is."""
    mailbox = Mailbox(marked="a", everything="ba", age=timedelta(hours=80))
    with google(mailbox) as server:
        batch = fetch(server, since=NOW - timedelta(days=9))
    assert batch.details_since == NOW - timedelta(hours=72)
    assert (ids(batch), batch.new_ids) == (["a"], ("b", "a"))


MISSING: list[tuple[str, Reply | None, tuple[str, ...]]] = [
    ("deleted meanwhile", error_reply(404, "notFound"), ()),
    ("server error for ever", error_reply(500, "backendError"), ("b",)),
    ("rate limit for ever", error_reply(429, "rateLimitExceeded"), ("b",)),
    ("rate limit for an hour", error_reply(429, "rateLimitExceeded", Retry_After="3600"), ("b",)),
    ("refused", error_reply(403, "forbidden"), ("b",)),
    ("never in the answer", None, ("b",)),
    ("a page", Reply(200, b"<html>", "text/html"), ("b",)),
]


@pytest.mark.parametrize(("reply", "failed"), [m[1:] for m in MISSING], ids=[m[0] for m in MISSING])
def test_one_message_that_cannot_be_read_hurts_no_other(reply: Reply | None, failed: tuple[str, ...]) -> None:
    with google(Mailbox(personal="abc", everything="cba", replies={"b": reply})) as server:
        batch = fetch(server)
    assert (ids(batch), batch.failed_ids) == ([*"ac"], failed)


def test_a_message_deleted_meanwhile_is_not_counted_either() -> None:
    gone: dict[str, Reply | None] = {"b": error_reply(404, "notFound")}
    with google(Mailbox(personal="ab", everything="cba", replies=gone)) as server:
        batch = fetch(server)
    assert (batch.new_ids, batch.candidate_ids, batch.failed_ids) == (("c", "a"), ("a",), ())


def test_messages_that_make_no_sense_never_raise() -> None:
    odd: list[dict[str, Any]] = [{}, {"payload": 5}, {"payload": {"parts": "x"}}, {"internalDate": "soon"}]
    replies: dict[str, Reply | None] = {
        str(n): json_reply({"id": str(n)} | value) for n, value in enumerate(odd)
    }
    with google(Mailbox(personal=replies, everything=replies, replies=replies)) as server:
        batch = fetch(server)
    assert len(batch.mails) + len(batch.failed_ids) == len(odd)


SEARCH_FAILURES: list[tuple[str, Reply | None, type[SourceError], str]] = [
    ("unauthorized", error_reply(401, "authError"), SourceRefused, "unauthorized"),
    ("no scope", error_reply(403, "insufficientPermissions"), SourceRefused, "missing_scope"),
    ("rate for ever", error_reply(403, "rateLimitExceeded"), SourceUnavailable, "rate_limited"),
    ("server error for ever", error_reply(500, "backendError"), SourceUnavailable, "unavailable"),
    ("never in the answer", None, SourceUnavailable, "unavailable"),
    ("no list", json_reply({"messages": 5}), SourceUnavailable, "unavailable"),
    ("no ids", json_reply({"messages": [{"name": "x"}]}), SourceUnavailable, "unavailable"),
]


@pytest.mark.parametrize(
    ("reply", "error", "code"), [s[1:] for s in SEARCH_FAILURES], ids=[s[0] for s in SEARCH_FAILURES]
)
@pytest.mark.parametrize("search", ["marked", "personal", "everything"])
def test_a_search_that_fails_for_good_fails_the_look(
    search: str, reply: Reply | None, error: type[SourceError], code: str
) -> None:
    with google(Mailbox(personal="a", replies={search: reply})) as server, pytest.raises(error) as caught:
        fetch(server)
    assert caught.value.code == code


WHOLE_FAILURES: list[tuple[str, Reply, type[SourceError], str]] = [
    ("unauthorized", error_reply(401, "authError"), SourceRefused, "unauthorized"),
    ("no scope", error_reply(403, "insufficientPermissions"), SourceRefused, "missing_scope"),
    ("rate", error_reply(403, "rateLimitExceeded"), SourceUnavailable, "rate_limited"),
    ("too many", error_reply(429, "rateLimitExceeded", Retry_After="9"), SourceUnavailable, "rate_limited"),
    ("server error", error_reply(500, "backendError"), SourceUnavailable, "unavailable"),
    ("login page", Reply(200, b"<html>", "text/html"), SourceUnavailable, "unavailable"),
    ("nothing", Reply(200), SourceUnavailable, "unavailable"),
    ("dropped", Reply(drop=True), SourceUnavailable, "unavailable"),
]


@pytest.mark.parametrize(
    ("reply", "error", "code"), [w[1:] for w in WHOLE_FAILURES], ids=[w[0] for w in WHOLE_FAILURES]
)
@pytest.mark.parametrize("trip", [1, 2])
def test_a_round_trip_that_fails_fails_the_look(
    trip: int, reply: Reply, error: type[SourceError], code: str
) -> None:
    mailbox = Mailbox(personal="a", everything="a")

    def script(request: Request) -> Reply:
        return reply if (len(request.inner) == 4) == (trip == 1) else mailbox(request)

    with google(script) as server, pytest.raises(error) as caught:
        fetch(server)
    assert caught.value.code == code


def test_a_search_that_mends_is_no_failure() -> None:
    mailbox, failures = Mailbox(personal="a", everything="a"), [error_reply(503, "backendError")]

    def part(path: str) -> Reply | None:
        return failures.pop() if failures else mailbox.part(path)

    with google(lambda request: batch_reply(request, part)) as server:
        batch = fetch(server)
    assert (ids(batch), batch.units) == (["a"], 5 * 5 + 20)


def test_huge_mail_is_told_without_its_body_and_the_others_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mails too large for one answer are read one by one."""
    monkeypatch.setattr(google_http, "ANSWER_LIMIT", 100_000)
    huge = json_reply(resource("b", NOW, "x" * 200_000))
    bare = resource("b", NOW)
    del bare["payload"]["body"]
    replies: dict[str, Reply | None] = {"b full": huge, "b metadata": json_reply(bare)}
    with google(Mailbox(personal="abc", everything="abc", replies=replies)) as server:
        batch = fetch(server)
    assert (ids(batch), batch.failed_ids) == ([*"abc"], ())
    assert batch.mails[0].text == "안녕하세요."
    assert batch.units == 20 + 20 * (3 + 4)


def test_mail_that_is_huge_whatever_is_asked_is_named_as_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google_http, "ANSWER_LIMIT", 100_000)
    huge = json_reply(resource("b", NOW, "x" * 200_000))
    with google(Mailbox(personal="ab", everything="ab", replies={"b": huge})) as server:
        batch = fetch(server)
    assert (ids(batch), batch.failed_ids) == (["a"], ("b",))


def test_threads_never_see_each_others_mail() -> None:
    """Each person's messages are named after their token; ten threads look twenty times each."""

    def script(request: Request) -> Reply:
        mine = [f"{request.token}-{n}" for n in range(3)]
        return Mailbox(personal=mine, everything=mine)(request)

    wrong: list[str] = []

    def look(server: Google, name: str) -> None:
        for turn in range(20):
            batch = fetch(server, token=f"{name}{turn}")
            wrong.extend(i for i in (*ids(batch), *batch.new_ids) if not i.startswith(f"{name}{turn}-"))
            if len(batch.mails) != 3:
                wrong.append(f"{name}{turn}: {len(batch.mails)} mails")

    with google(script) as server:
        threads = [threading.Thread(target=look, args=(server, f"person{n}x")) for n in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def found(server: Google, limit: int = 5) -> FoundMail:
    return search_mail(
        Credentials(token="t"),  # type: ignore[no-untyped-call]
        root=server.root,
        owner="kim@example.com",
        query="from:lee is:important",
        limit=limit,
        sleep=lambda seconds: None,
    )


def test_a_search_brings_what_matches_in_two_round_trips() -> None:
    with google(Mailbox(marked="edcba")) as server:
        result = found(server, limit=3)
    assert ([mail.id for mail in result.mails], result.count, result.more) == ([*"edc"], 5, False)
    listing = parse_qs(urlsplit(server.seen[0].path).query)
    assert (listing["q"], listing["maxResults"]) == (["from:lee is:important"], ["100"])
    assert len(server.seen) == 2


def test_a_search_without_a_match_is_empty() -> None:
    with google(Mailbox()) as server:
        assert found(server) == FoundMail()


def test_a_search_tells_what_it_can_read() -> None:
    with google(Mailbox(marked="ab", replies={"a": error_reply(500, "backendError")})) as server:
        result = found(server)
    assert ([mail.id for mail in result.mails], result.count) == (["b"], 2)


def test_a_search_of_which_nothing_can_be_read_does_not_say_there_is_none() -> None:
    broken = error_reply(500, "backendError")
    mailbox = Mailbox(marked="ab", replies={"a": broken, "b": broken})
    with google(mailbox) as server, pytest.raises(SourceUnavailable):
        found(server)
