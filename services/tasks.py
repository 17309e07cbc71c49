"""What the worker can do: each task bound to the code that works a row off."""

from __future__ import annotations

from datetime import datetime

import structlog
from procrastinate import App, JobContext, PsycopgConnector
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from services import daily, finished_jobs, previews
from services.alerts import slack_bot, webhook
from services.assistant import handle, pending, waiting
from services.assistant.from_slack import catch_up, inbox
from services.connect import first_fetch
from services.conversations import meaning
from services.conversations.embedding import EmbeddingUnavailable
from services.db.engine import transaction
from services.delivery import sender
from services.errors import SlackError
from services.people import join_work, slack_account
from services.runtime import Runtime
from services.tokens import bulk, bulk_work, keepalive

log = structlog.get_logger(__name__)


def make_worker_app(runtime: Runtime, *, connections: int, now: datetime | None = None) -> App:
    """The worker's app with its tasks bound to this runtime; `now` replaces the clock for composing."""
    conninfo = (
        make_url(runtime.database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    )
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
