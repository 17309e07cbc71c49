"""Socket Mode: the sidecar fetches from Slack what HTTP would bring, and acknowledges what is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text

from services.assistant.from_slack import socket
from services.db.engine import transaction
from services.db.models import SlackEvent
from services.runtime import Runtime
from tests.integration.journeys import Sandbox
from tests.integration.slack_people import press, say, until


def stored(runtime: Runtime) -> int:
    with transaction(runtime.sessions) as session:
        return session.execute(select(func.count()).select_from(SlackEvent)).scalar_one()


def outcomes(sandbox: Sandbox) -> list[str]:
    return [delivery.outcome for delivery in sandbox.slack.deliveries]


def with_token(runtime: Runtime, token: str) -> Runtime:
    settings = runtime.settings.model_copy(update={"slack_app_token": SecretStr(token)})
    return replace(runtime, settings=settings)


@pytest.fixture
def connected(runtime: Runtime, sandbox: Sandbox) -> Iterator[Runtime]:
    with socket.listening(with_token(runtime, sandbox.slack.app_token)):
        until(lambda: sandbox.slack.links)
        yield runtime


def test_without_a_token_nobody_connects(runtime: Runtime, sandbox: Sandbox) -> None:
    with socket.listening(runtime):
        assert sandbox.calls("apps.connections.open") == 0


def test_what_is_said_and_pressed_is_stored_and_acknowledged(connected: Runtime, sandbox: Sandbox) -> None:
    say(sandbox, "minjun", "오늘 브리핑 줘")
    until(lambda: outcomes(sandbox) == ["ok"])
    assert press(sandbox, "minjun", "assistant_pause") == ""
    assert stored(connected) == 2


def test_what_cannot_be_stored_is_not_acknowledged_and_comes_again(
    connected: Runtime, sandbox: Sandbox
) -> None:
    sandbox.slack.listener.timeout, sandbox.slack.listener.retry_scale = 0.5, 0.001
    with connected.engine.begin() as blocked:
        blocked.execute(text("LOCK TABLE slack_events"))
        say(sandbox, "minjun", "하이")
        until(lambda: "timeout" in outcomes(sandbox))
    until(lambda: "ok" in outcomes(sandbox))
    assert stored(connected) == 1


@pytest.mark.parametrize("how", ["refresh", "cut"])
def test_a_connection_that_ends_is_made_again(connected: Runtime, sandbox: Sandbox, how: str) -> None:
    first = sandbox.slack.links[0]
    sandbox.slack.listener.retry_scale = 0.01
    sandbox_slack_control(sandbox, {"links": how})
    until(lambda: sandbox.slack.links and first not in sandbox.slack.links)
    say(sandbox, "minjun", "다시")
    until(lambda: stored(connected) == 1)


def test_two_sidecars_connect_and_each_event_is_stored_once(connected: Runtime, sandbox: Sandbox) -> None:
    with socket.listening(with_token(connected, sandbox.slack.app_token)):
        until(lambda: len(sandbox.slack.links) == 2)
        for number in range(6):
            say(sandbox, "minjun", f"{number}")
        until(lambda: outcomes(sandbox).count("ok") == 6)
    assert stored(connected) == 6


def test_a_token_that_slack_refuses_stops_nothing(runtime: Runtime, sandbox: Sandbox) -> None:
    with socket.listening(with_token(runtime, "xapp-wrong")):
        until(lambda: sandbox.slack.counts["apps.connections.open invalid_auth"])
    assert not sandbox.slack.links


def test_slack_away_at_the_start_is_waited_for(runtime: Runtime, sandbox: Sandbox) -> None:
    sandbox.fault(op="apps.connections.open", status=503, times=1)
    with socket.listening(with_token(runtime, sandbox.slack.app_token)):
        until(lambda: sandbox.slack.links)


def sandbox_slack_control(sandbox: Sandbox, change: dict[str, object]) -> None:
    answer = httpx.post(f"{sandbox.world.base_url}/slack/_control", json=change)
    assert answer.is_success, answer.text
