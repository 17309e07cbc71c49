"""`make dev`: PostgreSQL, sandbox, portal and scheduler with hot reload, until Ctrl-C.

With Google or Slack credentials in the environment or in `.env` those are used instead of the sandbox.
Ports: PORTAL_URL (http://localhost:8501) and SANDBOX_PORT (8502).
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress

import httpx

from dev.database import kept_database
from dev.plan import Plan, make_plan
from dev.ports import PortTaken, require_free
from dev.supervisor import PartFailed, Supervisor
from sandbox.cast.people import SUJIN as ADMIN
from services.errors import PortalError

READY_SECONDS = 60.0
ASK_SECONDS = 0.25


def main() -> int:
    """0 when it was told to stop, 1 with a sentence when it could not start."""
    began = time.monotonic()
    try:
        plan = make_plan(os.environ)
        require_free(plan.portal_port, setting=f"PORTAL_URL=http://localhost:{plan.portal_port + 10}")
        if plan.sandbox_url:
            require_free(plan.sandbox_port, setting=f"SANDBOX_PORT={plan.sandbox_port + 10}")
        _run(plan, began)
    except (PortTaken, PartFailed, PortalError) as exc:
        print(f"make dev: {exc}", file=sys.stderr)
        return 1
    return 0


def _run(plan: Plan, began: float) -> None:
    supervisor = Supervisor(plan.programs)
    supervisor.handle_signals()
    names = [program.name for program in plan.programs]
    others = [name for name in names if name != "sandbox"]
    try:
        supervisor.start(set(names) - set(others))
        with kept_database(plan.settings, lambda: supervisor.restart(others), supervisor.say):
            try:
                supervisor.start(others)
                if _wait_until_ready(plan, supervisor):
                    print(_welcome(plan, time.monotonic() - began), flush=True)
                    supervisor.run()
            finally:
                supervisor.end()
    finally:
        supervisor.end()


def _wait_until_ready(plan: Plan, supervisor: Supervisor) -> bool:
    """Until every part answers; False when told to stop before. Raises PartFailed."""
    waiting = [program for program in plan.programs if program.probe]
    deadline = time.monotonic() + READY_SECONDS
    with httpx.Client(timeout=2, trust_env=False) as client:
        while waiting and not supervisor.is_stopping:
            supervisor.step(ASK_SECONDS)
            waiting = [program for program in waiting if not _answers(client, program.probe)]
            if waiting and time.monotonic() > deadline:
                silent = ", ".join(f"{program.name} ({program.probe})" for program in waiting)
                raise PartFailed(f"not ready within {READY_SECONDS:.0f} s: {silent}")
    return not supervisor.is_stopping


def _answers(client: httpx.Client, address: str) -> bool:
    with suppress(httpx.HTTPError):
        return client.get(address).status_code == httpx.codes.OK
    return False


def _welcome(plan: Plan, seconds: float) -> str:
    portal = plan.settings.portal_url
    slack = f"{plan.sandbox_url}/slack" if plan.sandbox_url else "your workspace: SLACK_BOT_TOKEN is set"
    lines = ["", f"  Portal    {portal}", f"  Slack     {slack}", f"  API docs  {portal}/api/docs", ""]
    if plan.sandbox_url:
        lines += [
            "  Google and Slack are a sandbox with a dozen people to sign in as;"
            f" {ADMIN.name} ({ADMIN.google_email}) is an admin.",
            "  Its mail, messages and grants are in memory: when it has stopped, connect Gmail again.",
        ]
    return "\n".join([*lines, f"  Ready in {seconds:.1f} s. Ctrl-C stops everything.", ""])


if __name__ == "__main__":
    sys.exit(main())
