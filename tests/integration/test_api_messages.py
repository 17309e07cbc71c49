"""Mail over the API: with its owner's own key, and with nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select, update

from services import api_keys
from services.db.engine import transaction
from services.db.models import AccessLog, User
from services.runtime import Runtime
from tests.integration.api_callers import MACHINE, calling, key_of
from tests.integration.journeys import Sandbox, arrive, connect


@pytest.fixture
def client(runtime: Runtime) -> Iterator[httpx.Client]:
    with calling(runtime) as caller:
        yield caller


@pytest.fixture
def minjun(runtime: Runtime, sandbox: Sandbox) -> str:
    """Somebody who has connected."""
    user_id = arrive(runtime, sandbox.person("minjun"))
    connect(runtime, sandbox, user_id, "minjun")
    return user_id


def reads(runtime: Runtime) -> list[tuple[str, str, str]]:
    with transaction(runtime.sessions) as session:
        lines = session.scalars(select(AccessLog).where(AccessLog.action == "read_mail")).all()
        return [(line.actor, line.subject_user_id, line.source) for line in lines]


def test_the_owners_program_reads_recent_mail_and_it_is_written_down(
    client: httpx.Client, runtime: Runtime, sandbox: Sandbox, minjun: str
) -> None:
    key = key_of(runtime, minjun)
    for user_id in (minjun, sandbox.person("minjun").slack_user_id):
        read = client.get("/api/messages", params={"user_id": user_id}, headers=key)
        assert read.status_code == 200
        assert read.headers["cache-control"] == "no-store"
        told = read.json()
        assert told["mailbox"] == sandbox.person("minjun").google_email
        assert 1 <= len(told["messages"]) <= 9
        assert told["total"] >= len(told["messages"])
        assert {"id", "sender", "subject", "text", "received_at"} <= told["messages"][0].keys()
    assert sandbox.calls("gmail.users.messages.list") > 0
    assert reads(runtime) == [(minjun, minjun, "api 127.0.0.0/24")] * 2
    with transaction(runtime.sessions) as session:
        (used,) = api_keys.own_keys(session, minjun)
    assert used.last_used_at is not None


def test_nothing_but_the_owners_key_opens_mail(
    client: httpx.Client, runtime: Runtime, sandbox: Sandbox, minjun: str
) -> None:
    seoyeon = arrive(runtime, sandbox.person("seoyeon"))
    with transaction(runtime.sessions) as session:
        session.execute(update(User).where(User.id == seoyeon).values(role="admin"))
    anothers = key_of(runtime, seoyeon)
    for headers, user_id, status, error in (
        ({}, minjun, 401, "not_a_mail_key"),
        (MACHINE, minjun, 401, "not_a_mail_key"),
        (anothers, minjun, 403, "forbidden"),
        (anothers, "nobody-at-all", 403, "forbidden"),
    ):
        refused = client.get("/api/messages", params={"user_id": user_id}, headers=headers)
        assert (refused.status_code, refused.json()["error"]) == (status, error)
    assert reads(runtime) == []
    assert sandbox.calls("gmail.users.messages.list") == 0


def test_a_key_opens_mail_and_nothing_else(client: httpx.Client, runtime: Runtime, minjun: str) -> None:
    key = key_of(runtime, minjun)
    for method, path in (
        ("POST", "/api/cron/daily-summary"),
        ("GET", f"/api/gmail/auth?user_id={minjun}"),
        ("POST", f"/api/gmail/refresh/{minjun}"),
        ("GET", "/api/tokens/health"),
    ):
        assert client.request(method, path, headers=key).status_code == 401


def test_a_key_that_has_ended_opens_nothing(client: httpx.Client, runtime: Runtime, minjun: str) -> None:
    revoked, other = key_of(runtime, minjun), key_of(runtime, minjun)
    with transaction(runtime.sessions) as session:
        (first,) = [
            key for key in api_keys.own_keys(session, minjun) if revoked["Authorization"][7:15] == key.prefix
        ]
        assert api_keys.revoke(session, minjun, first.id)
    assert client.get("/api/messages", params={"user_id": minjun}, headers=revoked).status_code == 401
    assert client.get("/api/messages", params={"user_id": minjun}, headers=other).status_code == 200
    with transaction(runtime.sessions) as session:
        session.execute(update(User).values(active=False))
    assert client.get("/api/messages", params={"user_id": minjun}, headers=other).status_code == 401


@pytest.mark.parametrize(
    ("fault", "status", "error"),
    [
        ({"path": "/batch*", "status": 503}, 503, "source_unavailable"),
        ({"path": "/token", "status": 503}, 200, None),
    ],
)
def test_what_google_does_is_told(
    client: httpx.Client,
    runtime: Runtime,
    sandbox: Sandbox,
    minjun: str,
    fault: dict[str, object],
    status: int,
    error: str | None,
) -> None:
    sandbox.fault(**fault)
    read = client.get("/api/messages", params={"user_id": minjun}, headers=key_of(runtime, minjun))
    assert (read.status_code, read.json().get("error")) == (status, error)


def test_who_must_reconnect_is_told_where(
    client: httpx.Client, runtime: Runtime, sandbox: Sandbox, minjun: str
) -> None:
    sandbox.control("/people/minjun/revoke")
    read = client.get("/api/messages", params={"user_id": minjun}, headers=key_of(runtime, minjun))
    assert (read.status_code, read.json()["error"]) == (409, "revoked_or_expired")
    assert read.json()["auth_url"].endswith("/connect")
    assert "Connect again" in read.json()["message"]
    for_machines = client.post(f"/api/gmail/refresh/{minjun}", headers=MACHINE).json()
    assert "Send the reconnect link" in for_machines["message"]
