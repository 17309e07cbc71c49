"""Many calls of Google's in one, over real sockets: parts that fail, parts that are missing, no parts."""

from __future__ import annotations

import pytest
from google.oauth2.credentials import Credentials

from services.errors import SourceRefused, SourceUnavailable
from services.sources.gmail.client import get_profile, gmail
from services.sources.google_batch import BatchAnswers, run_batch
from tests.integration.google_server import (
    LOGIN_PAGE,
    Google,
    Reply,
    Request,
    Script,
    batch_reply,
    error_reply,
    google,
    in_turn,
    json_reply,
)

CREDENTIALS = Credentials(token="token-of-one")  # type: ignore[no-untyped-call]


def batch(server: Google, ids: list[str], waits: list[float] | None = None) -> BatchAnswers:
    client = gmail(server.root)
    uris = {id_: client.message(id_) for id_ in ids}
    return run_batch(CREDENTIALS, client.api, uris, sleep=(waits if waits is not None else []).append)


def message_id(path: str) -> str:
    return path.split("?")[0].rsplit("/", 1)[1]


def message(path: str) -> Reply:
    return json_reply({"id": message_id(path)})


def failing(id_: str, *replies: Reply | None) -> Script:
    """A batch in which one message is answered with these replies in turn, the last one for ever."""
    left = list(replies)

    def answer(path: str) -> Reply | None:
        if message_id(path) != id_:
            return message(path)
        return left.pop(0) if len(left) > 1 else left[0]

    return lambda request: batch_reply(request, answer)


FOUND = json_reply({"id": "m2"})
MENDED = [
    ("rate", error_reply(429, "rateLimitExceeded")),
    ("rate as 403", error_reply(403, "userRateLimitExceeded")),
    ("server error", error_reply(500, "backendError")),
    ("part missing", None),
    ("page in a part", LOGIN_PAGE),
    ("empty part", Reply(200)),
]


@pytest.mark.parametrize("reply", [m[1] for m in MENDED], ids=[m[0] for m in MENDED])
def test_a_part_that_fails_for_a_moment_is_asked_for_again_alone(reply: Reply | None) -> None:
    with google(failing("m2", reply, FOUND)) as server:
        outcome = batch(server, ["m1", "m2", "m3"])
    assert outcome.answers == {"m1": {"id": "m1"}, "m2": {"id": "m2"}, "m3": {"id": "m3"}}
    assert outcome.errors == {}
    assert [[message_id(p) for p in r.inner.values()] for r in server.seen] == [["m1", "m2", "m3"], ["m2"]]
    assert outcome.sent == 4


def test_a_part_that_fails_for_ever_is_asked_for_four_times_with_growing_waits() -> None:
    waits: list[float] = []
    with google(failing("m2", error_reply(500, "backendError"))) as server:
        outcome = batch(server, ["m1", "m2"], waits)
    assert list(outcome.answers) == ["m1"]
    assert isinstance(outcome.errors["m2"], SourceUnavailable)
    assert len(server.seen) == 4
    assert [low <= w <= 2 * low for w, low in zip(waits, (0.25, 0.5, 1.0), strict=True)] == [True] * 3


def test_the_wait_a_part_asks_for_is_waited() -> None:
    waits: list[float] = []
    with google(failing("m2", error_reply(429, "rateLimitExceeded", Retry_After="5"), FOUND)) as server:
        batch(server, ["m1", "m2"], waits)
    assert waits == [5.0]


def test_a_longer_wait_than_a_briefing_can_is_not_waited() -> None:
    waits: list[float] = []
    with google(failing("m2", error_reply(429, "rateLimitExceeded", Retry_After="60"), FOUND)) as server:
        outcome = batch(server, ["m1", "m2"], waits)
    error = outcome.errors["m2"]
    assert isinstance(error, SourceUnavailable)
    assert (waits, error.code, error.retry_after) == ([], "rate_limited", 60.0)


def test_a_part_that_is_gone_is_not_asked_for_again() -> None:
    with google(failing("m2", error_reply(404, "notFound"))) as server:
        outcome = batch(server, ["m1", "m2"])
    assert (list(outcome.answers), outcome.errors["m2"].code, len(server.seen)) == (["m1"], "not_found", 1)


def test_an_unauthorized_part_fails_everything_without_a_refresh_or_another_try() -> None:
    with (
        google(failing("m2", error_reply(401, "authError"))) as server,
        pytest.raises(SourceRefused, match="401") as caught,
    ):
        batch(server, ["m1", "m2"])
    assert (caught.value.code, len(server.seen)) == ("unauthorized", 1)


def test_what_the_first_round_brought_survives_a_second_that_fails() -> None:
    first = failing("m2", error_reply(500, "backendError"))

    def script(request: Request) -> Reply:
        return first(request) if len(request.inner) == 2 else LOGIN_PAGE

    with google(script) as server:
        outcome = batch(server, ["m1", "m2"])
    assert (list(outcome.answers), list(outcome.errors), len(server.seen)) == (["m1"], ["m2"], 4)


