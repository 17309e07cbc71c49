"""What certainly never reached Slack is sent later or by e-mail; what may have reached it is not."""

from __future__ import annotations

import dataclasses
import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from threading import Thread

import pytest

from services.db.engine import transaction
from services.db.models import User
from services.delivery import slack
from services.delivery.slack import make_client
from services.errors import SlackAmbiguous, SlackError, SlackUnavailable
from services.runtime import Runtime
from tests.integration.journeys import Sandbox
from tests.integration.test_by_mail import chosen, mailed, messages, pass_deadline
from tests.integration.test_nine_oclock import now, tick

__all__ = ["now"]  # a fixture

Place = Callable[[], AbstractContextManager[str]]


@contextmanager
def refusing() -> Iterator[str]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/api/"


@contextmanager
def full() -> Iterator[str]:
    """Nobody accepts, and there is no room left to wait in: connecting times out."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/"


@contextmanager
def silent(scheme: str = "http") -> Iterator[str]:
    """The connection is made, and then nothing is answered."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/api/"


@contextmanager
def silent_handshake() -> Iterator[str]:
    with silent("https") as url:
        yield url


@contextmanager
def redirecting() -> Iterator[str]:
    """It answers, and what it leads to refuses."""
    with refusing() as elsewhere, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                head = f"HTTP/1.1 302 Found\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n"
                connection.sendall(head.encode())

        Thread(target=answer, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/"


@pytest.mark.parametrize(
    ("where", "error"),
    [
        (refusing, SlackUnavailable),
        (full, SlackUnavailable),
        (silent_handshake, SlackUnavailable),
        (silent, SlackAmbiguous),
        (redirecting, SlackAmbiguous),
    ],
)
def test_a_post_is_known_never_to_have_left_where_no_connection_was_made(
    where: Place, error: type[SlackError]
) -> None:
    with where() as url, pytest.raises(error) as raised:
        slack.post(make_client("xoxb-1", url, timeout=1), "D1", {"text": "hello"}, key="key")
    assert raised.value.code == ("unreachable" if error is SlackUnavailable else "no_answer")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("socket.socket.connect", OSError(errno.EHOSTUNREACH, "no route to host")),
        ("socket.socket.connect", OSError(errno.ENETUNREACH, "network is unreachable")),
        ("socket.socket.connect", OSError(errno.ETIMEDOUT, "connection timed out")),
        ("socket.getaddrinfo", socket.gaierror(socket.EAI_NONAME, "name not known")),
    ],
    ids=str,
)
def test_a_network_that_leads_nowhere_has_taken_nothing(
    call: str, error: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(call, fail)
    with pytest.raises(SlackUnavailable):
        slack.post(make_client("xoxb-1", "http://127.0.0.1:9/api/"), "D1", {"text": "hello"}, key="key")


def test_a_connection_lost_while_sending_may_have_brought_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket.socket, "sendall", fail)
    with silent() as url, pytest.raises(SlackAmbiguous):
        slack.post(make_client("xoxb-1", url), "D1", {"text": "hello"}, key="key")


@pytest.mark.parametrize(("where", "mails"), [(full, 1), (silent, 0)])
def test_by_e_mail_at_the_deadline_only_where_slack_certainly_has_nothing(
    runtime: Runtime,
    sandbox: Sandbox,
    now: datetime,
    where: Place,
    mails: int,
) -> None:
    user_id = chosen(runtime, sandbox, now)
    known(runtime, user_id)
    with where() as url:
        cut_off = dataclasses.replace(runtime, slack=make_client("xoxb-1", url, timeout=1))
        tick(cut_off)
        for _ in range(2):
            pass_deadline(cut_off)
    assert len(mailed(sandbox)) == mails
    assert messages(runtime)["briefing"] == ("failed", "unreachable" if mails else "no_answer")


def known(runtime: Runtime, user_id: str) -> None:
    """Somebody whose DM was opened some other day."""
    with transaction(runtime.sessions) as session:
        session.get_one(User, user_id).slack_channel = "D0KNOWN"
