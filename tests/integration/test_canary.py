"""No secret shows anywhere: a whole journey, then a search through all that it left behind.

Searched are a full dump of the database, every process's log at its most talkative, every answer over HTTP
with its headers, what Streamlit sends to the browser, the commands' output and the DMs.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect, sync_playwright
from sqlalchemy import select

from sandbox.world import Person
from services import api_keys
from services.db.engine import transaction
from services.db.models import User
from services.runtime import Runtime
from services.settings import Settings
from tests.browser.chromium import NoChromium, launch
from tests.integration.canary import (
    DATABASE_PASSWORD,
    NEW_KEY,
    OLD_SECRET,
    Heard,
    answers_in,
    dump,
    run_command,
    secrets_of,
    spellings,
)
from tests.integration.conftest import KEY
from tests.integration.journeys import Sandbox
from tests.integration.old_tokens import authorized_user
from tests.integration.portal_process import (
    COOKIE_SECRET,
    CRON_SECRET,
    ROOT,
    Portal,
    running_portal,
)

WAIT = 60_000


@contextmanager
def running_sidecar(sandbox: Sandbox, runtime: Runtime, portal: Portal, log: Path) -> Iterator[None]:
    """`python scheduler.py`, as talkative as can be."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(log.parent),
        **settings_of(sandbox, runtime, portal.url),
    }
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "scheduler.py"], cwd=ROOT, env=environ, stdout=output, stderr=output
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


def settings_of(sandbox: Sandbox, runtime: Runtime, portal_url: str, keys: str = KEY) -> dict[str, str]:
    return {
        "LOG_LEVEL": "DEBUG",
        "DATABASE_URL": runtime.database_url,
        "COOKIE_SECRET": COOKIE_SECRET,
        "CRON_SECRET": CRON_SECRET,
        "TOKEN_ENCRYPTION_KEYS": keys,
        "PORTAL_URL": portal_url,
        **sandbox.environment(),
    }


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        try:
            started = launch(playwright)
        except NoChromium as exc:
            pytest.fail(str(exc), pytrace=False)
        yield started
        started.close()


def test_no_secret_is_anywhere(runtime: Runtime, sandbox: Sandbox, browser: Browser, tmp_path: Path) -> None:
    heard, emma, folder = Heard(), sandbox.person("emma"), tmp_path / "tokens"
    folder.mkdir()
    with ExitStack() as stack:
        portal = stack.enter_context(
            running_portal(
                sandbox,
                runtime.database_url,
                KEY,
                tmp_path,
                LOG_LEVEL="DEBUG",
                ADMIN_EMAILS=emma.google_email,
            )
        )
        settings = runtime.settings.model_copy(update={"portal_url": portal.url})
        stack.enter_context(running_sidecar(sandbox, runtime, portal, tmp_path / "sidecar.log"))
        in_the_browser(browser, portal, sandbox, settings, emma, heard, folder)
        key = over_http(portal, runtime, emma, heard)
    for command in (["services.crypto", "rotate"], ["services.tokens.importing", str(folder), "--apply"]):
        run_command(command, settings_of(sandbox, runtime, portal.url, f"{NEW_KEY},{KEY}"), heard)
    without_database(sandbox, tmp_path, heard)
    heard.note("log of the portal", portal.log.read_bytes())
    heard.note("log of the sidecar", (tmp_path / "sidecar.log").read_bytes())
    heard.note("DMs", json.dumps([[m.text, m.blocks] for m in sandbox.dms("emma")], default=str))
    heard.note("database", dump(runtime))
    for place, least in {
        "database": 100_000,
        "log of the portal": 100,
        "log of the sidecar": 100,
        "WebSocket": 50_000,
        "browser": 10_000,
        "DMs": 100,
        "export": 200,
        "command": 100,
    }.items():
        assert heard.size(place) > least, place
    found = heard.found({**secrets_of(sandbox), "an API key": key})
    assert not found, "\n".join(found)


def in_the_browser(
    browser: Browser,
    portal: Portal,
    sandbox: Sandbox,
    settings: Settings,
    person: Person,
    heard: Heard,
    folder: Path,
) -> None:
    """Sign in, connect, preview, send, and every page; then a connection that breaks."""
    har = folder.parent / "browser.har"
    context = browser.new_context(locale="en-US", record_har_path=har, record_har_content="embed")
    page = context.new_page()
    page.on("websocket", lambda socket: listen(socket, heard))
    page.goto(portal.url)
    page.get_by_role("button", name="Sign in with Google").click(timeout=WAIT)
    page.get_by_role("button", name=person.google_email).click(timeout=WAIT)
    page.get_by_role("button", name="Continue").click(timeout=WAIT)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible(timeout=WAIT)
    connect_gmail(page, portal, person)
    page.goto(f"{portal.url}/briefing")
    page.get_by_role("button", name="Preview", exact=False).first.click(timeout=WAIT)
    page.get_by_role("button", name="Send it to me now").click(timeout=WAIT)
    expect(page.get_by_text("Sent to Slack")).to_be_visible(timeout=WAIT)
    for path in ("conversations", "settings", "people"):
        page.goto(f"{portal.url}/{path}")
        settle(page)
    import_tokens(page, portal, sandbox, settings, folder)
    for path in ("tokens", "access"):
        page.goto(f"{portal.url}/{path}")
        download(page, heard)
    sandbox.control(f"/people/{person.key}/revoke")
    page.goto(f"{portal.url}/briefing")
    page.get_by_role("button", name="Send it to me now").click(timeout=WAIT)
    settle(page)
    for path in ("", "connect", "connect?problem=access_denied"):
        page.goto(f"{portal.url}/{path}")
        settle(page)
    page.goto(f"{portal.url}/nowhere")  # its answer is a page of its own, without a script
    context.close()
    answers_in(har, portal.url, heard)