def test_a_batch_without_an_end_is_asked_for_the_rest() -> None:
    """The closing delimiter is missing and so is half of the last part."""

    def script(request: Request) -> Reply:
        whole = batch_reply(request, message, closed=False)
        return whole if len(request.inner) == 1 else Reply(200, whole.body[:-10], whole.content_type)

    with google(script) as server:
        outcome = batch(server, ["m1", "m2"])
    assert (set(outcome.answers), len(server.seen)) == ({"m1", "m2"}, 2)


BROKEN_BATCHES = [
    ("login page", LOGIN_PAGE),
    ("nothing", Reply(200)),
    ("JSON", json_reply({})),
    ("multipart without boundary", Reply(200, b"--x", "multipart/mixed")),
    ("server error", error_reply(503, "backendError")),
    ("dropped", Reply(drop=True)),
    ("cut off", Reply(200, b"--batch_boundary\r\n" * 99, f"multipart/mixed; boundary={'x' * 9}", cut=50)),
]


@pytest.mark.parametrize("reply", [b[1] for b in BROKEN_BATCHES], ids=[b[0] for b in BROKEN_BATCHES])
def test_a_batch_that_brings_nothing_is_unavailable(reply: Reply) -> None:
    with google(in_turn(reply)) as server, pytest.raises(SourceUnavailable):
        batch(server, ["m1", "m2"])


GARBAGE = [
    b"",
    b"--batch_boundary--",
    b"--batch_boundary\r\n\r\n\r\n\r\n--batch_boundary--",
    b"--batch_boundary\r\nContent-ID: <response-x>\r\n\r\nHTTP/1.1 abc\r\n\r\n{}\r\n--batch_boundary--",
    b"--batch_boundary\r\nContent-ID: x + y\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}\r\n--batch_boundary--",
    b"\x00\xff" * 1000,
]


@pytest.mark.parametrize("body", GARBAGE)
def test_garbage_in_a_batch_is_a_missing_part(body: bytes) -> None:
    with google(in_turn(Reply(200, body, "multipart/mixed; boundary=batch_boundary"))) as server:
        outcome = batch(server, ["m1"])
    assert (outcome.answers, isinstance(outcome.errors["m1"], SourceUnavailable)) == ({}, True)


def test_an_answer_to_another_batch_is_not_taken() -> None:
    first: list[Reply] = []

    def script(request: Request) -> Reply:
        first.append(batch_reply(request, message))
        return first[0]

    with google(script) as server:
        assert set(batch(server, ["m1"]).answers) == {"m1"}
        assert set(batch(server, ["m1"]).answers) == set()


def test_parts_may_come_in_any_order_with_bare_newlines() -> None:
    def script(request: Request) -> Reply:
        turned = Request("", "", "", dict(reversed(list(request.inner.items()))))
        whole = batch_reply(turned, message)
        return Reply(200, whole.body.replace(b"\r\n", b"\n"), whole.content_type)

    with google(script) as server:
        outcome = batch(server, ["m1", "m2"])
    assert outcome.answers == {"m1": {"id": "m1"}, "m2": {"id": "m2"}}


def test_no_requests_are_no_round_trip() -> None:
    with google(in_turn(LOGIN_PAGE)) as server:
        assert batch(server, []) == BatchAnswers()
    assert server.seen == []


SENT = "Sat, 21 Nov 2026 00:00:00 GMT"  # by a server whose clock is not ours
WAITS: list[tuple[Reply, float | None]] = [
    (error_reply(429, "rateLimitExceeded", Retry_After="7"), 7.0),
    (error_reply(403, "rateLimitExceeded", Retry_After="7"), 7.0),
    (error_reply(503, "backendError", Retry_After="7"), 7.0),
    (error_reply(429, "rateLimitExceeded"), None),
    (error_reply(429, "rateLimitExceeded", Retry_After="soon"), None),
    (error_reply(429, "x", "Retry after 2026-11-21T00:00:09.500Z", Date=SENT), 9.5),
    (error_reply(429, "x", Retry_After="Sat, 21 Nov 2026 00:00:30 GMT", Date=SENT), 30.0),
    (error_reply(429, "x", Retry_After="Fri, 20 Nov 2026 00:00:30 GMT", Date=SENT), 0.0),
]


@pytest.mark.parametrize(("reply", "seconds"), WAITS)
def test_the_wait_google_asks_for_is_kept_whatever_our_clock_says(
    reply: Reply, seconds: float | None
) -> None:
    def script(request: Request) -> Reply:
        inner = reply if "Date" in reply.headers else None
        return batch_reply(request, lambda path: reply) if inner else reply

    with google(script) as server:
        error = _wait_error(server, inner="Date" in reply.headers)
    assert error.retry_after == seconds


def _wait_error(server: Google, *, inner: bool) -> SourceUnavailable:
    """The error of a call, or of a batch's part (where the test alone says the Date)."""
    if inner:
        error = batch(server, ["m1"]).errors["m1"]
    else:
        with pytest.raises(SourceUnavailable) as caught:
            get_profile(CREDENTIALS, root=server.root)
        error = caught.value
    assert isinstance(error, SourceUnavailable)
    return error
