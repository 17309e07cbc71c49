"""`GET /api/auth-sessions/{id}`: how far an attempt is, for machines; nothing in it opens anything."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from starlette.routing import Mount

from portal import runtime as portal_runtime
from portal.routes.api import make_api
from services import jobs
from services.db.engine import transaction
from services.db.models import AuthSession
from services.runtime import Runtime
from tests.integration.api_callers import MACHINE
from tests.integration.journeys import Sandbox, arrive, connect
from tests.integration.slack_server import serving


@pytest.fixture
def url(runtime: Runtime) -> Iterator[str]:
    portal_runtime.use(runtime)
    with serving([Mount("/api", make_api())]) as base_url:
        yield f"{base_url}/api/auth-sessions"
    portal_runtime.close()


def test_it_tells_steps_progress_and_times_and_no_secret(
    url: str, runtime: Runtime, sandbox: Sandbox
) -> None:
    session_id = connect(runtime, sandbox, arrive(runtime, sandbox.person("emma")), "emma").id
    with transaction(runtime.sessions) as session:
        row = session.get_one(AuthSession, session_id)
    before = httpx.get(f"{url}/{session_id}", headers=MACHINE)
    asyncio.run(jobs.run_worker(runtime, wait=False))
    after = httpx.get(f"{url}/{session_id}", headers=MACHINE).json()
    assert (before.json()["mails_read"], before.json()["mails_found"]) == (None, None)
    assert after["mails_read"] == after["mails_found"] > 0
    assert [state for state, reached in after["progress"].items() if reached] == [
        *("started", "consent_requested", "authorized", "fetching", "completed")
    ]
    assert (after["status"], after["finished"], after["error"]) == ("completed", True, None)
    assert after["created_at"] < after["updated_at"] < after["expires_at"]
    assert [step["at"] for step in after["timeline"]] == sorted(step["at"] for step in after["timeline"])
    for secret in (row.state_hash, row.browser_hash, row.code_hash, row.redirect_uri):
        assert secret
        assert secret not in before.text + str(after)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
def test_without_the_machines_secret_nothing_is_told(
    url: str, runtime: Runtime, sandbox: Sandbox, headers: dict[str, str]
) -> None:
    session_id = connect(runtime, sandbox, arrive(runtime, sandbox.person("emma")), "emma").id
    refused = httpx.get(f"{url}/{session_id}", headers=headers)
    assert refused.status_code == 401
    assert session_id not in refused.text
