"""The API over HTTP in this process, and those who call it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import httpx
from starlette.routing import BaseRoute, Mount

from portal import runtime as portal_runtime
from portal.routes.api import make_api
from portal.routes.api.access import Limits
from services import api_keys
from services.db.engine import transaction
from services.runtime import Runtime
from tests.integration.portal_process import CRON_SECRET
from tests.integration.slack_server import serving

MACHINE = {"Authorization": f"Bearer {CRON_SECRET}"}


@contextmanager
def calling(runtime: Runtime, limits: Limits | None = None) -> Iterator[httpx.Client]:
    """Somebody who calls the API of a portal that runs on this runtime, over a real socket."""
    portal_runtime.use(runtime)
    mounted = Mount("/api", make_api(limits or Limits(generous=True)))
    with serving([mounted]) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client
    portal_runtime.close()


def flat(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Routes, those of included routers in their router's place."""
    for route in routes:
        router = getattr(route, "original_router", None)
        if router is None:
            yield route
        else:
            yield from flat(router.routes)


def key_of(runtime: Runtime, user_id: str) -> dict[str, str]:
    """The header of a program that has a key of this person's."""
    with transaction(runtime.sessions) as session:
        return {"Authorization": f"Bearer {api_keys.create(session, user_id, 'program').secret}"}
