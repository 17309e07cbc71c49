"""Google's answers over real sockets → ours: single calls, batches, and everything that can go wrong."""

from __future__ import annotations

import gc
import gzip
import json
import threading
import time
from collections.abc import Iterable
from datetime import datetime

import pytest
from google.oauth2.credentials import Credentials

from services.errors import SourceError, SourceRefused, SourceUnavailable
from services.sources import google_http
from services.sources.gmail.client import get_profile, gmail
from services.sources.google_batch import BatchAnswers, run_batch
from services.sources.google_http import AnswerTooLarge
from tests.integration.google_server import (
    Google,
    Reply,
    Request,
    Script,
    batch_reply,
    error_reply,
    google,
    json_reply,
)

CREDENTIALS = Credentials(token="token-of-one")  # type: ignore[no-untyped-call]
PROFILE = {"emailAddress": "Kim@Example.com"}
LOGIN_PAGE = Reply(200, b"<html><body>Sign in to Wi-Fi</body></html>", "text/html")


def in_turn(*replies: Reply) -> Script:
    """Each reply once, then the last one for ever."""
    left = list(replies)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


def profile_error(script: Script) -> SourceError:
    with google(script) as server, pytest.raises(SourceError) as caught:
        get_profile(CREDENTIALS, root=server.root)
    return caught.value


REFUSALS = [
    ("wrong token", error_reply(401, "authError"), "unauthorized"),
    ("401 that is a page", Reply(401, b"<html>no</html>", "text/html"), "unauthorized"),
    ("scope, as errors[]", error_reply(403, "insufficientPermissions"), "missing_scope"),
    (
        "scope, as details[]",
        json_reply(
            {
                "error": {
                    "code": 403,
                    "status": "PERMISSION_DENIED",
                    "details": [{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}],
                }
            },
            403,
        ),
        "missing_scope",
    ),
    (
        "scope, as a header",
        error_reply(403, "forbidden", WWW_Authenticate='Bearer error="insufficient_scope"'),
        "missing_scope",
    ),
    (
        "metadata scope",
        error_reply(403, "forbidden", "Metadata scope does not support 'q' parameter"),
        "missing_scope",
    ),
    ("API off", error_reply(403, "accessNotConfigured"), "accessNotConfigured"),
    ("policy", error_reply(403, "domainPolicy"), "domainPolicy"),
    ("no mailbox", error_reply(400, "failedPrecondition"), "failedPrecondition"),
    ("no reason", error_reply(403), "refused"),
    ("gone", error_reply(404, "notFound"), "not_found"),
    ("a reason that is none", error_reply(403, "x y\n<script>"), "refused"),
]


@pytest.mark.parametrize(("reply", "code"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS])
def test_a_refusal_is_permanent_and_names_its_reason(reply: Reply, code: str) -> None:
    error = profile_error(in_turn(reply))
    assert isinstance(error, SourceRefused)
    assert (error.code, error.permanent) == (code, True)
    assert "secret words" not in str(error)
    assert "token-of-one" not in str(error)


TRANSIENT = [
    ("server error", error_reply(500, "backendError"), "unavailable"),
    ("unavailable, no body", Reply(503), "unavailable"),
    ("login page", LOGIN_PAGE, "unavailable"),
    ("nothing", Reply(200), "unavailable"),
    ("half a JSON", Reply(200, b'{"emailAddress": "kim@'), "unavailable"),
    ("JSON, but a list", Reply(200, b"[]"), "unavailable"),
    ("JSON, but endless", Reply(200, b"[" * 200_000), "unavailable"),
    ("not UTF-8", Reply(200, b'{"emailAddress": "\xff\xfe"}'), "unavailable"),
    ("no address in it", json_reply({}), "unavailable"),
    ("cut off", Reply(200, b'{"emailAddress": "kim@example.com"}', cut=10), "unavailable"),
    ("broken gzip", Reply(200, b"no gzip", headers={"Content-Encoding": "gzip"}), "unavailable"),
    ("always dropped", Reply(drop=True), "unavailable"),
    ("redirect", Reply(302, headers={"Location": "http://127.0.0.1:9/login"}), "unavailable"),
    ("403 of a firewall", Reply(403, b"<html>blocked</html>", "text/html"), "unavailable"),
    ("too many", error_reply(429, "rateLimitExceeded"), "rate_limited"),
    ("too many, no body", Reply(429), "rate_limited"),
    ("rate as 403", error_reply(403, "userRateLimitExceeded"), "rate_limited"),
    ("quota as 403", error_reply(403, "quotaExceeded"), "rate_limited"),
]


