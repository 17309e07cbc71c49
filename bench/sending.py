"""Everybody due at the same moment: how soon sending begins, how fast it goes, and whether Slack minds.

Two workers, processes of their own, and Slack's limits set to what is configured, those of its methods as
they are. `BENCH_PEOPLE` says how many people (240); 1,000 take a little over four minutes. One in eight has
never been written to: their DMs are opened in the time ahead. Exits with 1 when a target is missed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, insert, select

from bench.database import migrated, running_database
from bench.verdict import verdict
from sandbox.app import serve
from sandbox.environment import environment
from sandbox.slack.limits import Rate
from sandbox.slack.state import workspace
from sandbox.world import Person, World
from services.db.engine import Sessions, make_sessions, transaction
from services.db.models import OutboundMessage, User
from services.delivery import outbox, pace
from services.delivery.slack import make_client, open_dm
from services.own_secrets import generated_secrets
from services.settings import Settings

PEOPLE = int(os.environ.get("BENCH_PEOPLE", "240"))
WORKERS = 2
PER_MINUTE = Settings.model_fields["slack_messages_per_minute"].default
# Slack looks at more than one second: what comes in one second's time may come at once.
ALLOWED = Rate(PER_MINUTE, round(PER_MINUTE / 60))
BATCH = 50
NEWCOMERS = PEOPLE // 8
DUE_IN = timedelta(seconds=20 + PEOPLE / 20) + NEWCOMERS * timedelta(minutes=1) / (
    pace.PER_MINUTE[pace.OPEN] * pace.EVENLY
)
TARGET_START, TARGET_RATE = 5.0, 0.9


@dataclass(frozen=True)
class Sent:
    """When they were due, when Slack had each of them, and how often it refused."""

    due: datetime
    at: list[datetime]
    refused: int

    @property
    def start(self) -> float:
        """Seconds from the due moment to the first message."""
        return (self.at[0] - self.due).total_seconds()

    @property
    def rate(self) -> float:
        """Messages a minute from the first to the last."""
        return 60 * (len(self.at) - 1) / (self.at[-1] - self.at[0]).total_seconds()


def main() -> int:
    """Run, print, and say whether the targets are met."""
    with running_database() as server, migrated(server.url) as engine:
        return _print(_measure(make_sessions(engine), server.url, server.folder))


def _measure(sessions: Sessions, database_url: str, folder: Path) -> Sent:
    world = World("")
    with serve(world):
        fill(sessions, world, PEOPLE, newcomers=NEWCOMERS)
        space = workspace(world)
        space.limits.enabled, space.limits.workspace = True, ALLOWED
        environ = {
            **os.environ,
            **generated_secrets(folder, []),
            **environment(world),
            "DATABASE_URL": database_url,
            "DATA_DIR": str(folder),
            "LOG_LEVEL": "WARNING",
        }
        with _workers(environ):
            due = _put(sessions)
            _await_all(sessions)
        return Sent(due, _posted(sessions), sum(space.limits.refused.values()))


def fill(sessions: Sessions, world: World, count: int, *, newcomers: int = 0) -> None:
    """People with a DM each, but for the first `newcomers`, before Slack begins to count."""
    space = workspace(world)
    space.limits.enabled = False
    client = make_client(environment(world)["SLACK_BOT_TOKEN"], environment(world)["SLACK_API_URL"])
    people = []
    for number in range(count):
        key, slack_id = f"bench{number}", f"U0BENCH{number:05}"
        world.add(
            Person(key, key, f"{key}@bench.example", slack_id, f"{key}@bench.example", "ko", "Asia/Seoul")
        )
        channel = None if number < newcomers else open_dm(client, slack_id)
        people.append({"id": key, "slack_user_id": slack_id, "slack_channel": channel})
    with transaction(sessions) as session:
        session.execute(insert(User), people)


@contextmanager
def _workers(environ: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "services.jobs", "worker"]
    running = [subprocess.Popen(command, env=environ) for _ in range(WORKERS)]
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(60)


def _put(sessions: Sessions) -> datetime:
    """A message each, as composing leaves them ahead of their time; when they are due."""
    content = {"text": "briefing", "blocks": []}
    due = _now(sessions) + DUE_IN
    for first in range(0, PEOPLE, BATCH):
        with transaction(sessions) as session:
            send_in = due - session.execute(select(func.now())).scalar_one()
            for number in range(first, min(first + BATCH, PEOPLE)):
                key = f"bench{number}"
                outbox.put(session, outbox.Draft(key, "briefing", content, key, send_in=send_in))
    if _now(sessions) > due:
        raise SystemExit("the messages were not there in time; the machine is too busy for a measurement")
    return due


def _now(sessions: Sessions) -> datetime:
    with transaction(sessions) as session:
        return session.execute(select(func.now())).scalar_one()


def _await_all(sessions: Sessions) -> None:
    deadline = time.monotonic() + DUE_IN.total_seconds() + 3 * 60 * PEOPLE / PER_MINUTE + 60
    left = PEOPLE
    while left:
        if time.monotonic() > deadline:
            raise SystemExit(f"{left} messages were never sent")
        time.sleep(1)
        with transaction(sessions) as session:
            open_ones = select(func.count()).where(OutboundMessage.status != "sent")
            left = session.execute(open_ones).scalar_one()


def _posted(sessions: Sessions) -> list[datetime]:
    with transaction(sessions) as session:
        stamps = session.scalars(select(OutboundMessage.slack_ts)).all()
    return sorted(datetime.fromtimestamp(float(stamp or 0), UTC) for stamp in stamps)


def _print(sent: Sent) -> int:
    print(
        f"{len(sent.at):,} messages due at once, {NEWCOMERS:,} of them to people never written to before,"
        f" {WORKERS} workers, {PER_MINUTE} a minute configured"
    )
    met = [
        verdict(
            f"the first {sent.start:.1f} s after its time", f"0 to {TARGET_START:.0f} s", 0 <= sent.start <= 5
        ),
        verdict(
            f"{sent.rate:.0f} a minute, {sent.rate / PER_MINUTE:.0%} of what is configured",
            f"at least {TARGET_RATE:.0%}",
            sent.rate >= TARGET_RATE * PER_MINUTE,
        ),
        verdict(f"{sent.refused} refused by Slack (429)", "none", sent.refused == 0),
    ]
    return 0 if all(met) else 1
