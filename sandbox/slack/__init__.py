"""Slack on loopback: Web API, events, Sign in with Slack, and a page to read and answer DMs."""

from __future__ import annotations

from starlette.routing import BaseRoute

from sandbox.slack import api, page
from sandbox.world import World


def routes(world: World) -> list[BaseRoute]:
    """Every route of the Slack side, with full paths."""
    return [*api.routes(world), *page.routes(world)]
