"""One worker's memory over 10,000 briefings, each from the token to the sent message.

The worker, the sandbox and PostgreSQL are processes of their own; nothing is late, no limit holds anything
up. `BENCH_BRIEFINGS` says how many (10,000, some minutes). Exits with 1 when the target is missed.
"""

from __future__ import annotations

import base64
import logging
import os
import secrets
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import structlog
from sqlalchemy import func, select, text

from bench.database import running_database
from bench.sandbox_process import SandboxProcess, running_sandbox
from bench.servers import running
from bench.verdict import verdict
from services.connect import flow
from services.connect.flow import Callback
from services.db.engine import transaction
from services.db.models import Briefing
from services.deferral import defer
from services.delivery.briefings import Order, open_briefing
from services.people import NewPerson, register
from services.runtime import Runtime, open_runtime
from services.settings import load_settings

BRIEFINGS = int(os.environ.get("BENCH_BRIEFINGS", "10000"))
PEOPLE = 10
BATCH = 200
# Connections, caches and threads are there after so many.
WARM_UP = BRIEFINGS // 10
TARGET_MB = 20.0
PATIENCE = 120.0
DAY = timedelta(days=1)
# What a person may get in a minute has nothing to do with this: every bucket is always full.
NO_LIMITS = """
CREATE FUNCTION filled() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN NEW.full_at := now() - interval '1 day'; RETURN NEW; END $$;
CREATE TRIGGER filled BEFORE INSERT OR UPDATE ON rate_limits FOR EACH ROW EXECUTE FUNCTION filled()
"""


@dataclass(frozen=True)
class Product:
    """A worker at work, and the people whose briefings it makes."""

    runtime: Runtime
    worker: psutil.Process
    people: list[str]

    def megabytes(self) -> float:
        """What the worker holds of the machine's memory."""
        return float(self.worker.memory_info().rss) / 2**20


def main() -> int:
    """Run, print, and say whether the target is met."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with _running_product() as product:
        began, samples = time.monotonic(), {}
        for made in range(BATCH, BRIEFINGS + 1, BATCH):
            _make(product)
            samples[made] = product.megabytes()
        return _print(samples, time.monotonic() - began)


def _print(samples: dict[int, float], seconds: float) -> int:
    made = max(samples)
    print(
        f"{made:,} briefings by one worker in {seconds:.0f} s, {made / seconds:.0f} a second; megabytes held"
    )
    for number in list(samples)[:: max(len(samples) // 10, 1)]:
        print(f"  after {number:>7,}: {samples[number]:.0f}")
    warm = [held for number, held in samples.items() if number >= WARM_UP]
    few = max(len(warm) // 10, 1)
    growth = statistics.median(warm[-few:]) - statistics.median(warm[:few])
    met = verdict(
        f"{growth:+.1f} MB after the first {WARM_UP:,}", f"under {TARGET_MB:.0f} MB", growth < TARGET_MB
    )
    return 0 if met else 1


def _make(product: Product) -> None:
    """One batch from its rows to the last sent message."""
    with transaction(product.runtime.sessions) as session:
        for number in range(BATCH):
            user_id = product.people[number % len(product.people)]
            order = Order(user_id, "manual", datetime.now(UTC).date(), datetime.now(UTC), DAY)
            defer(session, "send_briefing", str(open_briefing(session, order)))
    give_up = time.monotonic() + PATIENCE
    while _left(product):
        if time.monotonic() > give_up:
            raise SystemExit(f"{_left(product)} briefings were never sent")
        time.sleep(0.1)
    with transaction(product.runtime.sessions) as session:
        session.execute(text("TRUNCATE briefings, outbound_messages, conversation_log CASCADE"))


def _left(product: Product) -> int:
    with transaction(product.runtime.sessions) as session:
        failed, left = session.execute(
            select(
                func.count().filter(Briefing.status == "failed"),
                func.count().filter(Briefing.status != "sent"),
            )
        ).one()
    if failed:
        raise SystemExit(f"{failed} briefings failed")
    return int(left)


@contextmanager
def _running_product() -> Iterator[Product]:
    with ExitStack() as stack:
        sandbox = stack.enter_context(running_sandbox())
        sandbox.quiet_slack()
        server = stack.enter_context(running_database(durable=False))
        environ = _environ(sandbox, server.folder, server.url)
        runtime = stack.enter_context(open_runtime(load_settings(environ, env_file=None)))
        people = _people(runtime, sandbox)
        with transaction(runtime.sessions) as session:
            session.execute(text(NO_LIMITS))
        worker = stack.enter_context(running(["-m", "services.jobs", "worker"], environ, server.folder))
        yield Product(runtime, worker, people)


def _environ(sandbox: SandboxProcess, folder: Path, database_url: str) -> dict[str, str]:
    return {
        **sandbox.environment(),
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url,
        "COOKIE_SECRET": secrets.token_urlsafe(),
        "CRON_SECRET": secrets.token_urlsafe(),
        "TOKEN_ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "SLACK_MESSAGES_PER_MINUTE": "1000000",
        "GMAIL_UNITS_PER_MINUTE": "1000000000",
        "GMAIL_UNITS_PER_PERSON": "1000000000",
        "LOG_LEVEL": "WARNING",
        "NEWS_FEEDS": f"{sandbox.root}/feeds/korea.xml",
        "FEED_ALLOWED_HOSTS": urlsplit(sandbox.root).netloc,
    }


def _people(runtime: Runtime, sandbox: SandboxProcess) -> list[str]:
    """Some of the cast who have connected and are known in Slack."""
    redirect_uri = runtime.settings.portal_url.rstrip("/") + "/oauth/gmail/callback"
    sandbox.control("POST", "clients", {"redirect_uris": [redirect_uri]})
    cast = [one for one in sandbox.control("GET", "people").json()["people"] if one["slack_user_id"]]
    return [_connected(runtime, sandbox, one) for one in cast[:PEOPLE]]


def _connected(runtime: Runtime, sandbox: SandboxProcess, person: dict[str, str]) -> str:
    new = NewPerson(
        display_name=person["name"],
        email=person["google_email"],
        locale=person["locale"],
        timezone=person["timezone"],
        slack_user_id=person["slack_user_id"],
    )
    with transaction(runtime.sessions) as session:
        user_id: str = register(session, new, runtime.settings, now=datetime.now(UTC)).id
    consent = flow.begin(runtime, user_id)
    chosen = {"url": consent.url, "person": person["key"]}
    location = sandbox.control("POST", "consent", chosen).json()["location"]
    back = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    flow.finish(runtime, Callback(back["state"], consent.browser_secret, user_id, code=back["code"]))
    return user_id
