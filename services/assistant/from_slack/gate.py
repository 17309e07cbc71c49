"""The Bolt app that both ways from Slack lead to: HTTP requests in the portal, Socket Mode in the sidecar.

Bolt checks the signature and its five minutes and answers Slack's handshakes; everything else is stored
before it is acknowledged, and not acknowledged where it could not be: Slack sends it again.
"""

from __future__ import annotations

import logging
from typing import Any

import structlog
from slack_bolt import App, BoltResponse
from slack_bolt.authorization import AuthorizeResult

from services.assistant.from_slack import inbox
from services.errors import PortalError
from services.runtime import Runtime

# Bolt's own lines carry what people write.
_BOLT = logging.getLogger("slack_bolt")
log = structlog.get_logger(__name__)


def make_app(runtime: Runtime) -> App:
    """An app that stores what Slack sends; 200 says that it is stored, 503 that it must come again."""
    _BOLT.setLevel(logging.CRITICAL)
    app = App(
        name="briefing-portal",
        logger=_BOLT,
        client=runtime.slack,
        signing_secret=runtime.settings.slack_signing_secret.get_secret_value(),
        # Named, so that Bolt does not make an installation flow of SLACK_CLIENT_ID, which is for signing in.
        authorize=_in_this_workspace,
        process_before_response=True,
        ignoring_self_events_enabled=False,
    )

    def store(body: dict[str, Any]) -> BoltResponse:
        inbox.receive(runtime, body)
        return BoltResponse(status=200)

    app.use(store)
    app.error(_not_stored)
    return app


def _in_this_workspace(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
    """Nothing is done in the request's name; whose workspace it comes from, the inbox looks at."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)


def _not_stored(error: Exception) -> BoltResponse:
    """No message of a foreign exception is logged: it may quote what somebody wrote."""
    code = error.code if isinstance(error, PortalError) else type(error).__name__
    log.error("slack_request_failed", error=code)
    return BoltResponse(status=503)
