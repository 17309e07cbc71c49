"""What a process of this product runs on, built in one place and passed on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from slack_sdk import WebClient
from sqlalchemy import Engine

from services.crypto import SecretBox
from services.db import embedded, migrate
from services.db.engine import Sessions, make_engine, make_sessions
from services.delivery.slack import make_client
from services.settings import Settings


def _nothing() -> None:
    """What there is to revive of a database that others run."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """Settings, database, encryption and Slack of this process. `database_url` is the one in use.

    `revive` starts an embedded server again that died; with a configured database it does nothing.
    """

    settings: Settings
    database_url: str
    engine: Engine
    sessions: Sessions
    box: SecretBox
    slack: WebClient
    revive: Callable[[], None] = _nothing


@dataclass(frozen=True, slots=True)
class Database:
    """A migrated database; `revive` starts an embedded one again, on the port it had."""

    engine: Engine
    revive: Callable[[], None]


@contextmanager
def database(settings: Settings, *, pool_size: int = 10) -> Iterator[Database]:
    """The configured database, or the embedded one for as long as this is open.

    Raises DatabaseUnavailable, SchemaTooNew.
    """
    with ExitStack() as stack:
        revive: Callable[[], None] = _nothing
        if settings.database_url is not None:
            url = settings.database_url.get_secret_value()
        else:
            server = stack.enter_context(embedded.start(settings.data_dir))
            url, revive = server.url, server.ensure_running
        engine = make_engine(url, pool_size=pool_size, idle_seconds=settings.lease_seconds)
        stack.callback(engine.dispose)
        migrate.upgrade(engine)
        yield Database(engine, revive)


@contextmanager
def open_runtime(settings: Settings) -> Iterator[Runtime]:
    """Everything a process needs, closed in the right order at the end."""
    with database(settings, pool_size=settings.worker_concurrency + 5) as opened:
        yield Runtime(
            settings=settings,
            database_url=opened.engine.url.render_as_string(hide_password=False),
            engine=opened.engine,
            sessions=make_sessions(opened.engine),
            box=SecretBox.from_setting(settings.token_encryption_keys.get_secret_value()),
            slack=make_client(
                settings.slack_bot_token.get_secret_value(),
                settings.slack_api_url,
                timeout=settings.slack_timeout,
            ),
            revive=opened.revive,
        )
