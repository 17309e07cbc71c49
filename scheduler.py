"""The sidecar: ticks each minute over what is due, and works off the queue in the same process.

    python scheduler.py                        until Ctrl-C or SIGTERM
    python scheduler.py --once [--now ISO8601] what is due (at that moment) and exit, for cron and tests

With SLACK_APP_TOKEN it also takes what Slack sends, by Socket Mode.

No business rules here: `services.runs` starts what is due, `services.daily` what a briefing is. Any number of
sidecars may run side by side.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import func, select

from services import heartbeat, jobs, previews, retention
from services.alerts.watch import watch
from services.assistant import waiting
from services.assistant.from_slack import catch_up, socket
from services.conversations import meaning
from services.db.engine import transaction
from services.delivery import outbox
from services.errors import DatabaseUnavailable, PortalError
from services.logs import configure_logging
from services.runs import start_due
from services.runtime import Runtime, open_runtime
from services.settings import load_settings
from services.tokens import bulk, trends

log = structlog.get_logger("scheduler")


# Fetching and composing begin so long before a briefing's time; sending does not.
AHEAD = timedelta(minutes=10)
# What a worker that died had in hand is taken up so soon after its lease has passed.
SWEEP_SECONDS = 10
# What `--once` waits for: a turn, but no Retry-After of minutes.
TURN_IS_SOON, SHORTEST_PAUSE = timedelta(seconds=15), timedelta(seconds=0.2)
# Ticks are counted from here.
ON_THE_MINUTE = datetime(2026, 1, 1, tzinfo=UTC)


def tick(runtime: Runtime, *, now: datetime | None = None, ahead: timedelta = timedelta(0)) -> Counter[str]:
    """Start what is due, defer again what was left behind, give a sign of life, look after connections.

    `ahead`: how long before their time briefings are composed. Each batch is one transaction: people,
    briefings and jobs are there together or not at all.
    """
    counts: Counter[str] = Counter()
    while True:
        with transaction(runtime.sessions) as session:
            moment = now or session.execute(select(func.now())).scalar_one()
            started = start_due(session, runtime.settings, now=moment, ahead=ahead)
        counts += started
        if not started:
            break
    with transaction(runtime.sessions) as session:
        counts["taken_up"] += jobs.sweep(session)
        previews.give_up_late(session)
        bulk.tidy(session, runtime.settings)
        waiting.expire(session, runtime.settings)
        trends.count_today(session, runtime.settings)
        meaning.take_up(session, runtime.settings)
        heartbeat.beat(session, "scheduler", every=runtime.settings.tick_seconds)
    with transaction(runtime.sessions) as session:
        counts += watch(session, runtime.settings, now=moment)
    counts += _catch_up(runtime)
    return +counts


def tick_and_log(runtime: Runtime) -> None:
    """A tick that outlives the database's absence: the next one makes good."""
    _logged("tick", runtime, lambda: tick(runtime, ahead=AHEAD))


def sweep_and_log(runtime: Runtime) -> None:
    """Between two ticks: have taken up again what nobody holds any more."""
    _logged("swept", runtime, lambda: _sweep(runtime))


def _sweep(runtime: Runtime) -> Counter[str]:
    with transaction(runtime.sessions) as session:
        return +Counter(taken_up=jobs.sweep(session))


def forget_and_log(runtime: Runtime) -> None:
    """Forget what is older than it is kept for; what is left over is for the next hour."""
    _logged("forgotten", runtime, lambda: retention.forget_old(runtime.sessions, runtime.settings))


def catch_up_and_log(runtime: Runtime) -> None:
    """At the start, whenever the last time was: have read what Slack could not bring meanwhile."""
    _logged("catch_up", runtime, lambda: _catch_up(runtime, at_once=True))


def _catch_up(runtime: Runtime, *, at_once: bool = False) -> Counter[str]:
    with transaction(runtime.sessions) as session:
        return Counter(catch_up=catch_up.start(session, at_once=at_once))


def _logged(event: str, runtime: Runtime, act: Callable[[], Counter[str]]) -> None:
    try:
        counts = act()
    except DatabaseUnavailable as exc:
        log.warning(f"{event}_failed", error=exc.code, reason=str(exc))
        _revive(runtime)
    except PortalError as exc:
        log.warning(f"{event}_failed", error=exc.code, reason=str(exc))
    else:
        log.log(logging.INFO if counts else logging.DEBUG, event, **counts)


