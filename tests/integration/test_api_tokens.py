"""Tokens over the API: where to connect, refreshing at once, health, following an attempt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import func, select

from services.crypto import SecretBox
from services.db.engine import transaction
from services.db.models import AccessLog, AuthSession, GmailToken
from services.runtime import Runtime
from tests.integration.api_callers import MACHINE, calling
from tests.integration.journeys import Sandbox, arrive, connect


@pytest.fixture
def client(runtime: Runtime) -> Iterator[httpx.Client]:
    with calling(runtime) as caller:
        caller.headers.update(MACHINE)
        yield caller


@pytest.fixture
def minjun(runtime: Runtime, sandbox: Sandbox) -> str:
    """Somebody who has connected."""
    user_id = arrive(runtime, sandbox.person("minjun"))
    connect(runtime, sandbox, user_id, "minjun")
    return user_id


def test_the_address_for_connecting_signs_in_first_and_changes_nothing(
    client: httpx.Client, runtime: Runtime, minjun: str
) -> None:
    asked = client.get("/api/gmail/auth", params={"user_id": minjun})
    assert asked.json() == {"auth_url": f"{runtime.settings.portal_url}/connect"}
    assert asked.headers["cache-control"] == "no-store"
    with transaction(runtime.sessions) as session:
        assert session.scalar(select(func.count()).select_from(AuthSession)) == 1
    unknown = client.get("/api/gmail/auth", params={"user_id": "U0NOBODY"})
    assert (unknown.status_code, unknown.json()["error"]) == (404, "unknown_person")


def test_a_token_is_refreshed_by_either_id_and_somebody_is_named_for_it(
    client: httpx.Client, runtime: Runtime, sandbox: Sandbox, minjun: str
) -> None:
    before = sandbox.calls("oauth.token")
    for user_id in (minjun, sandbox.person("minjun").slack_user_id):
        refreshed = client.post(f"/api/gmail/refresh/{user_id}")
        assert refreshed.json() == {"user_id": minjun, "status": "healthy"}
    assert sandbox.calls("oauth.token") == before + 2
    with transaction(runtime.sessions) as session:
        lines = session.scalars(select(AccessLog).where(AccessLog.action == "refresh_token")).all()
    assert {(line.actor, line.subject_user_id) for line in lines} == {("system:api", minjun)}


def test_what_only_the_person_can_mend_comes_with_the_reason_and_the_address(
    client: httpx.Client, runtime: Runtime, sandbox: Sandbox, minjun: str
) -> None:
    sandbox.control("/people/minjun/revoke")
    for _ in range(2):
        refused = client.post(f"/api/gmail/refresh/{minjun}")
        assert refused.status_code == 409
        assert refused.json()["error"] == "revoked_or_expired"
        assert refused.json()["auth_url"] == f"{runtime.settings.portal_url}/connect"
    seoyeon = arrive(runtime, sandbox.person("seoyeon"))
    never = client.post(f"/api/gmail/refresh/{seoyeon}")
    assert (never.status_code, never.json()["error"]) == (409, "not_connected")


def test_a_google_that_is_away_is_waited_for(client: httpx.Client, sandbox: Sandbox, minjun: str) -> None:
    sandbox.fault(path="/token", status=503)
    away = client.post(f"/api/gmail/refresh/{minjun}")
    assert (away.status_code, away.json()["error"]) == (503, "source_unavailable")
    assert int(away.headers["retry-after"]) >= 1
    sandbox.control("/faults", method="DELETE")
    assert client.post(f"/api/gmail/refresh/{minjun}").status_code == 200


def test_everybodys_health_names_the_worst_first_and_opens_nothing(
    client: httpx.Client, runtime: Runtime, sandbox: Sandbox, minjun: str
) -> None:
    seoyeon = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, seoyeon, "seoyeon")
    refusal = {"error": "invalid_grant", "subtype": "invalid_rapt"}
    sandbox.control("/people/seoyeon/refresh-failure", refusal)
    assert client.post(f"/api/gmail/refresh/{seoyeon}").json()["error"] == "invalid_rapt"
    keyless = replace(runtime, box=SecretBox([b"x" * 32]))
    with calling(keyless) as keyless_client:
        told = keyless_client.get("/api/tokens/health", headers=MACHINE)
        assert told.status_code == 200
        shown = told.json()
        assert [(line["user_id"], line["status"], line["reason"]) for line in shown["tokens"]] == [
            (seoyeon, "reconnect_required", "invalid_rapt"),
            (minjun, "healthy", None),
        ]
        assert (shown["counts"]["reconnect_required"], shown["counts"]["healthy"]) == (1, 1)
        trouble = {"only_trouble": "true"}
        only = keyless_client.get("/api/tokens/health", params=trouble, headers=MACHINE).json()
        assert [line["user_id"] for line in only["tokens"]] == [seoyeon]
    with transaction(runtime.sessions) as session:
        stored = session.scalars(select(GmailToken.token_data)).all()
    assert not [
        value
        for data in stored
        for name, value in data.items()
        if name != "token_type" and value in told.text
    ]


def test_an_attempt_to_connect_is_followed(client: httpx.Client, runtime: Runtime, minjun: str) -> None:
    with transaction(runtime.sessions) as session:
        session_id = session.execute(select(AuthSession.id)).scalar_one()
    shown = client.get(f"/api/auth-sessions/{session_id}").json()
    assert (shown["user_id"], shown["status"], shown["finished"]) == (minjun, "authorized", False)
    assert shown["progress"]["consent_requested"]
    assert shown["progress"]["authorized"]
    assert not shown["progress"]["completed"]
    assert [step["message"] for step in shown["timeline"]] == ["started", "consent_requested", "authorized"]
    assert client.get("/api/auth-sessions/none").json()["error"] == "unknown_auth_session"
