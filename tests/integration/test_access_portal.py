"""Who gets to what in the portal: every page and every route, as everybody, and how a sign-in ends.

The tables are complete by test: a page or route that is new and has no line in them fails here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import func, select, update
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Mount, Route
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from portal import runtime as portal_runtime
from portal.cookies import USER_COOKIE
from portal.navigation import ENTRIES
from portal.routes import routes
from portal.routes.api import make_api
from portal.routes.api.access import Limits
from portal.session import again, visitor_of
from services.db.engine import transaction
from services.db.models import AuthSession, SignIn, User
from services.errors import SignInRefused
from services.people import sign_out, sign_out_everywhere
from services.runtime import Runtime
from tests.integration.api_callers import MACHINE, flat, key_of
from tests.integration.journeys import Sandbox
from tests.integration.slack_server import serving
from tests.pages.conftest import ENTRY, claims_of, open_page, texts

EVERYBODY = "everybody who is signed in, about themselves"
PAGES = {
    "home": EVERYBODY,
    "connect": EVERYBODY,
    "briefing": EVERYBODY,
    "conversations": EVERYBODY,
    "settings": EVERYBODY,
    "tokens": "admins",
    "deliveries": "admins",
    "people": "admins",
    "auth-sessions": "admins",
    "import": "admins",
    "access": "admins",
}
NOT_FOR_YOU = "This page is for the team's admins"
SIGN_IN = "Sign in with Google"


@pytest.fixture
def portal(runtime: Runtime) -> Iterator[Runtime]:
    portal_runtime.use(runtime)
    yield runtime
    portal_runtime.close()


def arrive_at(sandbox: Sandbox, key: str | None) -> AppTest:
    """Somebody's browser at the portal; without a key nobody's."""
    at = AppTest.from_file(ENTRY, default_timeout=30)
    if key is not None:
        at.user = claims_of(sandbox.person(key))
    at.context = {"locale": "en"}
    at.run()
    assert not at.exception
    return at


def change(runtime: Runtime, key: str, **values: Any) -> None:
    with transaction(runtime.sessions) as session:
        named = User.email == f"{key}@mail.example"
        assert session.execute(update(User).where(named).values(**values).returning(User.id)).one()


def test_every_page_has_its_rule() -> None:
    assert {entry.url_path: "admins" if entry.admin else EVERYBODY for entry in ENTRIES} == PAGES


def test_every_page_is_for_whom_it_is(portal: Runtime, sandbox: Sandbox) -> None:
    nobody, emma, daniel, gone = (arrive_at(sandbox, key) for key in (None, "emma", "daniel", "oliver"))
    change(portal, "emma", display_name="Emma-the-owner")
    change(portal, "daniel", role="admin")
    change(portal, "oliver", active=False)
    for entry in ENTRIES:
        for at in (emma, daniel):
            open_page(at, entry.file)
        assert (NOT_FOR_YOU in texts(emma)) is (PAGES[entry.url_path] == "admins"), entry.file
        assert NOT_FOR_YOU not in texts(daniel), entry.file
        if PAGES[entry.url_path] == EVERYBODY:
            assert "Emma-the-owner" not in texts(daniel), entry.file
        for at in (nobody, gone):
            at.run()
            assert SIGN_IN in texts(at), entry.file
            with pytest.raises(ValueError, match="Could not find a navigation page"):
                at.switch_page(f"../pages/{entry.file}")  # the file is not even registered for them
    assert "Your access was switched off" in texts(gone)


# Nobody, another person, the owner, an admin, a deactivated person, all by their cookie; then by bearer:
# the owner's key, another's, a deactivated person's, CRON_SECRET.
CALLERS = ("nobody", "another", "owner", "admin", "deactivated", "key", "anothers key", "ended key", "cron")
TO_CONNECT, TO_GOOGLE = r"302 /connect$", r"302 http://127\.0\.0\.1:\d+/o/oauth2"
COOKIES_DO_NOTHING = ("401",) * 5
MACHINES = (*COOKIES_DO_NOTHING, "401", "401", "401", "200")
OPEN = ("200",) * len(CALLERS)
ROUTES: dict[str, tuple[str, ...]] = {
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
    "GET /metrics": MACHINES,
    "GET /home": (r"302 /$",) * len(CALLERS),
    "GET /oauth/gmail/start": (TO_CONNECT, TO_GOOGLE, TO_GOOGLE, TO_GOOGLE, *(TO_CONNECT,) * 5),
    "GET /oauth/gmail/callback": (
        r"problem=signed_out$",
        *(r"problem=unknown_state$",) * 3,
        *(r"problem=signed_out$",) * 5,
    ),
    # What is not signed by Slack is nobody's, whatever else it carries.
    "POST /slack/events": ("401",) * len(CALLERS),
    "POST /slack/interactivity": ("401",) * len(CALLERS),
    "GET /api": (r"302 /api/docs$",) * len(CALLERS),
    "GET /api/docs": OPEN,
    "GET /api/docs/oauth2-redirect": OPEN,
    "GET /api/openapi.json": OPEN,
    "POST /api/cron/daily-summary": (*MACHINES[:-1], "202"),
    "GET /api/runs/{run_id}": (*MACHINES[:-1], "404"),
    "GET /api/gmail/auth": MACHINES,
    "POST /api/gmail/refresh/{user_id}": (*MACHINES[:-1], "409"),
    "GET /api/tokens/health": MACHINES,
    "GET /api/auth-sessions/{session_id}": (*MACHINES[:-1], "404"),
    "GET /api/messages": (*COOKIES_DO_NOTHING, "409", "403", "401", "401"),
}


def registered(mounted: list[BaseRoute], prefix: str = "") -> set[str]:
    """Every method and path that is answered, HEAD aside, which goes with GET."""
    found: set[str] = set()
    for route in flat(mounted):
        if isinstance(route, Mount):
            found |= registered(list(route.routes), prefix + route.path)
        else:
            assert isinstance(route, Route | APIRoute)
            found |= {f"{method} {prefix}{route.path}" for method in set(route.methods or ()) - {"HEAD"}}
    return found


def test_every_route_has_its_rule() -> None:
    assert sorted(registered(routes())) == sorted(ROUTES)


@pytest.fixture
def url(portal: Runtime) -> Iterator[str]:
    """The portal's routes on a socket; nobody calls too often here."""
    served = [
        Mount("/api", make_api(Limits(generous=True))) if _is_api(route) else route for route in routes()
    ]
    with serving(served) as base_url:
        yield base_url


