"""The whole product as processes: two sidecars, a worker, the portal, PostgreSQL and the sandbox."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
from sqlalchemy import CursorResult, text
from sqlalchemy.exc import DBAPIError

from sandbox.world import Person
from services.connect import flow
from services.crypto import SecretBox
from services.db import embedded, migrate
from services.db.engine import Sessions, make_engine, make_sessions, transaction
from services.delivery.slack import make_client
from services.errors import DatabaseUnavailable
from services.people import NewPerson, register
from services.runtime import Runtime
from services.settings import load_settings
from tests.faults.processes import Part
from tests.integration.journeys import callback_of

T = TypeVar("T")
LEASE_SECONDS = 2
TICK_SECONDS = 1
WORKING = ("sidecar-1", "sidecar-2", "worker")
PEOPLE = 6


@dataclass
class Plant:
    """Everything that runs, and the ways to strike it."""

    folder: Path
    server: embedded.EmbeddedServer
    sandbox_url: str
    sandbox: Part
    runtime: Runtime
    parts: dict[str, Part]
    people: dict[str, Person] = field(default_factory=dict)
    posts_before: int = 0

    @property
    def sessions(self) -> Sessions:
        return self.runtime.sessions

    @property
    def portal_url(self) -> str:
        return self.runtime.settings.portal_url

    def control(self, path: str, json: object = None, *, method: str = "POST") -> dict[str, Any]:
        """One call of the sandbox's control API."""
        answer = httpx.request(method, f"{self.sandbox_url}{path}", json=json, timeout=30)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def fault(self, **rule: object) -> None:
        """Have the sandbox misbehave, such as op="chat.postMessage", drop="after", times=1."""
        self.control("/_control/faults", rule)

    def posts(self) -> int:
        """How many messages Slack has taken so far."""
        counts = self.control("/slack/_control", method="GET")["counts"]
        return int(counts.get("chat.postMessage ok", 0))

    @contextmanager
    def running_only(self, **parts: Part) -> Iterator[None]:
        """These, and of the others the portal alone."""
        before, self.parts = self.parts, {"portal": self.parts["portal"], **parts}
        for name in set(before) - {"portal"}:
            before[name].kill()
        try:
            yield
        finally:
            for name in parts:
                _end(self.parts[name])
            self.parts = before

    def another(self, name: str, like: str, **environ: str) -> Part:
        """A further process, not started yet, that runs what `like` runs."""
        model = self.parts[like]
        return Part(name, model.arguments, model.environ | environ, self.folder / f"{name}.log")

    def start_all(self) -> None:
        for part in self.parts.values():
            part.start()

    def execute(self, statement: str, **values: object) -> list[Any]:
        """Rows of a statement; asked again while the database is away."""

        def ask() -> list[Any]:
            with transaction(self.sessions) as session:
                result = session.execute(text(statement), values)
                return list(result.all()) if isinstance(result, CursorResult) and result.returns_rows else []

        return patiently(ask)

    def last_words(self, characters: int = 2_000) -> str:
        """The ends of all logs."""
        logs = [part.log for part in (*self.parts.values(), self.sandbox)]
        return "\n".join(f"== {log.name}\n{log.read_text()[-characters:]}" for log in logs)

    def kill_database(self) -> None:
        """kill -9 of the server, whose children then leave by themselves; and a new start."""
        server = self._server_process()
        server.kill()
        server.wait(20)
        self._start_database()

    def restart_database(self) -> None:
        """The fast shutdown: every connection is cut, and a new start."""
        server = self._server_process()
        server.send_signal(signal.SIGINT)
        server.wait(30)
        self._start_database()

    def freeze_database(self, seconds: float) -> None:
        """Nobody gets an answer for a while."""
        server = self._server_process()
        frozen = [server, *server.children(recursive=True)]
        for process in frozen:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        time.sleep(seconds)
        for process in frozen:
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def cut_connections(self) -> None:
        """Every other connection to the database is ended in the middle of whatever it does."""
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND usename = current_user"
        )

    def _server_process(self) -> psutil.Process:
        found = next(iter(self.server.home.rglob("postmaster.pid")))
        return psutil.Process(int(found.read_text().splitlines()[0]))

    def _start_database(self) -> None:
        patiently(self.server.ensure_running)


