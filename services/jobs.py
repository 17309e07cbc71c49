"""The queue: Procrastinate on the same PostgreSQL. `python -m services.jobs worker` is an extra worker.

Rows decide, jobs only carry an id: a job that is lost, repeated or late changes nothing but the moment. It
is deferred in the transaction that makes its row due, and again each minute by the sweep while the row says
so and nobody holds it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import structlog
from procrastinate import App
from sqlalchemy import Select, select, text
from sqlalchemy.orm import Session

from services import heartbeat, metrics, previews
from services.alerts import webhook
from services.assistant import pending
from services.assistant.from_slack import inbox
from services.connect import first_fetch, sessions
from services.db.engine import transaction
from services.db.models import (
    AuthSession,
    Briefing,
    BulkAction,
    OutboundMessage,
    PendingRequest,
    Preview,
    SlackEvent,
    SlackLink,
    WebhookPost,
)
from services.deferral import defer
from services.delivery import briefings, outbox, worth
from services.errors import DatabaseUnavailable, PortalError
from services.logs import configure_logging
from services.people import join_work
from services.runtime import Runtime, open_runtime
from services.settings import load_settings
from services.tasks import make_worker_app
from services.tokens import bulk

SWEEP_LIMIT = 1_000
RESTART_SECONDS = 5
QUEUES = ("default", "delivery")
# Threads that send: as many as keep one of Slack's answers (0.3 s, say) from costing the next one's turn.
SENDERS = 4
# How late a job of a certain moment may be noticed.
POLL_SECONDS = 1.0
READY = text(
    "SELECT EXISTS (SELECT FROM procrastinate_jobs"
    " WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))"
)
log = structlog.get_logger(__name__)


def sweep(session: Session) -> int:
    """Defer again whatever a row says is due and nobody holds; returns how many rows that were."""
    sessions.expire_overdue(session)
    worth.sweep(session)
    waiting: dict[str, Select[str]] = {
        "send_briefing": select(Briefing.id).where(briefings.is_open()),
        "deliver": select(OutboundMessage.id).where(outbox.is_open()),
        "preview": select(Preview.id).where(previews.is_open()),
        "first_fetch": select(AuthSession.id).where(first_fetch.is_left()),
        "post_alarm": select(WebhookPost.id).where(webhook.is_open()),
        bulk.TASK: select(BulkAction.id).where(bulk.is_open()),
        inbox.TASK: select(SlackEvent.id).where(inbox.is_open()),
        pending.TASK: select(PendingRequest.id).where(pending.is_open()),
        join_work.JOIN: select(SlackLink.id).where(join_work.is_confirmed()),
        join_work.REVOKE: select(SlackLink.id).where(join_work.has_dropped()),
    }
    taken_up = 0
    for task, rows in waiting.items():
        for row_id in session.scalars(rows.limit(SWEEP_LIMIT)).all():
            defer(session, task, row_id)
            taken_up += 1
    return taken_up


@contextlib.contextmanager
def _threads(concurrency: int) -> Iterator[None]:
    """Room for as many blocking tasks as the worker takes at once."""
    with ThreadPoolExecutor(max_workers=concurrency + 2, thread_name_prefix="job") as pool:
        asyncio.get_running_loop().set_default_executor(pool)
        yield


async def run_worker(runtime: Runtime, *, wait: bool = True, now: datetime | None = None) -> None:
    """Work until told to stop, or with `wait=False` until the queue is empty."""
    concurrency = runtime.settings.worker_concurrency
    app = make_worker_app(runtime, connections=concurrency + SENDERS + 5, now=now)
    with _threads(concurrency + SENDERS):
        async with app.open_async():
            if not wait:
                while await asyncio.to_thread(_work_is_there, runtime):
                    await _work(app, list(QUEUES), concurrency, wait=False)
                return
            async with asyncio.TaskGroup() as together:
                together.create_task(_work(app, ["default"], concurrency))
                together.create_task(_work(app, ["delivery"], SENDERS))
                together.create_task(_give_signs_of_life(runtime))


async def _give_signs_of_life(runtime: Runtime) -> None:
    """Whoever looks at `heartbeats` sees how many workers there are, and which has gone silent."""
    while True:
        with contextlib.suppress(DatabaseUnavailable):  # the workers beside this say so
            await asyncio.to_thread(_beat, runtime)
        await asyncio.sleep(runtime.settings.tick_seconds)


def _beat(runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session:
        every = runtime.settings.tick_seconds
        heartbeat.beat(session, f"worker:{os.getpid()}", every=every, figures=metrics.read())


def _work_is_there(runtime: Runtime) -> bool:
    """Whether a job waits for a worker now; one that works leaves what its own jobs have queued."""
    with transaction(runtime.sessions) as session:
        return bool(session.execute(READY).scalar_one())


async def _work(app: App, queues: list[str], concurrency: int, *, wait: bool = True) -> None:
    await app.run_worker_async(
        queues=queues,
        name="+".join(queues),
        wait=wait,
        concurrency=concurrency,
        fetch_job_polling_interval=POLL_SECONDS,
        install_signal_handlers=False,
        delete_jobs="successful",
        shutdown_graceful_timeout=30,
        listen_notify=wait,
    )


def main(arguments: list[str] | None = None) -> int:
    """`python -m services.jobs worker`: works until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m services.jobs")
    parser.add_argument("command", choices=["worker"])
    parser.parse_args(arguments)
    configure_logging()
    try:
        with open_runtime(load_settings()) as runtime:
            asyncio.run(until_stopped(runtime))
    except PortalError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return 0


async def until_stopped(runtime: Runtime) -> None:
    """Work until SIGTERM or SIGINT, then finish what is held; tell Prometheus meanwhile."""
    with metrics.served(runtime.settings.metrics_address):
        await _until_stopped(runtime)


async def _until_stopped(runtime: Runtime) -> None:
    """A worker that fails is replaced by another."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    while not stop.is_set():
        worker = asyncio.create_task(run_worker(runtime))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({worker, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            worker.cancel()
        try:
            await worker
        except asyncio.CancelledError:
            return
        except Exception:
            log.exception("worker_failed", again_in_seconds=RESTART_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RESTART_SECONDS)
        finally:
            stopping.cancel()


if __name__ == "__main__":
    sys.exit(main())