def _is_api(route: BaseRoute) -> bool:
    return isinstance(route, Mount) and route.path == "/api"


def cookie_of(runtime: Runtime, sandbox: Sandbox, key: str) -> str:
    """The cookie with which somebody signs in; it makes them known at its first use."""
    settings = runtime.settings
    content = {"origin": settings.portal_url, **claims_of(sandbox.person(key))}
    signed = create_signed_value(settings.cookie_secret.get_secret_value(), USER_COOKIE, json.dumps(content))
    return f"{USER_COOKIE}={signed.decode()}"


def asked(url: str, route: str, owner: str, headers: Mapping[str, str]) -> str:
    """Status and, of a redirect, where to."""
    method, path = route.split()
    concrete = re.sub(r"\{\w+\}", owner, path)
    params = {"user_id": owner} if path.startswith("/api") else {}
    answered = httpx.request(method, url + concrete, params=params, headers=dict(headers), timeout=30)
    return f"{answered.status_code} {answered.headers.get('location', '')}".strip()


def test_every_route_is_for_whom_it_is(url: str, portal: Runtime, sandbox: Sandbox) -> None:
    by_cookie = {
        name: {"Cookie": cookie_of(portal, sandbox, key)}
        for name, key in {
            "another": "emma",
            "owner": "minjun",
            "admin": "daniel",
            "deactivated": "oliver",
        }.items()
    }
    for headers in by_cookie.values():
        asked(url, "GET /oauth/gmail/start", "", headers)
    change(portal, "daniel", role="admin")
    ids = {key: id_of(portal, key) for key in ("minjun", "emma", "oliver")}
    callers = by_cookie | {
        "nobody": {},
        "key": key_of(portal, ids["minjun"]),
        "anothers key": key_of(portal, ids["emma"]),
        "ended key": key_of(portal, ids["oliver"]),
        "cron": MACHINE,
    }
    change(portal, "oliver", active=False)
    for route, expected in ROUTES.items():
        for name, wanted in zip(CALLERS, expected, strict=True):
            got = asked(url, route, ids["minjun"], callers[name])
            assert re.search(wanted, got), (route, name, got)


