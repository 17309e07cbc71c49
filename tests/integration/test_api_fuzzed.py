"""Whatever is sent to the API: never a 5xx, and only what its own OpenAPI document tells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.config import SchemathesisConfig

from portal import runtime as portal_runtime
from portal.routes.api import make_api
from portal.routes.api.access import Limits
from portal.routes.api.names import EXAMPLES
from services import api_keys
from services.db.engine import transaction
from services.db.models import BriefingSettings, User
from services.runtime import Runtime
from tests.integration.journeys import Sandbox, connect
from tests.integration.portal_process import CRON_SECRET

CONFIG = SchemathesisConfig.from_dict(
    {
        "generation": {
            "deterministic": True,
            "max-examples": 60,
            "database": "none",
            "allow-extra-parameters": False,
        }
    }
)
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", make_api(Limits(generous=True)), config=CONFIG)
Callers = dict[str, dict[str, str]]


@pytest.fixture
def callers(runtime: Runtime, sandbox: Sandbox) -> Iterator[Callers]:
    """Everybody who may call, and some who may not; the document's own examples are somebody connected."""
    user_id, slack_user_id = EXAMPLES
    portal_runtime.use(runtime)
    with transaction(runtime.sessions) as session:
        session.add(User(id=user_id, slack_user_id=slack_user_id, display_name="Seoyeon"))
        session.flush()
        session.add(BriefingSettings(user_id=user_id, next_due_at=datetime.now(UTC)))
        key = api_keys.create(session, user_id, "fuzz").secret
    connect(runtime, sandbox, user_id, "seoyeon")
    yield {
        name: {"Authorization": f"Bearer {secret}"}
        for name, secret in {"cron": CRON_SECRET, "owner": key, "stranger": "wrong"}.items()
    }
    portal_runtime.close()


@SCHEMA.parametrize()
@settings(suppress_health_check=list(HealthCheck))
def test_the_api_keeps_its_word(case: Case[Any], callers: Callers) -> None:
    for headers in callers.values():
        case.call_and_validate(headers=headers)
