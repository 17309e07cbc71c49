"""One call of Google's over real sockets: what its answers mean, and everything that can go wrong."""

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
from services.sources.gmail.client import get_profile
from services.sources.google_http import AnswerTooLarge
from tests.integration.google_server import (
    LOGIN_PAGE,
    Reply,
    Request,
    Script,
    error_reply,
    google,
    in_turn,
    json_reply,
)

CREDENTIALS = Credentials(token="token-of-one")  # type: ignore[no-untyped-call]
PROFILE = {"emailAddress": "Kim@Example.com"}


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
