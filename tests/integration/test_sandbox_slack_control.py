"""The control over the sandbox's Slack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack import APP_URL_VARIABLE, routes
from sandbox.slack.events import UrlRefused
from sandbox.slack.state import Workspace, workspace
from sandbox.world import World
from tests.integration.slack_server import MINA, fresh_workspace, running_slack, small_world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with running_slack(small_world()) as world:
        yield world


@pytest.fixture
def slack(world: World) -> Workspace:
    return fresh_workspace(world)


def control(slack: Workspace, **change: object) -> httpx.Response:
    return httpx.post(f"{slack.world.base_url}/slack/_control", json=change, trust_env=False)


def error_of(slack: Workspace) -> Any:
    client = WebClient(slack.bot_token, base_url=f"{slack.world.base_url}/api/", retry_handlers=[])
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=MINA.slack_user_id, text="x")
    return caught.value.response["error"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"scopes": ["im:write"]}, "missing_scope"),
        ({"bot_error": "token_revoked"}, "token_revoked"),
        ({"deactivated": [MINA.slack_user_id]}, "channel_not_found"),
    ],
)
def test_the_bot_can_be_made_to_fail(slack: Workspace, change: dict[str, Any], error: str) -> None:
    assert control(slack, **change).json()["ok"]
    assert error_of(slack) == error


def test_limits_are_set_and_counted(slack: Workspace) -> None:
    control(slack, limits={"methods": {"chat.postMessage": [60, 1]}, "channel": [60, 1]})
    client = WebClient(slack.bot_token, base_url=f"{slack.world.base_url}/api/", retry_handlers=[])
    client.chat_postMessage(channel=MINA.slack_user_id, text="x")
    assert error_of(slack) == "ratelimited"
    shown = httpx.get(f"{slack.world.base_url}/slack/_control", trust_env=False).json()
    assert shown["limits"]["refused"] == {"chat.postMessage": 1}
    assert shown["counts"] == {"chat.postMessage ok": 1, "chat.postMessage ratelimited": 1}
    assert [r["error"] for r in shown["requests"]] == ["", "ratelimited"]
    assert slack.bot_token not in str(shown)


def test_a_reset_takes_everything_back_but_the_listener(slack: Workspace) -> None:
    slack.listener.events_url = "http://127.0.0.1:9/"
    control(slack, bot_error="token_revoked", scopes=[])
    shown = control(slack, reset=True).json()
    assert (shown["bot_error"], shown["request_url"]) == ("", "http://127.0.0.1:9/")
    assert "chat:write" in shown["scopes"]


@pytest.mark.parametrize("change", [{"colour": "red"}, {"timeout": 0}, {"limits": {"channel": "many"}}])
def test_what_makes_no_sense_is_refused(slack: Workspace, change: dict[str, Any]) -> None:
    answer = control(slack, **change)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid")
    assert answer.json()["problems"]


def test_the_environment_names_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    world = small_world()
    monkeypatch.setenv(APP_URL_VARIABLE, "http://localhost:8501")
    routes(world)
    listener = workspace(world).listener
    assert listener.events_url == "http://localhost:8501/slack/events"
    assert listener.interactivity_url == "http://localhost:8501/slack/interactivity"
    monkeypatch.setenv(APP_URL_VARIABLE, "https://app.example")
    with pytest.raises(UrlRefused):
        routes(small_world())
