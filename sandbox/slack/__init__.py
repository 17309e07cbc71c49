"""Slack on loopback: Web API, events, Sign in with Slack, and a page to read and answer DMs."""

from __future__ import annotations

import os

from starlette.routing import BaseRoute

from sandbox.slack import api, control, openid, page, socket_mode
from sandbox.slack.events import use_app
from sandbox.slack.state import workspace
from sandbox.world import World

APP_URL_VARIABLE = "SANDBOX_SLACK_APP_URL"


def routes(world: World) -> list[BaseRoute]:
    """Every route of the Slack side, with full paths.

    The variable SANDBOX_SLACK_APP_URL names the app that events and clicks go to, on this machine, unless the
    control sets other addresses.
    """
    if app_url := os.environ.get(APP_URL_VARIABLE):
        use_app(workspace(world), app_url)
    parts = (openid, api, socket_mode, page, control)
    return [route for part in parts for route in part.routes(world)]
