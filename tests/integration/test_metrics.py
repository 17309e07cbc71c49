"""What Prometheus is told: by the portal from rows, by each worker of its own; nothing that is anybody's."""

from __future__ import annotations

import asyncio
import math
import socket
from datetime import timedelta

import httpx
import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

import scheduler
from services import figures, heartbeat, jobs, limits, metrics
from services.alerts import standstill
from services.db.engine import transaction
from services.limits import Limit
from services.runtime import Runtime
from tests.integration.journeys import CALENDAR, Sandbox
from tests.integration.test_daily import join, now_of
from tests.integration.webhook_receiver import execute

Sample = tuple[str, tuple[tuple[str, str], ...]]


def parsed(text: str) -> dict[Sample, float]:
    families = text_string_to_metric_families(text)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def told(runtime: Runtime) -> dict[Sample, float]:
    with transaction(runtime.sessions) as session:
        return parsed(figures.tell(session, runtime.settings).decode())


def named(name: str, **labels: str) -> Sample:
    return (name, tuple(sorted(labels.items())))


def own(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0


def test_rows_tell_what_became_of_briefings_and_how_late_they_were(
    runtime: Runtime, sandbox: Sandbox
) -> None:
    for key in ("seoyeon", "minjun"):
        join(runtime, sandbox, key, due=now_of(runtime) - timedelta(minutes=30))
    sandbox.control("/people/minjun/revoke")
    execute(runtime, "UPDATE gmail_tokens SET expiry = now()")
    scheduler.run_once(runtime, now=None)
    figures_now = told(runtime)
    assert figures_now[named("briefing_briefings", kind="daily", outcome="late")] == 1
    assert figures_now[named("briefing_briefings", kind="daily", outcome="partial")] == 1
    assert 1_800 <= figures_now[named("briefing_lag_seconds", quantile="0.5")] < 2_400
    assert figures_now[named("briefing_tokens", status="reconnect_required")] == 1
    assert figures_now[named("briefing_processes", role="scheduler")] == 1
    assert figures_now[named("briefing_overdue_oldest_seconds")] == 0


def test_rows_tell_what_waits(runtime: Runtime, sandbox: Sandbox) -> None:
    join(runtime, sandbox, "seoyeon", due=now_of(runtime) - timedelta(minutes=30))
    figures_now = told(runtime)
    assert figures_now[named("briefing_overdue", reason="not_opened")] == 1
    assert figures_now[named("briefing_overdue_oldest_seconds")] >= 1_800
    scheduler.tick(runtime)
    figures_now = told(runtime)
    assert figures_now[named("briefing_overdue", reason="unknown")] == 1
    assert figures_now[named("briefing_jobs", queue="default", state="ready")] >= 1
    standstill.look(runtime)
    assert told(runtime)[named("briefing_alerts", kind="briefings_overdue")] == 1
    execute(runtime, "UPDATE heartbeats SET at = now() - interval '1 hour'")
    assert told(runtime)[named("briefing_processes", role="scheduler")] == 0


def test_where_nothing_has_happened_yet_each_figure_is_there_and_zero(runtime: Runtime) -> None:
    figures_now = told(runtime)
    for sample in (
        named("briefing_briefings", kind="daily", outcome="failed"),
        named("briefing_overdue", reason="not_opened"),
        named("briefing_jobs", queue="default", state="ready"),
        named("briefing_jobs", queue="delivery", state="doing"),
        named("briefing_messages", kind="briefing", status="queued"),
        named("briefing_limit_used_ratio", limit="slack:workspace"),
        named("briefing_limit_used_ratio", limit="gmail:project"),
        named("briefing_limit_full_in_seconds", limit="gmail:project"),
        named("briefing_stage_count", stage="compose"),
        named("briefing_workers_step_seconds_count", process="", step="mail", outcome="ok"),
        named("briefing_workers_limit_units_total", process="", limit="slack:workspace"),
        named("briefing_processes", role="worker"),
    ):
        assert figures_now[sample] == 0, sample
    assert math.isnan(figures_now[named("briefing_lag_seconds", quantile="0.5")])
    assert math.isnan(figures_now[named("briefing_stage_seconds", stage="post", quantile="1.0")])


def test_rows_tell_how_long_each_stage_took(runtime: Runtime, sandbox: Sandbox) -> None:
    join(runtime, sandbox, "seoyeon", due=now_of(runtime) - timedelta(minutes=30))
    scheduler.run_once(runtime, now=None)
    execute(
        runtime,
        "UPDATE briefing_events SET at = at + CASE step"
        " WHEN 'claimed' THEN interval '2 s' WHEN 'composed' THEN interval '5 s'"
        " WHEN 'sending' THEN interval '5 s' WHEN 'posted' THEN interval '12 s'"
        " WHEN 'sent' THEN interval '13 s' ELSE interval '0' END",
    )
    figures_now = told(runtime)
    for stage, seconds in {"wait": 2, "compose": 3, "turn": 7, "post": 1}.items():
        assert figures_now[named("briefing_stage_count", stage=stage)] == 1
        took = figures_now[named("briefing_stage_seconds", stage=stage, quantile="0.95")]
        assert seconds <= took < seconds + 60, stage


def test_the_turn_of_one_composed_ahead_counts_from_its_time(runtime: Runtime, sandbox: Sandbox) -> None:
    join(runtime, sandbox, "seoyeon", due=now_of(runtime) - timedelta(minutes=30))
    scheduler.run_once(runtime, now=None)
    execute(runtime, "UPDATE briefing_events SET at = at - interval '9 min' WHERE step <> 'posted'")
    execute(runtime, "UPDATE briefings SET due_at = (SELECT at FROM briefing_events WHERE step = 'posted')")
    assert told(runtime)[named("briefing_stage_seconds", stage="turn", quantile="1.0")] == 0


def test_each_worker_tells_any_portal_what_it_has_measured(runtime: Runtime, sandbox: Sandbox) -> None:
    join(runtime, sandbox, "seoyeon")
    scheduler.run_once(runtime, now=None)
    for pid in (1, 2):
        with transaction(runtime.sessions) as session:
            heartbeat.beat(session, f"worker:{pid}", figures=metrics.read())
    found = [
        (dict(labels), value)
        for (name, labels), value in told(runtime).items()
        if name == "briefing_workers_step_seconds_count" and dict(labels)["process"]
    ]
    mail = [value for labels, value in found if (labels["step"], labels["outcome"]) == ("mail", "ok")]
    assert mail == [own("briefing_step_seconds_count", step="mail", outcome="ok")] * 2
    units = [
        value
        for (name, labels), value in told(runtime).items()
        if name == "briefing_workers_limit_units_total" and ("limit", "gmail:project") in labels
    ]
    assert sorted(units) == [0, *[own("briefing_limit_units_total", limit="gmail:project")] * 2]


def test_only_processes_are_counted_as_such(runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session:
        for role in ("worker:1", "worker:2", "slack_check", "catch_up"):
            heartbeat.beat(session, role)
    counted = {
        labels: value for (name, labels), value in told(runtime).items() if name == "briefing_processes"
    }
    assert counted == {(("role", "scheduler"),): 0, (("role", "worker"),): 2}


def test_rows_tell_how_far_shared_limits_are_used_up(runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session:
        limits.take(session, Limit("slack:workspace", 60, burst=60), 30, patience=timedelta(0))
        limits.take(session, Limit("slack:channel:D0SECRET", 60), patience=timedelta(0))
        limits.hold_back(session, "slack:workspace", 40)
    figures_now = told(runtime)
    assert 25 < figures_now[named("briefing_limit_full_in_seconds", limit="slack:workspace")] <= 30
    assert 35 < figures_now[named("briefing_limit_blocked_seconds", limit="slack:workspace")] <= 40
    assert figures_now[named("briefing_limit_per_minute", limit="slack:workspace")] == 240
    assert figures_now[named("briefing_limit_used_ratio", limit="slack:workspace")] == 1


def test_a_worker_measures_each_step_and_what_it_takes_of_limits(runtime: Runtime, sandbox: Sandbox) -> None:
    steps = ("token", "mail", "calendar", "compose", "deliver")
    before = {step: own("briefing_step_seconds_count", step=step, outcome="ok") for step in steps}
    posts = own("briefing_limit_units_total", limit="slack:workspace")
    join(runtime, sandbox, "seoyeon", scopes=(CALENDAR,))
    scheduler.run_once(runtime, now=None)
    for step in steps:
        assert own("briefing_step_seconds_count", step=step, outcome="ok") == before[step] + 1, step
    assert own("briefing_limit_units_total", limit="slack:workspace") == posts + 1


def test_a_step_that_fails_is_told_apart(runtime: Runtime, sandbox: Sandbox) -> None:
    before = own("briefing_step_seconds_count", step="token", outcome="error")
    join(runtime, sandbox, "seoyeon")
    sandbox.control("/people/seoyeon/revoke")
    execute(runtime, "UPDATE gmail_tokens SET expiry = now()")
    scheduler.run_once(runtime, now=None)
    assert own("briefing_step_seconds_count", step="token", outcome="error") == before + 1


def test_nothing_that_is_anybodys_is_told(runtime: Runtime, sandbox: Sandbox) -> None:
    """Neither ids, names, addresses and channels, nor a word of what was sent."""
    people = {key: join(runtime, sandbox, key) for key in ("seoyeon", "emma")}
    sandbox.fault(op="chat.postMessage", status=500, times=1)
    scheduler.run_once(runtime, now=None)
    with transaction(runtime.sessions) as session:
        heartbeat.beat(session, "scheduler")
        shown = figures.tell(session, runtime.settings).decode()
    shown += generate_latest(metrics.REGISTRY).decode()
    secrets = [*people.values(), socket.gethostname(), "xoxb", "ya29", "1//"]
    for key in people:
        person = sandbox.person(key)
        secrets += [person.name, person.google_email, person.slack_user_id, "D" + person.slack_user_id[1:]]
        secrets += [line for message in sandbox.dms(key) for line in message.text.split() if len(line) > 8]
    assert [secret for secret in secrets if secret in shown] == []


def test_a_worker_answers_prometheus_where_it_is_told_to(runtime: Runtime) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with metrics.served(f"127.0.0.1:{port}"):
        shown = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert "briefing_step_seconds" in shown
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/metrics")


def test_a_port_that_is_taken_stops_no_worker(runtime: Runtime) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with metrics.served(f"127.0.0.1:{listener.getsockname()[1]}"):
            asyncio.run(jobs.run_worker(runtime, wait=False))
