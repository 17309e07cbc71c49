"""A word that stands in all that is somebody's own is nowhere in what admins and machines get to see.

It is in their mail, conversation, briefings, previews, messages, waiting request and Slack events, and in a
question that the assistant has just answered. Looked at are all pages as an admin, every route with
CRON_SECRET and with an admin's cookie, the exports, and what the product logs at its most talkative.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from portal import runtime as portal_runtime
from portal.navigation import ENTRIES
from portal.routes import routes
from services import audit, previews
from services.access import Actor
from services.assistant import handle
from services.assistant.from_slack import inbox
from services.assistant.from_slack.envelope import Said
from services.conversations import export
from services.db.engine import transaction
from services.db.models import AuthSession, Briefing, UserIdentity
from services.errors import Forbidden
from services.i18n import translator
from services.logs import configure_logging
from services.people.export_all import everything
from services.runtime import Runtime
from services.tokens.export import access_csv, tokens_csv
from services.tokens.standing import Filter
from tests.integration.api_callers import MACHINE, key_of
from tests.integration.canary import Heard
from tests.integration.journeys import Sandbox
from tests.integration.model_talks import receive, with_model
from tests.integration.slack_server import serving
from tests.integration.somebody import CANARY, DM, furnish
from tests.integration.test_access_portal import arrive_at, change, cookie_of, id_of, registered
from tests.pages.conftest import ISSUER, open_page

ADMIN = "daniel"


@pytest.fixture
def portal(runtime: Runtime, sandbox: Sandbox) -> Iterator[Runtime]:
    """The product with everything turned on, the language model too."""
    configured = with_model(runtime, sandbox)
    portal_runtime.use(configured)
    yield configured
    portal_runtime.close()


@pytest.fixture
def admin(portal: Runtime, sandbox: Sandbox) -> AppTest:
    """The browser of somebody who is an admin and nothing else."""
    at = arrive_at(sandbox, ADMIN)
    change(portal, ADMIN, role="admin", locale="en")
    return at


@pytest.fixture
def emma(portal: Runtime, sandbox: Sandbox, admin: AppTest) -> str:
    """Emma, of whom everything is held; the word is in her mail, too."""
    user_id = furnish(portal, sandbox, "emma", admin_id=id_of(portal, ADMIN))
    receive(
        sandbox, "emma", f"{CANARY} in a mail", subject=f"{CANARY} in a subject", sender="Eve <eve@x.example>"
    )
    return user_id


def drawn(at: AppTest) -> str:
    """All that a page sends to the browser: every element as it is on the wire, and tables as text."""
    found = [str(table.value.to_csv()) for table in at.dataframe]
    waiting: list[Any] = [at.main, at.sidebar]
    while waiting:
        for child in waiting.pop().children.values():
            found.append(str(getattr(child, "proto", "")))
            if hasattr(child, "children"):
                waiting.append(child)
    return "\n".join(found)


def work_for(runtime: Runtime, sandbox: Sandbox, user_id: str) -> None:
    """What the product does with somebody's mail and words: a preview, and questions answered, or not."""
    with transaction(runtime.sessions) as session:
        preview = previews.request(session, user_id)
    previews.run(runtime, preview, now=datetime.now(UTC))
    handle.handle(runtime, f"{DM}:1700000000.000004", now=datetime.now(UTC))
    for number, text in enumerate((f"find mail about {CANARY}", f"why is {CANARY} so quiet, I wonder")):
        answered(runtime, sandbox, f"1700000001.00000{number}", text)
    refusal = {"error": {"message": CANARY, "code": 400, "errors": [{"reason": "badRequest"}]}}
    sandbox.fault(op="model.chat", status=500, body=refusal)
    sandbox.fault(op="gmail.users.messages.list", status=400, body=refusal)
    for number, text in enumerate((f"find mail about {CANARY}", f"why is {CANARY} so quiet, I wonder")):
        answered(runtime, sandbox, f"1700000002.00000{number}", text)


def answered(runtime: Runtime, sandbox: Sandbox, ts: str, text: str) -> None:
    said = Said(sandbox.person("emma").slack_user_id, DM, ts, text, None)
    with transaction(runtime.sessions) as session:
        assert inbox.take(session, said)
    handle.handle(runtime, said.event_id, now=datetime.now(UTC))