def patiently(act: Callable[[], T], seconds: float = 30) -> T:
    """What `act` gives, once the database is there."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return act()
        except (DBAPIError, DatabaseUnavailable):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@contextmanager
def running_plant() -> Iterator[Plant]:
    """All of it, with people who have connected; ended with the block, whatever state it is in."""
    folder = Path(tempfile.mkdtemp(prefix="briefing-portal-faults-"))
    folder.chmod(0o711)  # who runs as root has the database run as another user
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = embedded.start(folder)  # durable: what it has said is stored must be so
        stack.callback(server.release)
        port = str(_free_port())
        sandbox = Part("sandbox", ("-m", "sandbox", "--port", port), _inherited(), folder / "sandbox.log")
        stack.callback(_end, sandbox)
        plant = _build(folder, server, sandbox)
        stack.callback(plant.runtime.engine.dispose)
        for part in plant.parts.values():
            stack.callback(_end, part)
        plant.start_all()
        try:
            _await_up(plant)
        except AssertionError as exc:
            exc.add_note(plant.last_words())
            raise
        yield plant


def _end(part: Part) -> None:
    part.thaw()
    part.kill()


def _build(folder: Path, server: embedded.EmbeddedServer, sandbox: Part) -> Plant:
    sandbox.start()
    sandbox_url = f"http://127.0.0.1:{sandbox.arguments[-1]}"
    _until(lambda: httpx.get(f"{sandbox_url}/_control/people", timeout=2).is_success)
    portal_port = _free_port()
    environ = _inherited() | {
        "DATA_DIR": str(folder),
        "DATABASE_URL": server.url,
        "COOKIE_SECRET": secrets.token_hex(),
        "CRON_SECRET": "cron-secret-of-a-test",
        "TOKEN_ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "PORTAL_URL": f"http://localhost:{portal_port}",
        "LEASE_SECONDS": str(LEASE_SECONDS),
        "TICK_SECONDS": str(TICK_SECONDS),
        "WORKER_CONCURRENCY": "4",
        **httpx.get(f"{sandbox_url}/_control/settings", timeout=10).json(),
    }
    settings = load_settings(environ, env_file=None)
    engine = make_engine(server.url)
    migrate.upgrade(engine)
    runtime = Runtime(
        settings=settings,
        database_url=server.url,
        engine=engine,
        sessions=make_sessions(engine),
        box=SecretBox.from_setting(environ["TOKEN_ENCRYPTION_KEYS"]),
        slack=make_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url, timeout=5),
    )
    portal = ("-m", "streamlit", "run", "portal/app.py", "--server.address", "127.0.0.1")
    commands = {
        "sidecar-1": ("scheduler.py",),
        "sidecar-2": ("scheduler.py",),
        "worker": ("-m", "services.jobs", "worker"),
        "portal": (*portal, "--server.headless", "true", "--server.port", str(portal_port)),
    }
    parts = {
        name: Part(name, arguments, environ, folder / f"{name}.log") for name, arguments in commands.items()
    }
    plant = Plant(folder, server, sandbox_url, sandbox, runtime, parts)
    _bring_people(plant)
    return plant


def _bring_people(plant: Plant) -> None:
    """Some of the cast, connected through the real consent, who want a briefing on every day."""
    callback = f"{plant.portal_url}/oauth/gmail/callback"
    plant.control("/_control/clients", {"redirect_uris": [callback]})
    cast = plant.control("/_control/people", method="GET")["people"]
    for one in [one for one in cast if one["slack_user_id"]][:PEOPLE]:
        person = Person(**{name: one.get(name, "") for name in Person.__dataclass_fields__})
        new = NewPerson(
            display_name=person.name,
            email=person.google_email,
            locale=person.locale,
            timezone=person.timezone,
            slack_user_id=person.slack_user_id,
        )
        with transaction(plant.sessions) as session:
            user_id = register(session, new, plant.runtime.settings, now=datetime.now(UTC)).id
        consent = flow.begin(plant.runtime, user_id)
        chosen = {"url": consent.url, "person": person.key}
        back = plant.control("/_control/consent", chosen)["location"]
        flow.finish(plant.runtime, callback_of(back, user_id, consent.browser_secret))
        plant.people[user_id] = person
    plant.execute("UPDATE briefing_settings SET weekdays = '{1,2,3,4,5,6,7}', next_due_at = NULL")


def _await_up(plant: Plant) -> None:
    """Until the portal answers and a sidecar has ticked."""
    _until(lambda: httpx.get(f"{plant.portal_url}/healthz", timeout=2).is_success, 60)
    _until(lambda: bool(plant.execute("SELECT 1 FROM heartbeats WHERE name LIKE 'scheduler:%'")), 60)


def _until(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with suppress(httpx.TransportError):
            if true():
                return
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _inherited() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path[:1])}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