def _revive(runtime: Runtime) -> None:
    try:
        runtime.revive()
    except PortalError as exc:
        log.error("database_not_revived", error=exc.code, reason=str(exc))


def run_once(runtime: Runtime, *, now: datetime | None) -> Counter[str]:
    """What is due now or at `now`, worked off before this returns."""
    counts = tick(runtime, now=now)
    retention.forget_old(runtime.sessions, runtime.settings)
    asyncio.run(jobs.run_worker(runtime, wait=False, now=now))
    while (turn := _next_turn(runtime)) is not None:
        time.sleep(turn.total_seconds())
        asyncio.run(jobs.run_worker(runtime, wait=False, now=now))
    return counts


def _next_turn(runtime: Runtime) -> timedelta | None:
    """How long until a message goes on that waits for nothing but its turn; None where none does soon."""
    with transaction(runtime.sessions) as session:
        wait = outbox.next_turn(session)
        if wait is None or wait > TURN_IS_SOON:
            return None
        jobs.sweep(session)
        return max(wait, SHORTEST_PAUSE)


def run(runtime: Runtime) -> None:
    """Tick and work until told to stop."""
    ticker = BackgroundScheduler(timezone="UTC")
    ticker.add_job(
        tick_and_log,
        "interval",
        seconds=runtime.settings.tick_seconds,
        start_date=ON_THE_MINUTE,
        args=[runtime],
        id="tick",
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    ticker.add_job(
        sweep_and_log,
        "interval",
        seconds=SWEEP_SECONDS,
        args=[runtime],
        id="sweep",
        misfire_grace_time=None,
    )
    # Off the minutes at which briefings are usually due.
    ticker.add_job(forget_and_log, "cron", minute=41, args=[runtime], id="forget", misfire_grace_time=None)
    catch_up_and_log(runtime)
    tick_and_log(runtime)
    ticker.start()
    try:
        with socket.listening(runtime):
            asyncio.run(_work(ticker, runtime))
    finally:
        ticker.shutdown()


async def _work(ticker: BackgroundScheduler, runtime: Runtime) -> None:
    """Work until told to stop, with an eye on the clock that the ticker goes by."""
    watching = asyncio.create_task(_watch_the_clock(ticker))
    try:
        await jobs.until_stopped(runtime)
    finally:
        watching.cancel()


async def _watch_the_clock(ticker: BackgroundScheduler) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        recall(ticker, now=datetime.now(UTC))


def recall(ticker: BackgroundScheduler, *, now: datetime) -> None:
    """Have jobs run now that wait for a moment further off than their interval.

    The machine's clock was put back: the ticker would keep still until it is again what it was.
    """
    for job in ticker.get_jobs():
        interval = getattr(job.trigger, "interval", None)
        if interval is not None and job.next_run_time > now + interval + timedelta(seconds=1):
            log.warning("clock_put_back", job=job.id, by_seconds=(job.next_run_time - now).total_seconds())
            job.modify(next_run_time=now)


def main(arguments: list[str] | None = None) -> int:
    """The command line; 0 when all went well, 1 with a sentence when it could not start."""
    parser = argparse.ArgumentParser(description="Sends each person's briefing when it is due.")
    parser.add_argument("--once", action="store_true", help="do what is due and exit")
    parser.add_argument(
        "--now", type=_moment_with_offset, help="with --once: act as at this moment (ISO 8601 with offset)"
    )
    options = parser.parse_args(arguments)
    if options.now is not None and not options.once:
        parser.error("--now goes with --once")
    configure_logging()
    try:
        with open_runtime(load_settings()) as runtime:
            if options.once:
                sys.stdout.write(f"{dict(run_once(runtime, now=options.now))}\n")
            else:
                run(runtime)
    except PortalError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return 0


def _moment_with_offset(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(f"{value!r} is no moment such as 2026-01-05T09:00+09:00") from exc
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("give an offset, such as 2026-01-05T09:00+09:00")
    return moment


if __name__ == "__main__":
    sys.exit(main())
