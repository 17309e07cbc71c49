"""A sandbox on a socket, a runtime pointed at it, and people who have connected for real."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Engine

from sandbox.app import serve
from sandbox.world import World
from services.alerts import unstored
from services.crypto import SecretBox
from services.db.engine import make_sessions
from services.delivery.slack import make_client
from services.runtime import Runtime
from services.settings import Settings, load_settings
from tests.integration.journeys import Sandbox

KEY = base64.urlsafe_b64encode(b"0123456789abcdef0123456789abcdef").decode()


@pytest.fixture(autouse=True)
def nothing_unstored(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process remembers of a failure is not the next test's."""
    monkeypatch.setattr(unstored, "_noted", threading.Event())


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox of this test's own, with the cast in it."""
    world = World("")
    with serve(world):
        yield Sandbox(world)


@pytest.fixture
def settings(sandbox: Sandbox, database_url: str, tmp_path: Path) -> Settings:
    """What a process pointed at the sandbox reads from its environment."""
    environ = {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": database_url,
        "COOKIE_SECRET": "cookie-secret-of-a-test",
        "TOKEN_ENCRYPTION_KEYS": KEY,
        "CRON_SECRET": "cron-secret-of-a-test",
        "LEASE_SECONDS": "21",
        **sandbox.environment(),
    }
    return load_settings(environ, env_file=None)


@pytest.fixture
def runtime(settings: Settings, database_url: str, engine: Engine) -> Iterator[Runtime]:
    yield Runtime(
        settings=settings,
        database_url=database_url,
        engine=engine,
        sessions=make_sessions(engine),
        box=SecretBox.from_setting(KEY),
        slack=make_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url, timeout=5),
    )
    with suppress(Exception):
        engine.dispose()
