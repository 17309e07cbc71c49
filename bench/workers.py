"""Three workers, processes with pools of their own: how they share the load, and what one's death costs.

The database notes from which port a message was marked sent, and so whose it was. A third worker comes while
two are at work, nobody is restarted; then one is killed with messages in its hands. Leases last 4 seconds. In
a minute. Exits with 1 when a target is missed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import requests
from sqlalchemy import TextClause, text

from bench.database import migrated, running_database
from bench.sending import fill
from bench.verdict import verdict
from sandbox.app import serve
from sandbox.environment import environment
from sandbox.world import World
from services import jobs
from services.db.engine import Sessions, make_sessions, transaction
from services.delivery import outbox
from services.own_secrets import generated_secrets

PEOPLE = 600
WORKERS = ("one", "two", "three")
SHARE, ABSORBED_SECONDS = 0.20, 60.0  # the targets
PATIENCE = 120.0
WHO = """
CREATE TABLE done_by (port int, at timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION note_who() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO done_by (port) VALUES (inet_client_port()); RETURN NEW; END $$;
CREATE TRIGGER note_who AFTER UPDATE ON outbound_messages FOR EACH ROW
WHEN (OLD.status <> 'sent' AND NEW.status = 'sent') EXECUTE FUNCTION note_who()
"""


class Team:
    """The workers of one database."""

    def __init__(self, sessions: Sessions, environ: dict[str, str]) -> None:
        self.sessions, self.environ = sessions, environ
        self.ports: dict[int, str] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """One more; returns when it has given a sign of life."""
        command = [sys.executable, "-m", "services.jobs", "worker"]
        self.processes[name] = process = subprocess.Popen(command, env=self.environ)
        sign = text("SELECT count(*) FROM heartbeats WHERE name LIKE :name")
        self._until(lambda: self._count(sign, name=f"worker:{process.pid}:%") == 1)

    def end(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait(20)

    def done(self, *, since: float = 0) -> Counter[str]:
        """How many messages each has sent since a moment (epoch, by this machine's clock)."""
        with transaction(self.sessions) as session:
            rows = session.execute(
                text("SELECT port, count(*) FROM done_by WHERE at > to_timestamp(:since) GROUP BY 1"),
                {"since": since},
            ).all()
        counts: Counter[str] = Counter()
        for port, count in rows:
            counts[self.ports.get(port, "unknown")] += count
        return counts

    def _look_at_ports(self) -> None:
        for name, process in self.processes.items():
            with suppress(psutil.Error):
                for connection in psutil.Process(process.pid).net_connections("tcp"):
                    self.ports[connection.laddr.port] = name

    def put(self, first: int, count: int) -> None:
        """A message each for so many people."""
        with transaction(self.sessions) as session:
            for number in range(first, first + count):
                content = {"text": "briefing", "blocks": []}
                outbox.put(session, outbox.Draft(f"bench{number}", "briefing", content, str(uuid.uuid4())))

    def await_sent(self, count: int) -> None:
        """Until so many are sent; what nobody holds is swept up as the sidecar does."""

        def are_sent() -> bool:
            with transaction(self.sessions) as session:
                jobs.sweep(session)
            return self.done().total() >= count

        self._until(are_sent)

    def _count(self, question: TextClause, **values: object) -> int:
        with transaction(self.sessions) as session:
            return int(session.execute(question, values).scalar_one())

    def _until(self, true: Callable[[], bool]) -> None:
        give_up = time.monotonic() + PATIENCE
        while not true():
            self._look_at_ports()
            if time.monotonic() > give_up:
                raise SystemExit(f"it takes too long: {self.done()}")
            time.sleep(0.2)


def main() -> int:
    """Run, print, and say whether the targets are met."""
    with ExitStack() as stack:
        server = stack.enter_context(running_database(durable=False))
        engine = stack.enter_context(migrated(server.url))
        world = World("")
        stack.enter_context(serve(world))
        sessions = make_sessions(engine)
        fill(sessions, world, PEOPLE)
        slow = {"op": "chat.postMessage", "answer_ms": 300}
        requests.post(f"{world.base_url}/_control/faults", json=slow, timeout=10).raise_for_status()
        with transaction(sessions) as session:
            session.execute(text(WHO))
        team = Team(sessions, _environ(world, server.folder, server.url))
        stack.callback(team.end)
        return _play(team)


def _environ(world: World, folder: Path, database_url: str) -> dict[str, str]:
    return {
        **os.environ,
        **generated_secrets(folder, []),
        **environment(world),
        "DATABASE_URL": database_url,
        "DATA_DIR": str(folder),
        "LEASE_SECONDS": "4",
        "SLACK_MESSAGES_PER_MINUTE": "6000",
        "LOG_LEVEL": "ERROR",
    }


def _play(team: Team) -> int:
    part = PEOPLE // 3
    for name in WORKERS[:2]:
        team.start(name)
    team.put(0, part)
    team.await_sent(part // 10)
    team.start(WORKERS[2])  # the others go on meanwhile
    team.await_sent(part)
    since = time.time()
    team.put(part, part)
    team.await_sent(2 * part)
    shared = team.done(since=since)
    since = time.time()
    team.put(2 * part, part)
    team.await_sent(2 * part + part // 10)
    team.processes[WORKERS[0]].kill()
    killed = time.monotonic()
    team.await_sent(PEOPLE)
    return _print(shared, time.monotonic() - killed, team.done(since=since))


def _print(shared: Counter[str], absorbed: float, after: Counter[str]) -> int:
    total = shared.total()
    print(
        f"{total} messages by three workers: {dict(shared)}; "
        f"one of them killed during the next {after.total()}: {dict(after)}"
    )
    least = min(shared[name] for name in WORKERS) / total
    met = [
        verdict(f"the least busy did {least:.0%}", f"at least {SHARE:.0%}", least >= SHARE),
        verdict(
            f"everything sent {absorbed:.0f} s after one was killed",
            f"within {ABSORBED_SECONDS:.0f} s",
            absorbed <= ABSORBED_SECONDS,
        ),
    ]
    return 0 if all(met) else 1
