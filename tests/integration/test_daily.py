"""The chain, end to end: due → token → fetch → compose → deliver → log; once, whoever runs it."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text

import scheduler
from services import daily, jobs, runs
from services.db.engine import make_engine, make_sessions, transaction
from services.db.models import Briefing, BriefingSettings, ConversationMessage, GmailToken, OutboundMessage
from services.deferral import defer
from services.delivery import briefings as rows
from services.runtime import Runtime
from tests.integration.journeys import CALENDAR, Sandbox, arrive, connect

SEOUL = ZoneInfo("Asia/Seoul")


def join(
    runtime: Runtime, sandbox: Sandbox, key: str, *, due: datetime | None = None, scopes: tuple[str, ...] = ()
) -> str:
    """Somebody arrives, connects, and is due (by default since a minute ago)."""
    user_id = arrive(runtime, sandbox.person(key))
    connect(runtime, sandbox, user_id, key, scopes=scopes)
    make_due(runtime, user_id, due or now_of(runtime) - timedelta(minutes=1))
    return user_id


def make_due(runtime: Runtime, user_id: str, due: datetime) -> None:
    with transaction(runtime.sessions) as session:
        settings = session.get_one(BriefingSettings, user_id)
        settings.next_due_at = due
        settings.weekdays = [1, 2, 3, 4, 5, 6, 7]


def now_of(runtime: Runtime) -> datetime:
    with transaction(runtime.sessions) as session:
        return session.execute(select(func.now())).scalar_one()


def briefings(runtime: Runtime) -> list[Briefing]:
    with transaction(runtime.sessions) as session:
        return list(session.scalars(select(Briefing).order_by(Briefing.due_at)))


def text_of(sandbox: Sandbox, key: str) -> str:
    return json.dumps([m.blocks for m in sandbox.dms(key)], ensure_ascii=False)


def test_a_due_person_gets_one_dm_with_their_mail_and_calendar(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = join(runtime, sandbox, "seoyeon", scopes=(CALENDAR,))
    assert scheduler.run_once(runtime, now=None)["due"] == 1
    (sent,) = briefings(runtime)
    assert (sent.status, sent.completeness, sent.missing) == ("sent", "complete", [])
    assert len(sandbox.dms("seoyeon")) == 1
    assert "서연" in text_of(sandbox, "seoyeon")
    with transaction(runtime.sessions) as session:
        (logged,) = session.scalars(select(ConversationMessage))
        settings = session.get_one(BriefingSettings, user_id)
        assert session.scalars(select(GmailToken.last_used_at)).one() is not None
    assert (logged.user_id, logged.role, logged.kind) == (user_id, "assistant", "briefing")
    shown = [dict(block) for block in sandbox.dms("seoyeon")[0].blocks]
    for block in shown:
        block.pop("block_id")
    assert logged.blocks == shown
    assert settings.covered_until == sent.cursor is not None
    assert settings.next_due_at is not None
    assert settings.next_due_at > now_of(runtime)


def test_the_day_has_one_briefing_however_often_it_is_run(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = join(runtime, sandbox, "seoyeon")
    due = now_of(runtime) - timedelta(minutes=1)
    for _ in range(3):
        make_due(runtime, user_id, due)
        scheduler.run_once(runtime, now=None)
    assert len(briefings(runtime)) == len(sandbox.dms("seoyeon")) == 1


def test_the_whole_cast_is_briefed_and_nobody_sees_anothers_mail(runtime: Runtime, sandbox: Sandbox) -> None:
    keys = [key for key, person in sandbox.world.people.items() if person.slack_user_id]
    for key in keys:
        join(runtime, sandbox, key)
    scheduler.run_once(runtime, now=None)
    assert Counter(b.status for b in briefings(runtime)) == {"sent": len(keys)}
    for key in keys:
        (dm,) = sandbox.dms(key)
        links = json.dumps(dm.blocks).split("authuser=")[1:]
        own = sandbox.person(key).google_email.replace("@", "%40")
        assert links
        assert all(link.startswith(own) for link in links)


def test_what_was_told_yesterday_is_not_told_again(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = join(runtime, sandbox, "seoyeon")
    scheduler.run_once(runtime, now=None)
    first = set(briefings(runtime)[0].message_ids)
    tomorrow = now_of(runtime) + timedelta(days=1)
    make_due(runtime, user_id, tomorrow - timedelta(minutes=1))
    scheduler.run_once(runtime, now=tomorrow)
    second = briefings(runtime)[1]
    assert first
    assert not first & set(second.message_ids)
    assert second.covers_since is not None


def test_a_person_who_never_connected_is_told_how(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("minjun"))
    make_due(runtime, user_id, now_of(runtime) - timedelta(minutes=1))
    scheduler.run_once(runtime, now=None)
    (sent,) = briefings(runtime)
    assert (sent.status, sent.completeness) == ("sent", "partial")
    assert sent.missing == [{"source": "mail", "reason": "not_connected"}]
    assert "http://localhost:8501/connect" in text_of(sandbox, "minjun")


def test_a_dead_token_leaves_the_rest_with_the_cure(runtime: Runtime, sandbox: Sandbox) -> None:
    join(runtime, sandbox, "seoyeon", scopes=(CALENDAR,))
    sandbox.control("/people/seoyeon/revoke")
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE gmail_tokens SET expiry = now()"))
    scheduler.run_once(runtime, now=None)
    (sent,) = briefings(runtime)
    assert sent.status == "sent"
    assert {m["reason"] for m in sent.missing} == {"revoked_or_expired"}
    assert "http://localhost:8501/connect" in text_of(sandbox, "seoyeon")


def test_an_access_token_revoked_early_is_replaced_on_the_way(runtime: Runtime, sandbox: Sandbox) -> None:
    join(runtime, sandbox, "seoyeon")
    sandbox.control("/people/seoyeon/expire")
    scheduler.run_once(runtime, now=None)
    assert briefings(runtime)[0].completeness == "complete"
    assert sandbox.calls("oauth.token") == 2  # the exchange and one refresh


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"status": 401}, "unauthorized"),
        ({"status": 403, "reason": "accessNotConfigured"}, "accessNotConfigured"),
        ({"status": 500}, "unavailable"),
        ({"status": 200, "body": "<html>sign in</html>"}, "unavailable"),
        ({"status": 200, "body": ""}, "unavailable"),
        ({"drop": "before"}, "unavailable"),
    ],
    ids=str,
)
def test_gmail_in_trouble_never_takes_the_briefing_with_it(
    runtime: Runtime, sandbox: Sandbox, fault: dict[str, object], reason: str
) -> None:
    join(runtime, sandbox, "seoyeon", scopes=(CALENDAR,))
    sandbox.fault(op="batch", **fault)
    scheduler.run_once(runtime, now=None)
    (sent,) = briefings(runtime)
    assert (sent.status, sent.completeness) == ("sent", "partial")
    assert sent.missing == [{"source": "mail", "reason": reason}]


def test_two_sidecars_side_by_side_send_once(runtime: Runtime, sandbox: Sandbox, tmp_path: Path) -> None:
    keys = [key for key, person in sandbox.world.people.items() if person.slack_user_id]
    for key in keys:
        join(runtime, sandbox, key)
    command = [sys.executable, "scheduler.py", "--once"]
    environ = environment_of(runtime, sandbox, tmp_path)
    started = [
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0, 0], outputs
    assert {key: len(sandbox.dms(key)) for key in keys} == dict.fromkeys(keys, 1)
    assert Counter(b.status for b in briefings(runtime)) == {"sent": len(keys)}


def environment_of(runtime: Runtime, sandbox: Sandbox, tmp_path: Path) -> dict[str, str]:
    settings = runtime.settings
    return {
        "PATH": "/usr/bin:/bin",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": runtime.database_url,
        "COOKIE_SECRET": settings.cookie_secret.get_secret_value(),
        "CRON_SECRET": settings.cron_secret.get_secret_value(),
        "TOKEN_ENCRYPTION_KEYS": settings.token_encryption_keys.get_secret_value(),
        **sandbox.environment(),
    }


def test_a_worker_that_died_composing_is_followed_by_another(runtime: Runtime, sandbox: Sandbox) -> None:
    join(runtime, sandbox, "seoyeon")
    with transaction(runtime.sessions) as session:
        runs.start_due(session, runtime.settings, now=now_of(runtime))
        session.execute(text("UPDATE briefings SET status = 'claimed', lease = 'dead', lease_until = now()"))
        session.execute(text("DELETE FROM procrastinate_jobs"))
    with transaction(runtime.sessions) as session:
        assert jobs.sweep(session) == 1
    asyncio.run(jobs.run_worker(runtime, wait=False))
    assert briefings(runtime)[0].status == "sent"
    assert len(sandbox.dms("seoyeon")) == 1


def test_what_was_composed_before_a_crash_is_what_is_sent(runtime: Runtime, sandbox: Sandbox) -> None:
    join(runtime, sandbox, "seoyeon")
    content = {"text": "kept", "blocks": []}
    with transaction(runtime.sessions) as session:
        runs.start_due(session, runtime.settings, now=now_of(runtime))
        session.execute(
            text("UPDATE briefings SET status = 'composed', lease_until = now(), content = :content"),
            {"content": json.dumps(content)},
        )
    asyncio.run(jobs.run_worker(runtime, wait=False))
    assert [m.text for m in sandbox.dms("seoyeon")] == ["kept"]


def test_a_claim_that_was_lost_stores_nothing(runtime: Runtime, sandbox: Sandbox) -> None:
    join(runtime, sandbox, "seoyeon")
    with transaction(runtime.sessions) as session:
        runs.start_due(session, runtime.settings, now=now_of(runtime))
    briefing_id = briefings(runtime)[0].id
    claimed = rows.claim(runtime, briefing_id)
    assert claimed is not None
    assert rows.claim(runtime, briefing_id) is None
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE briefings SET lease = 'another'"))
    composed, message = daily.compose(runtime, claimed.user_id, daily.Occasion("daily"), now=now_of(runtime))
    assert not rows.save(runtime, claimed, composed, message)


def test_after_three_days_down_the_latest_is_sent_and_the_others_are_missed(
    runtime: Runtime, sandbox: Sandbox
) -> None:
    now = now_of(runtime)
    join(runtime, sandbox, "seoyeon", due=now - timedelta(days=3, minutes=5))
    with transaction(runtime.sessions) as session:
        session.execute(
            text("UPDATE briefing_settings SET send_at = :at"),
            {"at": (now - timedelta(minutes=5)).astimezone(SEOUL).time().replace(tzinfo=None)},
        )
    scheduler.run_once(runtime, now=None)
    states = [(b.status, b.error) for b in briefings(runtime)]
    assert states == [("missed", "superseded")] * 3 + [("sent", None)]
    assert len(sandbox.dms("seoyeon")) == 1


def test_too_late_is_missed_with_the_reason(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = join(runtime, sandbox, "seoyeon")
    due = now_of(runtime) - timedelta(hours=10)
    make_due(runtime, user_id, due)
    with transaction(runtime.sessions) as session:
        session.execute(
            text("UPDATE briefing_settings SET send_at = :at"),
            {"at": due.astimezone(SEOUL).time().replace(tzinfo=None)},
        )
    scheduler.run_once(runtime, now=None)
    assert [(b.status, b.error) for b in briefings(runtime)] == [("missed", "too_late")]
    assert sandbox.dms("seoyeon") == []


def test_the_sidecar_says_what_is_wrong_and_leaves(tmp_path: Path) -> None:
    def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        base = {"PATH": "/usr/bin:/bin", "DATA_DIR": str(tmp_path)}
        command = [sys.executable, "scheduler.py", *arguments]
        return subprocess.run(command, env=base | environ, capture_output=True, text=True, timeout=60)

    missing = run("--once")
    assert missing.returncode == 1
    assert "GOOGLE_CLIENT_ID is missing" in missing.stderr
    complete = {"GOOGLE_CLIENT_ID": "c", "GOOGLE_CLIENT_SECRET": "s", "SLACK_BOT_TOKEN": "x"}
    shared = {"COOKIE_SECRET": "c", "CRON_SECRET": "s", "TOKEN_ENCRYPTION_KEYS": "A" * 43}
    unreachable = run("--once", DATABASE_URL="postgresql://u:hush@127.0.0.1:9/x", **complete, **shared)
    assert unreachable.returncode == 1
    assert "database cannot be reached" in unreachable.stderr
    assert "hush" not in unreachable.stderr
    assert "Traceback" not in missing.stderr + unreachable.stderr


def test_a_tick_without_a_database_is_made_good_by_the_next(runtime: Runtime, sandbox: Sandbox) -> None:
    join(runtime, sandbox, "seoyeon")
    away = make_sessions(make_engine("postgresql+psycopg://u:p@127.0.0.1:9/none"))
    scheduler.tick_and_log(dataclasses.replace(runtime, sessions=away))
    scheduler.run_once(runtime, now=None)
    assert len(sandbox.dms("seoyeon")) == 1


def test_once_at_a_given_moment_acts_as_then(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = join(runtime, sandbox, "seoyeon")
    make_due(runtime, user_id, datetime(2031, 3, 3, 0, 0, tzinfo=UTC))
    assert scheduler.run_once(runtime, now=datetime(2031, 3, 2, 23, 59, tzinfo=UTC))["due"] == 0
    assert scheduler.run_once(runtime, now=datetime(2031, 3, 3, 0, 0, 10, tzinfo=UTC))["due"] == 1
    (sent,) = briefings(runtime)
    assert (sent.local_date, sent.status) == (date(2031, 3, 3), "sent")


def test_a_slack_limit_in_the_middle_is_waited_out_by_the_worker(runtime: Runtime, sandbox: Sandbox) -> None:
    join(runtime, sandbox, "seoyeon")
    sandbox.fault(op="chat.postMessage", status=429, retry_after=1, times=1)
    scheduler.run_once(runtime, now=None)
    with transaction(runtime.sessions) as session:
        (message,) = session.scalars(select(OutboundMessage))
        (at,) = session.execute(
            text("SELECT scheduled_at FROM procrastinate_jobs WHERE status = 'todo'")
        ).one()
    assert message.status == "queued"
    assert at == message.retry_at


@pytest.mark.parametrize(
    "fault",
    [
        {"op": "batch", "status": 500},
        {"op": "batch", "status": 429, "retry_after": 1},
        {"op": "batch", "status": 200, "body": "<html>sign in</html>"},
        {"op": "batch", "status": 200, "body": ""},
        {"op": "calendar.events.list", "status": 503},
    ],
    ids=str,
)
def test_a_hiccup_of_google_costs_no_section(
    runtime: Runtime, sandbox: Sandbox, fault: dict[str, object]
) -> None:
    join(runtime, sandbox, "seoyeon", scopes=(CALENDAR,))
    sandbox.fault(**fault, times=1)
    scheduler.run_once(runtime, now=None)
    (sent,) = briefings(runtime)
    assert (sent.status, sent.completeness) == ("sent", "complete")


def test_a_scope_that_gmail_misses_is_what_the_token_says_too(runtime: Runtime, sandbox: Sandbox) -> None:
    join(runtime, sandbox, "seoyeon")
    body = {"error": {"code": 403, "message": "no", "errors": [{"reason": "insufficientPermissions"}]}}
    sandbox.fault(op="batch", status=403, body=body)
    scheduler.run_once(runtime, now=None)
    assert briefings(runtime)[0].missing == [{"source": "mail", "reason": "missing_scope"}]
    with transaction(runtime.sessions) as session:
        token = session.scalars(select(GmailToken)).one()
        assert (token.status, token.status_reason) == ("reconnect_required", "missing_scope")


def test_a_job_whose_person_is_gone_does_nothing(runtime: Runtime, sandbox: Sandbox) -> None:
    with transaction(runtime.sessions) as session:
        defer(session, "deliver", "nobody")
        defer(session, "send_briefing", "nobody")
    asyncio.run(jobs.run_worker(runtime, wait=False))
    with transaction(runtime.sessions) as session:
        assert session.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one() == 0
