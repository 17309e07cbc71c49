"""What a process of this product runs on, built in one place and passed on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from slack_sdk import WebClient
from sqlalchemy import Engine

from services.crypto import SecretBox
from services.db import embedded, migrate
from services.db.engine import Sessions, make_engine, make_sessions
from services.delivery.slack import make_client
from services.settings import Settings


@dataclass(frozen=True, slots=True)
class Runtime:
    """Settings, database, encryption and Slack of this process. `database_url` is the one in use."""

    settings: Settings
    database_url: str
    engine: Engine
    sessions: Sessions
    box: SecretBox
    slack: WebClient


@contextmanager
def database(settings: Settings, *, pool_size: int = 10) -> Iterator[Engine]:
    """A migrated database: the configured one, or the embedded one for as long as this is open.

    Raises DatabaseUnavailable, SchemaTooNew.
    """
    with ExitStack() as stack:
        if settings.database_url is not None:
            url = settings.database_url.get_secret_value()
        else:
            url = stack.enter_context(embedded.start(settings.data_dir)).url
        engine = make_engine(url, pool_size=pool_size)
        stack.callback(engine.dispose)
        migrate.upgrade(engine)
        yield engine


@contextmanager
def open_runtime(settings: Settings) -> Iterator[Runtime]:
    """Everything a process needs, closed in the right order at the end."""
    with database(settings, pool_size=settings.worker_concurrency + 5) as engine:
        yield Runtime(
            settings=settings,
            database_url=engine.url.render_as_string(hide_password=False),
            engine=engine,
            sessions=make_sessions(engine),
            box=SecretBox.from_setting(settings.token_encryption_keys.get_secret_value()),
            slack=make_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url),
        )