def test_nothing_of_somebodys_own_is_shown_to_admins_or_machines(
    portal: Runtime,
    sandbox: Sandbox,
    admin: AppTest,
    emma: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard, root = Heard(), logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        configure_logging(level="DEBUG")
        # Google's and Slack's stand-in runs in this process, and its server's log has what Google is asked.
        monkeypatch.setattr(logging.getLogger("uvicorn.access"), "disabled", True)
        work_for(portal, sandbox, emma)
        in_the_portal(portal, admin, emma, heard)
        over_http(portal, sandbox, emma, heard)
        as_files(portal, emma, heard)
        heard.note("log", "".join(capfd.readouterr()))
    finally:
        root.handlers, root.level = handlers, level
    for place, least in {"page": 5_000, "route": 5_000, "file": 300, "log": 500}.items():
        assert heard.size(place) > least, place
    assert heard.found({"what is somebody's own": CANARY}) == []


def in_the_portal(portal: Runtime, admin: AppTest, emma: str, heard: Heard) -> None:
    """Every page, each row of its table chosen in turn, and what is somebody else's asked for by address."""
    for entry in ENTRIES:
        open_page(admin, entry.file)
        heard.note(f"page {entry.file}", drawn(admin))
        tables = [(str(table.key), len(table.value)) for table in admin.dataframe if table.key]
        for key, rows in tables:
            for row in range(rows):
                admin.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
                admin.run()
                assert not admin.exception
                heard.note(f"page {entry.file} row {row}", drawn(admin))
    assert heard.size("page admin/tokens.py row")
    assert heard.size("page admin/auth_sessions.py row")
    with transaction(portal.sessions) as session:
        attempt = session.scalars(select(AuthSession.id).where(AuthSession.user_id == emma)).first()
        briefing = session.scalars(select(Briefing.id).where(Briefing.user_id == emma)).first()
    for file, name, value in (("connect.py", "session", attempt), ("briefing.py", "sending", briefing)):
        admin.query_params[name] = str(value)
        open_page(admin, file)
        heard.note(f"page {file} of another's", drawn(admin))
        del admin.query_params[name]


def over_http(portal: Runtime, sandbox: Sandbox, emma: str, heard: Heard) -> None:
    """Every route, with CRON_SECRET, with an admin's cookie, with an admin's own key."""
    callers = [MACHINE, {"Cookie": cookie_of(portal, sandbox, ADMIN)}, key_of(portal, id_of(portal, ADMIN))]
    with serving(routes()) as url, httpx.Client(base_url=url, timeout=30) as client:
        for route in sorted(registered(routes())):
            method, path = route.split()
            for headers in callers:
                answer = client.request(
                    method, re.sub(r"\{\w+\}", emma, path), params={"user_id": emma}, headers=headers
                )
                heard.note(f"route {route}", f"{answer.headers.multi_items()} {answer.text}")


def as_files(portal: Runtime, emma: str, heard: Heard) -> None:
    """Exports that an admin may make; those that they may not are refused."""
    actor = Actor(id_of(portal, ADMIN), is_admin=True)
    heard.note("file of tokens", tokens_csv(portal, actor, Filter()))
    heard.note("file of the access log", access_csv(portal, actor, audit.Filter()))
    heard.note("file of their own", everything(portal, actor, actor.user_id, translator("en")))
    refusals: list[Callable[[], bytes]] = [
        lambda: everything(portal, actor, emma, translator("en")),
        lambda: export.as_json(portal, actor, emma),
        lambda: export.as_csv(portal, actor, emma),
    ]
    for refused in refusals:
        with pytest.raises(Forbidden):
            refused()


def test_its_owner_does_see_it(portal: Runtime, sandbox: Sandbox, emma: str) -> None:
    """What the other test does not find is there to be found, in the same ways of looking."""
    with transaction(portal.sessions) as session:
        session.add(UserIdentity(issuer=ISSUER, subject="emma", user_id=emma))
    at = arrive_at(sandbox, "emma")
    open_page(at, "conversations.py")
    assert CANARY in drawn(at)
    with serving(routes()) as url:
        read = httpx.get(
            f"{url}/api/messages", params={"user_id": emma}, headers=key_of(portal, emma), timeout=30
        )
    assert CANARY in read.text