@pytest.mark.parametrize(("reply", "code"), [t[1:] for t in TRANSIENT], ids=[t[0] for t in TRANSIENT])
def test_what_may_pass_is_unavailable(reply: Reply, code: str) -> None:
    error = profile_error(in_turn(reply))
    assert isinstance(error, SourceUnavailable)
    assert (error.code, error.permanent) == (code, False)


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


def test_a_working_answer_is_returned() -> None:
    with google(in_turn(json_reply(PROFILE))) as server:
        assert get_profile(CREDENTIALS, root=server.root) == "kim@example.com"
    assert [(r.method, r.path, r.token) for r in server.seen] == [
        ("GET", "/gmail/v1/users/me/profile?alt=json", "token-of-one")
    ]


def test_nothing_listening_is_unavailable() -> None:
    with google(in_turn(json_reply(PROFILE))) as server:
        root = server.root
    with pytest.raises(SourceUnavailable):
        get_profile(CREDENTIALS, root=root)


def test_a_connection_dropped_once_is_no_failure() -> None:
    with google(in_turn(Reply(drop=True), json_reply(PROFILE))) as server:
        assert get_profile(CREDENTIALS, root=server.root) == "kim@example.com"


def test_silence_ends_at_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google_http, "TIMEOUT", 0.2)
    release = threading.Event()

    def silent(request: Request) -> Reply:
        release.wait(10)
        return Reply(drop=True)

    with google(silent) as server:
        errors = list(_in_new_thread(server.root))
        release.set()
    assert [type(e) for e in errors] == [SourceUnavailable]
    assert len(server.seen) == 1, "a request that timed out is not sent again"


def _in_new_thread(root: str) -> Iterable[SourceError]:
    """A thread of its own has connections of its own, made with the limits of the moment."""
    errors: list[SourceError] = []

    def call() -> None:
        try:
            get_profile(CREDENTIALS, root=root)
        except SourceError as error:
            errors.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    return errors


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_huge_answer_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    monkeypatch.setattr(google_http, "ANSWER_LIMIT", 100_000)
    body = json.dumps(PROFILE | {"filler": "x" * 1_000_000}).encode()
    packed = gzip.compress(body) if encoding == "gzip" else body
    with google(in_turn(Reply(200, packed, headers={"Content-Encoding": encoding}))) as server:
        errors = list(_in_new_thread(server.root))
    assert [type(e) for e in errors] == [AnswerTooLarge]


@pytest.mark.parametrize("token", [None, "", "line\nbreak", "한글"])
def test_a_token_that_cannot_be_one_is_refused(token: str | None) -> None:
    with (
        google(in_turn(error_reply(401, "authError"))) as server,
        pytest.raises(SourceRefused, match=r".") as caught,
    ):
        get_profile(Credentials(token=token), root=server.root)  # type: ignore[no-untyped-call]
    assert caught.value.code == "unauthorized"


def test_an_expired_token_is_used_as_it_is_never_refreshed() -> None:
    old = Credentials(  # type: ignore[no-untyped-call]
        token="old", refresh_token="r", token_uri="http://127.0.0.1:9", client_id="c", client_secret="s"
    )
    old.expiry = datetime(2020, 1, 1)
    with google(in_turn(json_reply(PROFILE))) as server:
        assert get_profile(old, root=server.root) == "kim@example.com"
    assert [r.token for r in server.seen] == ["old"]


def test_a_thread_keeps_one_connection_for_everybody() -> None:
    with google(in_turn(json_reply(PROFILE))) as server:
        for token in ("one", "two", "three"):
            get_profile(Credentials(token=token), root=server.root)  # type: ignore[no-untyped-call]
    assert [r.token for r in server.seen] == ["one", "two", "three"]
    assert len(server.connections) == 1


def test_what_comes_late_for_one_person_is_never_taken_for_anothers() -> None:
    firsts = b'{"emailAddress": "first@example.com"}'
    rest = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(firsts), firsts)
    with google(in_turn(Reply(200, firsts, late=rest), json_reply(PROFILE))) as server:
        assert get_profile(CREDENTIALS, root=server.root) == "first@example.com"
        time.sleep(0.2)
        second = Credentials(token="two")  # type: ignore[no-untyped-call]
        assert get_profile(second, root=server.root) == "kim@example.com"
    assert [r.token for r in server.seen] == ["token-of-one", "two"]


def test_a_threads_connections_close_with_it(recwarn: pytest.WarningsRecorder) -> None:
    with google(in_turn(json_reply(PROFILE))) as server:
        assert not list(_in_new_thread(server.root))
        gc.collect()
    assert not [w for w in recwarn if issubclass(w.category, ResourceWarning)]


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
