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
from procrastinate import App, JobContext, PsycopgConnector
from sqlalchemy import Select, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from services import daily, finished_jobs, heartbeat, metrics, previews
from services.alerts import slack_bot, webhook
from services.assistant import handle, pending, waiting
from services.assistant.from_slack import catch_up, inbox
from services.connect import first_fetch, sessions
from services.conversations import meaning
from services.conversations.embedding import EmbeddingUnavailable
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
from services.delivery import briefings, outbox, sender, worth
from services.errors import DatabaseUnavailable, PortalError, SlackError
from services.logs import configure_logging
from services.people import join_work, slack_account
from services.runtime import Runtime, open_runtime
from services.settings import load_settings
from services.tokens import bulk, bulk_work, keepalive

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


def make_worker_app(runtime: Runtime, *, now: datetime | None = None) -> App:
    """The worker's app with its tasks bound to this runtime; `now` replaces the clock for composing."""
    conninfo = (
        make_url(runtime.database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    )
    connections = runtime.settings.worker_concurrency + SENDERS + 5
    app = App(connector=PsycopgConnector(conninfo=conninfo, max_size=connections))

    @app.task(name="send_briefing", pass_context=True)
    def send_briefing(context: JobContext, row_id: str) -> None:
        daily.send_briefing(runtime, row_id, now=now or _database_now(runtime))

    @app.task(name="deliver", pass_context=True)
    def deliver(context: JobContext, row_id: str) -> None:
        sender.send(runtime, row_id)

    _add_portal_tasks(app, runtime, now)
    _add_people_tasks(app, runtime)
    _add_assistant_tasks(app, runtime, now)
    _add_upkeep_tasks(app, runtime)
    return app


def _add_portal_tasks(app: App, runtime: Runtime, now: datetime | None) -> None:
    """What people who are looking at the portal wait for."""

    @app.task(name="preview", pass_context=True)
    def preview(context: JobContext, row_id: str) -> None:
        previews.run(runtime, row_id, now=now or _database_now(runtime))

    @app.task(name="first_fetch", pass_context=True)
    def look_first(context: JobContext, row_id: str) -> None:
        first_fetch.run(runtime, row_id, now=now or _database_now(runtime))

    @app.task(name=bulk.TASK, pass_context=True)
    def bulk_action(context: JobContext, row_id: str) -> None:
        bulk_work.run(runtime, row_id)


def _add_people_tasks(app: App, runtime: Runtime) -> None:
    """Who is whom."""

    @app.task(name="find_slack", pass_context=True)
    def find_slack(context: JobContext, row_id: str) -> None:
        try:
            slack_account.find(runtime, row_id)
        except SlackError as exc:  # asked again when there is something to send
            log.warning("slack_lookup_failed", user=row_id, error=exc.code)

    @app.task(name=join_work.JOIN, pass_context=True)
    def join_people(context: JobContext, row_id: str) -> None:
        join_work.join(runtime, row_id)

    @app.task(name=join_work.REVOKE, pass_context=True)
    def revoke_dropped(context: JobContext, row_id: str) -> None:
        join_work.revoke_dropped(runtime, row_id)


def _add_assistant_tasks(app: App, runtime: Runtime, now: datetime | None) -> None:
    """What was asked in Slack."""

    @app.task(name=inbox.TASK, pass_context=True)
    def handle_slack(context: JobContext, row_id: str) -> None:
        handle.handle(runtime, row_id, now=now or _database_now(runtime))

    @app.task(name=pending.TASK, pass_context=True)
    def answer_waiting(context: JobContext, row_id: str) -> None:
        waiting.run(runtime, row_id, now=now or _database_now(runtime))


def _add_upkeep_tasks(app: App, runtime: Runtime) -> None:
    """What keeps connections alive and tells of those that are not."""

    @app.task(name="keep_alive", pass_context=True)
    def keep_alive(context: JobContext, row_id: str) -> None:
        keepalive.touch(runtime, row_id)

    @app.task(name=meaning.TASK, pass_context=True)
    def embed_messages(context: JobContext, row_id: str) -> None:
        try:
            meaning.run(runtime)
        except EmbeddingUnavailable as exc:  # tried again with the next tick
            log.warning("messages_not_embedded", error=exc.code, reason=str(exc))

    @app.task(name="check_slack", pass_context=True)
    def check_slack(context: JobContext, row_id: str) -> None:
        slack_bot.check(runtime)

    @app.task(name=catch_up.TASK, pass_context=True)
    def read_again(context: JobContext, row_id: str) -> None:
        catch_up.run(runtime, row_id)

    @app.task(name=finished_jobs.TASK, pass_context=True)
    async def forget_jobs(context: JobContext, row_id: str) -> None:
        await finished_jobs.forget(app)

    @app.task(name="post_alarm", pass_context=True)
    def post_alarm(context: JobContext, row_id: str) -> None:
        webhook.send(runtime, row_id)


def _database_now(runtime: Runtime) -> datetime:
    with transaction(runtime.sessions) as session:
        return session.execute(select(func.now())).scalar_one()


@contextlib.contextmanager
def _threads(concurrency: int) -> Iterator[None]:
    """Room for as many blocking tasks as the worker takes at once."""
    with ThreadPoolExecutor(max_workers=concurrency + 2, thread_name_prefix="job") as pool:
        asyncio.get_running_loop().set_default_executor(pool)
        yield


async def run_worker(runtime: Runtime, *, wait: bool = True, now: datetime | None = None) -> None:
    """Work until told to stop, or with `wait=False` until the queue is empty."""
    concurrency = runtime.settings.worker_concurrency
    app = make_worker_app(runtime, now=now)
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
