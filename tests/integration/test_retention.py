"""What is forgotten, and what stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from services import retention
from services.db.engine import transaction
from services.db.models import (
    AuthSession,
    Briefing,
    BriefingEvent,
    ConversationMessage,
    Heartbeat,
    OutboundMessage,
    Preview,
    Run,
    SignIn,
    User,
)
from services.runtime import Runtime
from tests.integration.journeys import Sandbox, arrive

OLD, KEPT = timedelta(days=366), timedelta(days=364)


def put(runtime: Runtime, *rows: Any) -> None:
    with transaction(runtime.sessions) as session:
        for row in rows:
            session.add(row)
            session.flush()


def ids(runtime: Runtime, model: Any) -> set[str]:
    column = model.digest if model is SignIn else model.text if model is ConversationMessage else model.id
    with transaction(runtime.sessions) as session:
        return set(session.scalars(select(column)))


def forget(runtime: Runtime) -> dict[str, int]:
    return dict(retention.forget_old(runtime.sessions, runtime.settings))


def briefing(
    name: str, user_id: str, age: timedelta, *, kind: str = "daily", status: str = "sent"
) -> Briefing:
    moment = func.now() - age
    return Briefing(
        id=name,
        user_id=user_id,
        kind=kind,
        status=status,
        local_date=func.current_date() - age.days,
        due_at=moment,
        deadline_at=moment,
        created_at=moment,
        content={"text": name},
    )


def message(name: str, user_id: str, age: timedelta, status: str) -> OutboundMessage:
    moment = func.now() - age
    return OutboundMessage(
        id=name,
        dedupe_key=name,
        user_id=user_id,
        kind="briefing",
        content={"text": name},
        status=status,
        deadline_at=moment,
        created_at=moment,
    )


@pytest.fixture
def user_id(runtime: Runtime, sandbox: Sandbox) -> str:
    return arrive(runtime, sandbox.person("seoyeon"))


def test_conversations_and_previews_are_forgotten_with_age(runtime: Runtime, user_id: str) -> None:
    for name, age in {"old": OLD, "kept": KEPT}.items():
        moment = func.now() - age
        said = {"channel": "D1", "ts": name, "role": "user", "kind": "request", "text": name}
        put(
            runtime,
            ConversationMessage(user_id=user_id, said_at=moment, **said),
            Preview(id=name, user_id=user_id, status="done", created_at=moment),
            message(name, user_id, age, "sent"),
        )
    put(
        runtime,
        Preview(id="open", user_id=user_id, created_at=func.now() - OLD),
        message("open", user_id, OLD, "sending"),
    )
    assert forget(runtime) == {"conversations": 1, "previews": 1, "messages": 1}
    assert ids(runtime, ConversationMessage) == {"kept"}
    assert ids(runtime, Preview) == ids(runtime, OutboundMessage) == {"kept", "open"}
    assert forget(runtime) == {}


def test_briefings_are_forgotten_but_for_the_one_the_next_goes_on_from(
    runtime: Runtime, user_id: str, sandbox: Sandbox
) -> None:
    day = timedelta(days=1)
    away = arrive(runtime, sandbox.person("emma"))
    put(
        runtime,
        briefing("gone", user_id, OLD),
        briefing("failed", user_id, OLD + day, status="failed"),
        briefing("manual", user_id, OLD, kind="manual"),
        briefing("open", user_id, OLD + 2 * day, status="retry_wait"),
        briefing("recent", user_id, KEPT),
        briefing("earlier", away, OLD + day),
        briefing("last", away, OLD),
        briefing("skipped", away, day, status="skipped"),
    )
    assert forget(runtime) == {"briefings": 4}
    assert ids(runtime, Briefing) == {"open", "recent", "last", "skipped"}
    with transaction(runtime.sessions) as session:
        empty = session.scalars(select(Briefing.id).where(Briefing.content.is_(None))).all()
    assert empty == ["last"]


def test_attempts_to_connect_are_forgotten_but_for_the_last(runtime: Runtime, user_id: str) -> None:
    def attempt(name: str, owner: str, age: timedelta) -> AuthSession:
        moment = func.now() - age
        return AuthSession(
            id=name,
            user_id=owner,
            status="completed",
            browser_hash="",
            scopes=[],
            redirect_uri="",
            created_at=moment,
            expires_at=moment,
        )

    put(runtime, User(id="other"))
    put(runtime, attempt("older", user_id, 2 * OLD), attempt("old", user_id, OLD))
    put(runtime, attempt("old of another", "other", OLD), attempt("kept", "other", KEPT))
    forget(runtime)
    assert ids(runtime, AuthSession) == {"old", "kept"}


def test_sign_ins_are_forgotten_with_their_cookie_but_for_the_last(runtime: Runtime, user_id: str) -> None:
    def seen(digest: str, days: int, owner: str | None = user_id) -> SignIn:
        return SignIn(digest=digest, user_id=owner, first_seen_at=func.now() - timedelta(days=days))

    put(runtime, seen("oldest", 90), seen("old", 32), seen("nobody's", 32, None), seen("left", 30, None))
    assert forget(runtime) == {"sign_ins": 2}
    assert ids(runtime, SignIn) == {"old", "left"}
    put(runtime, seen("new", 1))
    assert forget(runtime) == {"sign_ins": 1}


def test_runs_go_with_their_briefings_and_steps_before_them(runtime: Runtime, user_id: str) -> None:
    def run(name: str, days: int) -> Run:
        return Run(id=name, kind="schedule", started_at=func.now() - timedelta(days=days))

    put(runtime, run("with", 400), run("without", 8), run("young", 6), briefing("kept", user_id, KEPT))
    with transaction(runtime.sessions) as session:
        session.get_one(Briefing, "kept").run_id = "with"
        session.execute(update(BriefingEvent).values(at=func.now() - timedelta(days=31)))
        session.add(BriefingEvent(briefing_id="kept", step="sent"))
    assert forget(runtime) == {"runs": 1, "briefing_events": 1}
    assert ids(runtime, Run) == {"with", "young"}


def test_of_processes_that_are_gone_the_last_stays(runtime: Runtime) -> None:
    def seen(name: str, days: int) -> Heartbeat:
        return Heartbeat(name=name, at=func.now() - timedelta(days=days))

    put(
        runtime,
        seen("scheduler:a", 30),
        seen("scheduler:b", 20),
        seen("worker:1:a", 30),
        seen("worker:2:a", 1),
    )
    assert forget(runtime) == {"heartbeats": 2}
    with transaction(runtime.sessions) as session:
        assert set(session.scalars(select(Heartbeat.name))) == {"scheduler:b", "worker:2:a"}


def test_more_than_fits_at_once_is_left_for_the_next_time(
    runtime: Runtime, user_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    put(
        runtime,
        *(
            Preview(id=str(n), user_id=user_id, status="failed", created_at=func.now() - OLD)
            for n in range(3)
        ),
    )
    assert forget(runtime) == {"previews": 2}
    assert forget(runtime) == {"previews": 1}
