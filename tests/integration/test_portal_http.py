"""What goes over HTTP: headers, cookies, consent and back, the API, as nobody, somebody and a forger."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from portal.middleware import Answers
from sandbox.app import serve
from sandbox.world import World
from services.db.engine import Sessions, make_engine, make_sessions, transaction
from services.db.models import AuthSession, User
from tests.conftest import database
from tests.integration.conftest import KEY
from tests.integration.journeys import Sandbox
from tests.integration.portal_process import CRON_SECRET, Portal, running_portal

ISSUED_AT = int(time.time())
BEARER = {"Authorization": f"Bearer {CRON_SECRET}"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One for all tests here, as the portal is: each has people of its own."""
    world = World("")
    with serve(world):
        yield Sandbox(world)


@pytest.fixture(scope="module")
def portal(
    sandbox: Sandbox, server: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("portal")
    with database(server, template) as url, running_portal(sandbox, url, KEY, folder) as running:
        yield running


@pytest.fixture
def rows(portal: Portal) -> Iterator[Sessions]:
    """What the portal has stored."""
    engine = make_engine(portal.database_url)
    yield make_sessions(engine)
    engine.dispose()


def claims(key: str, **changes: object) -> dict[str, Any]:
    return {
        "iss": "https://accounts.google.com",
        "sub": f"sub-{key}",
        "email": f"{key}@mail.example",
        "email_verified": True,
        "name": key,
        "iat": ISSUED_AT,
        "nonce": f"nonce-{key}",
        **changes,
    }


def attempts(rows: Sessions, key: str) -> list[str]:
    """How somebody's auth sessions ended, oldest first."""
    theirs = select(AuthSession.status).join(User).where(User.email == claims(key)["email"])
    with transaction(rows) as session:
        return list(session.scalars(theirs.order_by(AuthSession.created_at)))


def count(rows: Sessions) -> int:
    """How many auth sessions there are, whosesoever."""
    with transaction(rows) as session:
        return session.scalars(select(func.count()).select_from(AuthSession)).one()


def consent(client: httpx.Client, sandbox: Sandbox, key: str, **choices: object) -> str:
    """Start connecting, decide at Google; the address Google sends the browser back to."""
    started = client.get("/oauth/gmail/start")
    assert started.status_code == 302
    asked = {"url": started.headers["location"], "person": key, **choices}
    return str(sandbox.control("/consent", asked)["location"])


def test_an_address_that_leads_nowhere_says_so_and_leads_home(portal: Portal) -> None:
    with portal.client() as nobody:
        for path in ("/nonsense", "/a/b", "/connect/x", "/index.html", "/%3Cscript%3E"):
            english = nobody.get(path, headers={"Accept-Language": "en-GB,ko;q=0.5"})
            assert english.status_code == 404, path
            assert "There is no such page" in english.text
            assert '<a href="/">' in english.text
            assert "script" not in english.text
            assert "portal_return" not in english.headers.get("set-cookie", "")
            assert english.headers["x-content-type-options"] == "nosniff"
            assert "그런 페이지가 없습니다" in nobody.get(path, headers={"Accept-Language": "ko-KR"}).text
        for path in ("/", "/home", "/connect", "/tokens/", "/api/docs", "/_stcore/health", "/favicon.png"):
            assert nobody.get(path, follow_redirects=True).status_code == 200, path
        assert nobody.post("/nonsense").status_code == 405


def test_what_nobody_gets_to_see(portal: Portal, rows: Sessions) -> None:
    before = count(rows)
    with portal.client() as nobody:
        page = nobody.get("/briefing?day=1")
        assert page.status_code == 200
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["x-frame-options"] == "SAMEORIGIN"
        assert "portal_return=%2Fbriefing%3Fday%3D1" in page.headers["set-cookie"]
        assert nobody.get("/oauth/gmail/start").headers["location"] == "/connect"
        assert (
            nobody.get("/oauth/gmail/callback?code=x&state=y").headers["location"]
            == "/connect?problem=signed_out"
        )
        assert count(rows) == before
        assert nobody.get("/healthz").text == "ok"
        ready = nobody.get("/readyz")
        assert (ready.status_code, ready.json()["sidecar"]["alive"]) == (200, False)


def test_the_page_asked_for_is_remembered_beside_a_sign_in_that_is_void(portal: Portal) -> None:
    with portal.client() as somebody:
        somebody.cookies.set("_streamlit_user", "void")
        assert "portal_return=%2Fbriefing" in somebody.get("/briefing").headers["set-cookie"]
        assert "portal_return=;" in somebody.get("/").headers["set-cookie"]
        assert "set-cookie" not in somebody.get("/").headers


def test_home_is_reached_by_its_name_too(portal: Portal) -> None:
    with portal.client() as nobody:
        named = nobody.get("/home?from=mail")
        assert (named.status_code, named.headers["location"]) == (302, "/?from=mail")
        assert nobody.get("/home").headers["location"] == "/"


def test_the_api_knows_its_paths_and_its_secret(portal: Portal) -> None:
    with portal.client() as client:
        assert client.get("/api/nothing").status_code == 404
        assert "openapi" in client.get("/api/openapi.json").json()
        assert client.get("/api/docs").status_code == 200
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {CRON_SECRET}"}):
            refused = client.post("/api/cron/daily-summary", headers=headers)
            assert (refused.status_code, refused.json()["error"]) == (401, "unauthorized")
        started = client.post("/api/cron/daily-summary", headers=BEARER)
        assert started.status_code == 202
        run = client.get(f"/api/runs/{started.json()['run_id']}", headers=BEARER)
        assert run.json()["run_id"] == started.json()["run_id"]
        assert client.get("/api/runs/none", headers=BEARER).status_code == 404
        unknown = client.post("/api/cron/daily-summary", headers=BEARER, json={"user_id": "nobody"})
        assert (unknown.status_code, unknown.json()["error"]) == (404, "unknown_person")


def test_connecting_and_every_way_it_can_end(portal: Portal, rows: Sessions, sandbox: Sandbox) -> None:
    with portal.client(claims("seoyeon")) as client:
        back = consent(client, sandbox, "seoyeon")
        first = client.get(back)
        assert first.headers["location"].startswith("/connect?session=")
        assert client.get(back).headers["location"] == first.headers["location"]  # reloaded, its cookie spent
        assert (
            client.get(consent(client, sandbox, "seoyeon", deny=True)).headers["location"]
            == "/connect?problem=access_denied"
        )
        other = client.get("/oauth/gmail/callback?code=a&state=made-up").headers["location"]
        assert other == "/connect?problem=unknown_state"
        assert client.get("/oauth/gmail/callback").headers["location"] == "/connect?problem=unknown_state"
        wrong = client.get(consent(client, sandbox, "minjun")).headers["location"]
        assert wrong == "/connect?problem=other_account"
    states = attempts(rows, "seoyeon")
    assert states[0] in {"authorized", "fetching", "completed"}
    assert states[1:] == ["denied", "failed"]


def test_a_stolen_redirect_is_no_use_in_another_browser(portal: Portal, sandbox: Sandbox) -> None:
    with portal.client(claims("emma")) as owner, portal.client(claims("minjun")) as thief:
        back = consent(owner, sandbox, "emma")
        assert thief.get(back).headers["location"] == "/connect?problem=foreign_browser"
        assert owner.get(back).headers["location"].startswith("/connect?session=")


def test_a_forged_cookie_is_nobody(portal: Portal, rows: Sessions) -> None:
    before = count(rows)
    forged = portal.cookie(claims("seoyeon"), secret="another secret")
    elsewhere = portal.cookie(claims("seoyeon", origin="http://elsewhere.example"))
    for value in ("", "garbage", "a.b.c", "%00", "é", forged, elsewhere):
        header = f"_streamlit_user={value}".encode()
        answer = httpx.get(f"{portal.url}/oauth/gmail/start", headers={b"cookie": header})
        assert answer.headers["location"] == "/connect"
    assert count(rows) == before


def test_a_deactivated_person_starts_nothing(portal: Portal, rows: Sessions) -> None:
    with portal.client(claims("jiwoo")) as client:
        client.get("/oauth/gmail/start")
        assert len(attempts(rows, "jiwoo")) == 1
        with transaction(rows) as session:
            session.execute(update(User).where(User.email == claims("jiwoo")["email"]).values(active=False))
        assert client.get("/oauth/gmail/start").headers["location"] == "/connect"
        assert len(attempts(rows, "jiwoo")) == 1


def test_https_makes_cookies_secure_and_tokens_are_never_set() -> None:
    def endpoint(request: Request) -> Response:
        answer = Response("x")
        answer.set_cookie("_streamlit_user", "signed", httponly=True)
        answer.set_cookie("_streamlit_user_tokens", "secret")
        answer.set_cookie("_streamlit_user_tokens__1", "secret")
        return answer

    for https in (True, False):
        app = Starlette(routes=[Route("/oauth", endpoint)], middleware=[Middleware(Answers, https=https)])
        answer = asyncio.run(_asked(app))
        (cookie,) = answer.headers.get_list("set-cookie")
        assert cookie.startswith("_streamlit_user=signed")
        assert cookie.lower().endswith("secure") is https
        assert ("strict-transport-security" in answer.headers) is https


async def _asked(app: Starlette) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://portal") as client:
        return await client.get("/oauth")


def test_a_portal_without_database_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    with running_portal(sandbox, "postgresql://u:p@127.0.0.1:9/none", KEY, tmp_path) as portal:
        with portal.client(claims("seoyeon")) as client:
            assert client.get("/healthz").status_code == 200
            ready = client.get("/readyz")
            assert (ready.status_code, ready.json()["reason"]) == (503, "database_unavailable")
            assert (
                client.get("/oauth/gmail/start").headers["location"]
                == "/connect?problem=database_unavailable"
            )
            failed = client.post("/api/cron/daily-summary", headers=BEARER)
            assert (failed.status_code, failed.json()["error"]) == (503, "database_unavailable")
        assert "Traceback" not in portal.log.read_text()