def listen(socket: WebSocket, heard: Heard) -> None:
    """What Streamlit sends; not what the browser says."""
    socket.on("framereceived", lambda content: heard.note("WebSocket", content))


def settle(page: Page) -> None:
    """Wait until the script has run and its page is drawn."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=WAIT)
    expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0, timeout=WAIT)


def connect_gmail(page: Page, portal: Portal, person: Person) -> None:
    page.goto(f"{portal.url}/connect")
    page.get_by_role("link", name="Connect Gmail").click(timeout=WAIT)
    page.get_by_role("button", name=person.google_email).click(timeout=WAIT)
    page.get_by_role("button", name="Continue").or_(page.get_by_role("button", name="Allow")).click(
        timeout=WAIT
    )
    expect(page.get_by_text("Gmail is connected")).to_be_visible(timeout=WAIT)


def download(page: Page, heard: Heard) -> None:
    """What a page exports, of everybody."""
    if page.url.endswith("/tokens"):
        page.get_by_text("Everybody").first.click(timeout=WAIT)
    with page.expect_download(timeout=WAIT) as started:
        page.get_by_role("button", name="Export as CSV").click(timeout=WAIT)
    heard.note(f"export of {page.url}", Path(started.value.path()).read_bytes())


def import_tokens(page: Page, portal: Portal, sandbox: Sandbox, settings: Settings, folder: Path) -> None:
    """One file that is taken and one that is refused; both hold secrets."""
    document = authorized_user(
        sandbox, settings, "oliver", client_id="old.apps.example", client_secret=OLD_SECRET
    )
    files = {
        "unknown_gmail.json": document,
        "elsewhere.json": {**document, "token_uri": "https://evil.example"},
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    page.goto(f"{portal.url}/import")
    page.locator("input[type=file]").set_input_files([folder / name for name in files], timeout=WAIT)
    expect(page.get_by_text("evil.example")).to_be_visible(timeout=WAIT)
    page.get_by_role("button", name="Import 1 token").click(timeout=WAIT)
    expect(page.get_by_text("1 token waits for its owner")).to_be_visible(timeout=WAIT)
    settle(page)


def over_http(portal: Portal, runtime: Runtime, person: Person, heard: Heard) -> str:
    """Every route as a program asks for it, rightly and wrongly; the key that the program had."""
    with transaction(runtime.sessions) as session:
        user_id = session.scalars(select(User.id).where(User.email == person.google_email)).one()
        key = api_keys.create(session, user_id, "canary").secret
    cron, owner = ({"Authorization": f"Bearer {secret}"} for secret in (CRON_SECRET, key))
    wrong = {"Authorization": f"Bearer {CRON_SECRET}x"}
    with portal.client() as client:
        paths = [f"/api{path}" for path in client.get("/api/openapi.json").json()["paths"]]
        paths += ["/healthz", "/readyz", "/metrics", "/nowhere"]
        paths += ["/api/openapi.json", "/api/docs", "/api/nothing"]
        paths += ["/oauth/gmail/start", "/oauth/gmail/callback?code=canary&state=canary"]
        for path in paths:
            url = re.sub(r"{\w+}", user_id, path)
            url = url if "?" in url else f"{url}?user_id={user_id}"
            for headers in ({}, cron, owner, wrong):
                heard.answer(client.get(url, headers=headers))
                heard.answer(client.post(url, headers=headers, json={"user_id": user_id}))
    return key


def without_database(sandbox: Sandbox, folder: Path, heard: Heard) -> None:
    """A portal whose database is out of reach says so, and not how it would have been reached."""
    place = folder / "without-database"
    place.mkdir()
    url = f"postgresql://portal:{DATABASE_PASSWORD}@127.0.0.1:9/none"
    with running_portal(sandbox, url, KEY, place, LOG_LEVEL="DEBUG") as portal, portal.client() as client:
        for path in ("/", "/readyz", "/api/runs/x", "/oauth/gmail/start"):
            heard.answer(client.get(path, headers={"Authorization": f"Bearer {CRON_SECRET}"}))
    heard.note("log without database", portal.log.read_bytes())


def test_the_search_finds_what_is_there(sandbox: Sandbox) -> None:
    """Each secret, in each spelling, in the middle of something else."""
    secrets = secrets_of(sandbox)
    for name, secret in secrets.items():
        for spelling in spellings(secret):
            heard = Heard()
            heard.note("somewhere", b"before" + spelling + b"after")
            assert any(line.startswith(name) for line in heard.found(secrets)), (name, spelling)
    for skip in range(3):
        heard = Heard()
        heard.note("somewhere", base64.b64encode(b"x" * skip + f"token={KEY}; path=/".encode()))
        assert heard.found(secrets)
