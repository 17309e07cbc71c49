"""What the sandbox's Slack tells an app when somebody writes, and how patient it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from starlette.responses import Response

from sandbox.slack.state import Workspace
from sandbox.world import World
from tests.integration.slack_app import App, Received, running_app
from tests.integration.slack_server import MINA, fresh_workspace, running_slack, small_world

DM = f"/slack/dm/{MINA.slack_user_id}"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with running_slack(small_world()) as world:
        yield world


@pytest.fixture
def slack(world: World) -> Workspace:
    workspace = fresh_workspace(world)
    workspace.listener.retry_scale = 0.0
    return workspace


@pytest.fixture
def app(slack: Workspace) -> Iterator[App]:
    with running_app(slack.signing_secret) as app:
        slack.listener.events_url = f"{app.base_url}/slack/events"
        yield app


def ask(slack: Workspace, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
    url = slack.world.base_url + path
    return httpx.request(method, url, json=body, trust_env=False)


def say(slack: Workspace, text: str, **more: str) -> str:
    ts: str = ask(slack, "POST", f"{DM}/messages", {"text": text} | more).json()["ts"]
    return ts


def events(received: list[Received]) -> list[dict[str, Any]]:
    return [request.json["event"] for request in received]


def settled(slack: Workspace, ts: str, delivery: str) -> bool:
    """Whether the message comes to be marked like this, soon."""
    message = slack.conversations["D0MINA"].messages[ts]
    deadline = time.monotonic() + 5
    while message.delivery != delivery and time.monotonic() < deadline:
        time.sleep(0.01)
    return message.delivery == delivery


def test_the_app_hears_what_somebody_writes(slack: Workspace, app: App) -> None:
    ts = say(slack, "오늘 일정 & <b> https://mail.example/")
    (request,) = app.wait(1)
    envelope, event = request.json, request.json["event"]
    assert (envelope["type"], envelope["team_id"], envelope["api_app_id"]) == (
        "event_callback",
        slack.team_id,
        slack.app_id,
    )
    assert event["text"] == "오늘 일정 &amp; &lt;b&gt; <https://mail.example/>"
    assert {k: event[k] for k in ("type", "user", "channel", "channel_type", "ts", "event_ts")} == {
        "type": "message",
        "user": MINA.slack_user_id,
        "channel": "D0MINA",
        "channel_type": "im",
        "ts": ts,
        "event_ts": ts,
    }
    assert event["client_msg_id"]
    assert "x-slack-retry-num" not in request.headers
    assert settled(slack, ts, "")


def test_the_bot_hears_itself_as_on_slack(slack: Workspace, app: App) -> None:
    client = WebClient(slack.bot_token, base_url=f"{slack.world.base_url}/api/", retry_handlers=[])
    client.chat_postMessage(channel=MINA.slack_user_id, text="hello")
    (event,) = events(app.wait(1))
    assert (event["bot_id"], event["user"]) == (slack.bot_id, slack.bot_user_id)


def test_edits_and_deletions_are_told(slack: Workspace, app: App) -> None:
    ts = say(slack, "one")
    ask(slack, "POST", f"{DM}/messages/{ts}", {"text": "two"})
    app.wait(2)
    ask(slack, "DELETE", f"{DM}/messages/{ts}", {})
    _, changed, deleted = events(app.wait(3))
    assert (changed["subtype"], changed["message"]["text"], changed["previous_message"]["text"]) == (
        "message_changed",
        "two",
        "one",
    )
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", ts)


def test_a_reply_names_its_thread(slack: Workspace, app: App) -> None:
    parent = say(slack, "question")
    say(slack, "more", thread_ts=parent)
    assert events(app.wait(2))[1]["thread_ts"] == parent


def test_an_event_is_sent_four_times_with_one_id(slack: Workspace, app: App) -> None:
    app.answers.extend(Response(status_code=500) for _ in range(4))
    ts = say(slack, "x")
    requests = app.wait(4)
    assert len({request.json["event_id"] for request in requests}) == 1
    assert [request.headers.get("x-slack-retry-num") for request in requests] == [None, "1", "2", "3"]
    assert [request.headers.get("x-slack-retry-reason") for request in requests] == [None] + [
        "http_error"
    ] * 3
    assert settled(slack, ts, "failed http_error")
    assert len(app.received) == 4


def test_retries_end_when_the_app_accepts(slack: Workspace, app: App) -> None:
    app.answers.append(Response(status_code=503))
    ts = say(slack, "x")
    assert len(app.wait(2)) == 2
    assert settled(slack, ts, "")


def test_the_first_retry_is_immediate_and_the_second_waits(slack: Workspace, app: App) -> None:
    slack.listener.retry_scale = 1.0
    app.answers.extend(Response(status_code=500) for _ in range(2))
    ts = say(slack, "x")
    app.wait(2)
    assert settled(slack, ts, "retrying http_error")
    time.sleep(0.2)
    assert len(app.received) == 2


def test_an_app_may_forgo_retries(slack: Workspace, app: App) -> None:
    app.answers.append(Response(status_code=500, headers={"X-Slack-No-Retry": "1"}))
    ts = say(slack, "x")
    assert settled(slack, ts, "failed http_error")
    assert len(app.received) == 1


def test_a_slow_app_is_a_silent_one(slack: Workspace, app: App) -> None:
    slack.listener.timeout, app.delay = 0.1, 0.3
    ts = say(slack, "x")
    assert settled(slack, ts, "failed http_timeout")
    reasons = {delivery.outcome for delivery in slack.deliveries}
    assert reasons == {"http_timeout"}


def test_an_app_that_is_not_there_is_noticed(slack: Workspace) -> None:
    slack.listener.events_url = "http://127.0.0.1:9/slack/events"
    assert settled(slack, say(slack, "x"), "failed connection_failed")


def test_without_an_app_the_page_says_that_nobody_listens(slack: Workspace) -> None:
    ts = say(slack, "x")
    assert slack.conversations["D0MINA"].messages[ts].delivery == "unheard"
    assert "no app listens" in ask(slack, "GET", "/slack/dm/U0OSCAR").text.lower()


def test_a_reset_ends_retries(slack: Workspace, app: App) -> None:
    slack.listener.retry_scale = 0.005
    app.answers.extend(Response(status_code=500) for _ in range(4))
    say(slack, "x")
    app.wait(2)
    slack.reset()
    time.sleep(0.5)
    assert len(app.received) == 2


def test_the_sandbox_clock_stamps_what_is_sent(slack: Workspace, app: App) -> None:
    slack.world.skew = timedelta(minutes=-4)
    say(slack, "x")
    (request,) = app.wait(1)
    assert 230 < time.time() - int(request.headers["x-slack-request-timestamp"]) < 250


def test_a_url_is_taken_after_its_challenge(slack: Workspace, app: App) -> None:
    slack.listener.events_url = ""
    url = f"{app.base_url}/slack/events"
    answer = ask(slack, "POST", "/slack/_control", {"request_url": url})
    assert answer.json()["request_url"] == url
    assert app.received[0].json["type"] == "url_verification"


def test_a_url_that_fails_its_challenge_is_not_taken(slack: Workspace, app: App) -> None:
    slack.listener.events_url = ""
    app.answers.append(Response(b"something else"))
    answer = ask(slack, "POST", "/slack/_control", {"request_url": f"{app.base_url}/slack/events"})
    assert (answer.status_code, answer.json()["error"]) == (400, "challenge_failed")
    assert slack.listener.events_url == ""


@pytest.mark.parametrize("field", ["request_url", "interactivity_url"])
@pytest.mark.parametrize("url", ["https://app.example/slack", "http://10.0.0.1/", "ftp://127.0.0.1/", "x"])
def test_nothing_is_sent_beyond_this_machine(slack: Workspace, field: str, url: str) -> None:
    answer = ask(slack, "POST", "/slack/_control", {field: url, "verify": False})
    assert (answer.status_code, answer.json()["error"]) == (400, "not a loopback address")
