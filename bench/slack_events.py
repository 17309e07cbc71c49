"""`python -m bench slack_events`: 50 messages a second for a minute, from Slack's request to the stored row.

The portal is a process of its own with production settings and an embedded server with real durability. Each
message is sent at its own moment, late or not, and its time counts from that moment; some come twice, as
Slack repeats them. Exits with 1 when the target is missed, or when a message is lost or stored twice.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import threading
import time
from base64 import urlsafe_b64encode
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from os import urandom
from pathlib import Path
from statistics import quantiles

import httpx
from sqlalchemy import text

from bench.database import running_database
from bench.sandbox_process import running_sandbox
from bench.servers import PORTAL, free_url, running_server
from bench.verdict import cpu_seconds, machine_cpu, print_others, verdict
from services.db.engine import transaction
from services.people import NewPerson, register
from services.runtime import Runtime, open_runtime
from services.settings import Settings, load_settings

RATE, SECONDS = 50, 60
PEOPLE = 200
REPEATED = 20  # one in so many comes again
CLIENTS = 24
P95_MS = 50.0
TEAM = "T0SANDBOX"


@dataclass
class Slack:
    """The sending side: answers by status, and milliseconds from each message's moment to its answer."""

    url: str
    secret: str
    answers: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    clients: threading.local = field(default_factory=threading.local)

    def send(self, number: int, due: float) -> None:
        """Message `number`, once its moment `due` has come."""
        time.sleep(max(0.0, due - time.perf_counter()))
        for _ in range(2 if number % REPEATED == 0 else 1):
            body = json.dumps(_envelope(number)).encode()
            answer = self._client().post(f"{self.url}/slack/events", content=body, headers=self._signed(body))
            self.answers[answer.status_code] += 1
            self.times.append((time.perf_counter() - due) * 1000)
            due = time.perf_counter()

    def _client(self) -> httpx.Client:
        if not hasattr(self.clients, "one"):
            self.clients.one = httpx.Client(timeout=10)
        client: httpx.Client = self.clients.one
        return client

    def _signed(self, body: bytes) -> dict[str, str]:
        moment = str(int(time.time()))
        digest = hmac.new(self.secret.encode(), f"v0:{moment}:".encode() + body, hashlib.sha256).hexdigest()
        return {
            "Content-Type": "application/json",
            "X-Slack-Request-Timestamp": moment,
            "X-Slack-Signature": f"v0={digest}",
        }


def main() -> int:
    """Run, print, and say whether the target is met."""
    with ExitStack() as stack:
        sandbox = stack.enter_context(running_sandbox())
        server = stack.enter_context(running_database())
        url, folder = free_url(), server.folder
        environ = {**sandbox.environment(), **_own(folder, server.url), "PORTAL_URL": url}
        settings = load_settings(environ, env_file=None)
        runtime = stack.enter_context(open_runtime(settings))
        _register(runtime)
        portal = stack.enter_context(running_server(PORTAL, url, environ, folder))
        slack = Slack(url, settings.slack_signing_secret.get_secret_value())
        _send(slack, first=0, count=RATE)  # warm
        slack.times.clear()
        used, machine = cpu_seconds(portal.process), machine_cpu()
        began = time.perf_counter()
        _send(slack, first=RATE, count=RATE * SECONDS)
        seconds = time.perf_counter() - began
        used, machine = cpu_seconds(portal.process) - used, machine_cpu() - machine
        return _print(slack, runtime, used, machine, seconds)


def _own(folder: Path, database_url: str) -> dict[str, str]:
    return {
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url,
        "COOKIE_SECRET": "bench",
        "CRON_SECRET": "bench",
        "TOKEN_ENCRYPTION_KEYS": urlsafe_b64encode(urandom(32)).decode(),
    }


def _register(runtime: Runtime) -> None:
    """People who are known, so that their messages go into the conversation log too."""
    settings: Settings = runtime.settings
    with transaction(runtime.sessions) as session:
        for number in range(PEOPLE):
            new = NewPerson(f"P{number}", None, "ko", "Asia/Seoul", f"U0BENCH{number:04}")
            register(session, new, settings, now=datetime.now(UTC))


def _send(slack: Slack, *, first: int, count: int) -> None:
    start = time.perf_counter() + 0.2
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda n: slack.send(first + n, start + n / RATE), range(count)))


def _envelope(number: int) -> dict[str, object]:
    """What somebody says; the same number is the same message."""
    person = number % PEOPLE
    ts = f"{1_800_000_000 + number}.000100"
    return {
        "type": "event_callback",
        "team_id": TEAM,
        "event_id": f"Ev{number:09}",
        "event": {
            "type": "message",
            "channel_type": "im",
            "channel": f"D0BENCH{person:04}",
            "user": f"U0BENCH{person:04}",
            "team": TEAM,
            "ts": ts,
            "event_ts": ts,
            "text": f"지난주에 온 견적서 메일 찾아줘 {number}",
            "client_msg_id": f"{number}",
        },
    }


def _print(slack: Slack, runtime: Runtime, used: float, machine: float, seconds: float) -> int:
    p50, p95, p99 = (quantiles(slack.times, n=100)[at - 1] for at in (50, 95, 99))
    sent = RATE * (SECONDS + 1)
    with transaction(runtime.sessions) as session:
        kept = [
            session.execute(text(f"SELECT count(*) FROM {counted}")).scalar_one()
            for counted in (
                "slack_events",
                "procrastinate_jobs WHERE task_name = 'handle_slack'",
                "conversation_log",
            )
        ]
    print(f"{len(slack.times):,} requests in {seconds:.0f} s, {RATE} messages a second:")
    met = [
        verdict(f"p95 {p95:.0f} ms (p50 {p50:.0f}, p99 {p99:.0f})", f"under {P95_MS:.0f} ms", p95 < P95_MS),
        verdict(
            f"of {sent:,} messages {kept[0]:,} stored, {kept[1]:,} queued, {kept[2]:,} in the log",
            "all, once",
            kept == [sent] * 3 and set(slack.answers) == {200},
        ),
    ]
    print(f"  the portal took {1000 * used / len(slack.times):.1f} ms of CPU a request")
    print_others(machine - used, seconds)
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
