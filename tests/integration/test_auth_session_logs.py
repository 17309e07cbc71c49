"""Logs filter by auth session: whatever portal, worker and sidecar write during an attempt carries its id."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import select, text
from structlog.testing import capture_logs

from services.assistant import pending, waiting
from services.connect import flow, sessions
from services.db.engine import transaction
from services.db.models import AuthSession
from services.runtime import Runtime
from tests.integration.auth_session_processes import SIDECAR_ONCE, WORKER, running, wait_for
from tests.integration.conftest import KEY
from tests.integration.journeys import Sandbox, arrive, connect
from tests.integration.portal_process import Portal, running_portal
from tests.pages.conftest import claims_of


@pytest.fixture
def portal(sandbox: Sandbox, database_url: str, tmp_path: Path) -> Iterator[Portal]:
    with running_portal(sandbox, database_url, KEY, tmp_path, LOG_FORMAT="json") as started:
        yield started


def lines_of(log: Path) -> list[dict[str, Any]]:
    """What our own code wrote, a dictionary a line."""
    found = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [line for line in found if line["logger"].startswith(("portal", "services", "scheduler"))]


def filtered(log: Path, session_id: str) -> list[str]:
    """The events of the lines that carry this id."""
    return [
        f"{line['event']} {line.get('to', '')}".strip()
        for line in lines_of(log)
        if line.get("auth_session") == session_id
    ]


def consented(portal: Portal, sandbox: Sandbox, key: str, **choices: object) -> str:
    """Through the portal to Google and back; where it leads in the end."""
    with portal.client(claims_of(sandbox.person(key))) as client:
        to_google = client.get("/oauth/gmail/start").headers["location"]
        back = sandbox.control("/consent", {"url": to_google, "person": key, **choices})["location"]
        return str(client.get(back).headers["location"])


def ids(runtime: Runtime) -> list[str]:
    with transaction(runtime.sessions) as session:
        return list(session.scalars(select(AuthSession.id).order_by(AuthSession.created_at)))


def ended(runtime: Runtime) -> bool:
    with transaction(runtime.sessions) as session:
        return set(session.scalars(select(AuthSession.status))) <= sessions.ENDS


def test_one_attempt_is_followed_through_all_processes(
    portal: Portal, runtime: Runtime, sandbox: Sandbox, tmp_path: Path
) -> None:
    assert "session=" in consented(portal, sandbox, "emma")
    assert "access_denied" in consented(portal, sandbox, "daniel", deny=True)
    emma, daniel = ids(runtime)
    # The fourth search brings what cannot be read: said by a part that knows nothing of auth sessions.
    search = {"op": "gmail.users.messages.list", "inner": True}
    sandbox.fault(**search, times=3, latency_ms=1)
    sandbox.fault(**search, times=1, body={"messages": [{"unlike": "any"}]})
    with running(runtime.settings, sandbox, tmp_path / "worker.log", *WORKER):
        wait_for(lambda: ended(runtime))
    waiting = flow.begin(runtime, owner_of(runtime, emma)).session_id
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE auth_sessions SET expires_at = now() - interval '1 second'"))
    with running(runtime.settings, sandbox, tmp_path / "sidecar.log", *SIDECAR_ONCE) as process:
        assert process.wait(60) == 0

    moved = "auth_session_moved"
    assert filtered(portal.log, emma) == [f"{moved} consent_requested", f"{moved} authorized"]
    assert filtered(portal.log, daniel) == [
        f"{moved} consent_requested",
        f"{moved} denied",
        "connect_failed",
    ]
    assert filtered(tmp_path / "worker.log", emma) == [
        f"{moved} fetching",
        "conversations_unreadable",
        "first_fetch_done",
        f"{moved} completed",
    ]
    assert filtered(tmp_path / "sidecar.log", waiting) == [f"{moved} expired"]
    everything = "".join((tmp_path / f"{name}.log").read_text() for name in ("portal", "worker", "sidecar"))
    for line in everything.splitlines():
        if line.startswith("{") and any(one in line for one in (emma, daniel, waiting)):
            assert json.loads(line).get("auth_session") in line
    assert not re.search(r"ya29\.|1//|code=|state=|GOCSPX", everything)


def owner_of(runtime: Runtime, session_id: str) -> str:
    with transaction(runtime.sessions) as session:
        return session.get_one(AuthSession, session_id).user_id


def test_what_waited_for_the_consent_is_in_the_same_logs(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("emma"))
    flow.begin(runtime, user_id)  # an attempt that nobody came back from
    session_id = connect(runtime, sandbox, user_id, "emma").id
    flow.begin(runtime, user_id)
    with transaction(runtime.sessions) as session:
        assert sessions.granted_in(session, user_id) == session_id
        asked = pending.Asked(
            user_id=user_id,
            text="find the mail about the estimate",
            asks="a search",
            needs="mail",
            channel="D01EXAMPLE1",
            ts="1700000000.000100",
            thread_ts=None,
            asked_at=datetime.now(UTC),
        )
        request_id = pending.keep(session, asked)
    sandbox.fault(path="/gmail/*", status=503)
    sandbox.fault(path="/batch*", status=503)
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        waiting.run(runtime, request_id, now=datetime.now(UTC))
    said = [line for line in lines if line["event"] == "waiting_request_failed"]
    assert [line["auth_session"] for line in said] == [session_id]


def test_the_id_is_gone_from_the_lines_after_it(runtime: Runtime, sandbox: Sandbox) -> None:
    with pytest.raises(Exception, match="not known"):
        flow.finish(runtime, flow.Callback("made up", "", "nobody", code="x"))
    with sessions.in_logs("one"):
        assert structlog.contextvars.get_contextvars() == {"auth_session": "one"}
    assert structlog.contextvars.get_contextvars() == {}