def id_of(runtime: Runtime, key: str) -> str:
    with transaction(runtime.sessions) as session:
        return session.execute(select(User.id).where(User.email == f"{key}@mail.example")).scalar_one()


@pytest.mark.parametrize(
    "given", ["error=%00", "error=%ff%ed%a0%80", "code=%00", f"error={'x' * 5_000}", "code=x"]
)
def test_what_somebody_adds_to_googles_redirect_breaks_nothing(
    url: str, portal: Runtime, sandbox: Sandbox, given: str
) -> None:
    with httpx.Client(base_url=url, headers={"Cookie": cookie_of(portal, sandbox, "emma")}) as client:
        started = client.get("/oauth/gmail/start?add=%00&other=%ff")
        state = parse_qs(urlsplit(started.headers["location"]).query)["state"][0]
        secret = re.search(r"gmail_connect=[^;]+", started.headers["set-cookie"])
        assert secret
        cookies = f"{client.headers['cookie']}; {secret[0]}"
        back = client.get(f"/oauth/gmail/callback?state={state}&{given}", headers={"Cookie": cookies})
    assert (back.status_code, back.headers["location"].partition("?")[0]) == (302, "/connect")
    assert len(back.headers["location"]) < 100
    with transaction(portal.sessions) as session:
        assert session.execute(select(AuthSession.status)).scalar_one() == "failed"


def end_this_sign_in(runtime: Runtime, user_id: str) -> None:
    with transaction(runtime.sessions) as session:
        for digest in session.scalars(select(SignIn.digest).where(SignIn.user_id == user_id)).all():
            sign_out(session, digest)


def end_all_sign_ins(runtime: Runtime, user_id: str) -> None:
    with transaction(runtime.sessions) as session:
        sign_out_everywhere(session, user_id)


def deactivate(runtime: Runtime, user_id: str) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(update(User).where(User.id == user_id).values(active=False))


@pytest.mark.parametrize("end", [end_this_sign_in, end_all_sign_ins, deactivate])
def test_a_sign_in_that_ended_is_over_in_every_tab_route_and_copy(
    url: str, portal: Runtime, sandbox: Sandbox, end: Callable[[Runtime, str], None]
) -> None:
    emma, copy = arrive_at(sandbox, "emma"), arrive_at(sandbox, "emma")
    cookie = {"Cookie": cookie_of(portal, sandbox, "emma")}
    assert re.match(TO_GOOGLE, asked(url, "GET /oauth/gmail/start", "", cookie))
    assert SIGN_IN not in texts(emma)
    visitor = visitor_of(
        HTTPConnection({"type": "http", "headers": [(b"cookie", cookie["Cookie"].encode())]})
    )
    assert visitor is not None
    assert again(visitor) == visitor
    end(portal, id_of(portal, "emma"))
    with pytest.raises(SignInRefused):
        again(visitor)
    for at in (emma, copy):
        assert SIGN_IN in texts(at.run())
        assert not at.exception
    assert re.match(TO_CONNECT, asked(url, "GET /oauth/gmail/start", "", cookie))
    with transaction(portal.sessions) as session:
        assert session.execute(select(func.count()).select_from(AuthSession)).scalar_one() == 1


def test_the_button_signs_out_the_copy_too(portal: Runtime, sandbox: Sandbox) -> None:
    emma, copy = arrive_at(sandbox, "emma"), arrive_at(sandbox, "emma")
    emma.button(key="sign_out").click().run()
    assert SIGN_IN in texts(copy.run())
