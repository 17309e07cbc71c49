"""Who may do what: every service action that takes an actor, every page, every route, as everybody.

The tables below are complete by test: what is new and has no line in them fails here.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import func, select, text, update
from starlette.routing import BaseRoute, Mount, Route
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

import services
from portal import runtime as portal_runtime
from portal import session as session_of_scripts
from portal.cookies import USER_COOKIE
from portal.navigation import ENTRIES
from portal.routes import routes
from portal.routes.api import make_api
from portal.routes.api.access import Limits
from services import audit
from services.access import Actor
from services.db.engine import transaction
from services.db.models import AccessLog, AuthSession, BriefingSettings, GmailToken, SignIn, User
from services.errors import Forbidden, PortalError, SignInRefused
from services.people import sign_out, sign_out_everywhere
from services.runtime import Runtime
from services.tokens import overview
from services.tokens.importing.plan import Plan
from tests.integration.api_callers import MACHINE, flat, key_of
from tests.integration.journeys import Sandbox
from tests.integration.slack_server import serving
from tests.pages.conftest import ENTRY, claims_of, open_page, texts

ROOT = Path(__file__).parents[2]
KINDS = ("another", "owner", "admin")

# ---------------------------------------------------------------------------------------------------------
# Services

OWN = {"owner", "admin"}
ADMINS = {"admin"}
OWNER = {"owner"}
ACTIONS: dict[str, set[str]] = {
    "services.audit.each_entry": ADMINS,
    "services.audit.entries": ADMINS,
    "services.audit.own_entries": OWN,
    "services.connect.disconnect.disconnect": OWN,
    "services.connect.timeline.read_for": OWN,
    "services.mail_reading.read_recent_mail": OWNER,
    "services.people.deletion.delete_person": OWN,
    "services.people.directory.list_people": ADMINS,
    "services.people.directory.set_active": ADMINS,
    "services.people.directory.set_role": ADMINS,
    "services.people.slack_account.assign": ADMINS,
    "services.people.slack_account.search": ADMINS,
    "services.tokens.actions.end_connection": ADMINS,
    "services.tokens.actions.map_to_slack": ADMINS,
    "services.tokens.actions.refresh": ADMINS,
    "services.tokens.actions.send_link": ADMINS,
    "services.tokens.actions.set_robing_id": ADMINS,
    "services.tokens.bulk.count": ADMINS,
    "services.tokens.bulk.failures": ADMINS,
    "services.tokens.bulk.read": ADMINS,
    "services.tokens.bulk.recent": ADMINS,
    "services.tokens.bulk.start": ADMINS,
    "services.tokens.bulk.stop": ADMINS,
    "services.tokens.export.access_csv": ADMINS,
    "services.tokens.export.tokens_csv": ADMINS,
    "services.tokens.history.history": OWN,
    "services.tokens.importing.plan.dry_run": ADMINS,
    "services.tokens.importing.waiting.assign": ADMINS,
    "services.tokens.importing.waiting.assign_to_new_person": ADMINS,
    "services.tokens.importing.waiting.discard": ADMINS,
    "services.tokens.importing.waiting.waiting": ADMINS,
    "services.tokens.importing.writing.carry_out": ADMINS,
    "services.tokens.overview.each_row": ADMINS,
    "services.tokens.overview.read_row": ADMINS,
    "services.tokens.overview.status_counts": ADMINS,
    "services.tokens.overview.token_health": ADMINS,
    "services.tokens.refresh.refresh_now": OWN,
    "services.tokens.trends.deaths_ahead": ADMINS,
    "services.tokens.trends.status_over_time": ADMINS,
}
# What takes an actor and decides nothing: the rules themselves, and writing a line about who did it.
RULES = {
    "services.access.admins_only",
    "services.access.allow",
    "services.access.still_admin",
    "services.tokens.importing.writing.note",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A running product with an owner whose data it is about."""

    runtime: Runtime
    owner: str
    auth_session: str

    def actor(self, kind: str) -> Actor:
        """`another` and `admin` are people, too: an admin is one in the database as well."""
        user_id = self.owner if kind == "owner" else str(uuid.uuid4())
        if kind != "owner":
            with transaction(self.runtime.sessions) as session:
                session.add(User(id=user_id, role="admin" if kind == "admin" else "member"))
        return Actor(user_id, is_admin=kind == "admin")

    def state(self) -> tuple[Any, ...]:
        """What must be the same after a refusal."""
        with transaction(self.runtime.sessions) as session:
            user = session.get_one(User, self.owner)
            token = session.scalar(select(GmailToken.updated_at).where(GmailToken.user_id == self.owner))
            logged = session.scalar(select(func.count()).select_from(AccessLog))
            return (user.role, user.active, user.slack_user_id, token, logged)


def place(runtime: Runtime) -> Place:
    """Somebody new, with a token that nothing can open and an attempt to connect."""
    owner, auth_session = str(uuid.uuid4()), str(uuid.uuid4())
    with transaction(runtime.sessions) as session:
        session.add(User(id=owner, display_name="Owner"))
        session.flush()
        session.add(BriefingSettings(user_id=owner))
        session.add(GmailToken(user_id=owner, token_data={}, scopes=[], details={}))
        session.add(
            AuthSession(
                id=auth_session,
                user_id=owner,
                browser_hash="",
                scopes=[],
                redirect_uri="",
                expires_at=datetime.now(UTC),
            )
        )
    return Place(runtime, owner, auth_session)


def arguments(function: Callable[..., Any], at: Place, actor: Actor) -> dict[str, Any]:
    """A value for each parameter without a default, by its name."""
    known: dict[str, Any] = {
        "runtime": at.runtime,
        "settings": at.runtime.settings,
        "actor": actor,
        "user_id": at.owner,
        "session_id": at.auth_session,
        "role": "admin",
        "active": False,
        "slack_user_id": "U01EXAMPLE1",
        "text": "x",
        "source": "a test",
        "now": datetime.now(UTC),
        "asked": audit.Filter() if _is_of_the_log(function) else overview.Filter(),
        "found": [],
        "import_id": str(uuid.uuid4()),
        "plan": Plan(()),
        "params": {},
        "action": "refresh",
        "who": [at.owner],
        "bulk_id": str(uuid.uuid4()),
    }
    return {
        name: known[name]
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.default is parameter.empty and name != "session"
    }


def _is_of_the_log(function: Callable[..., Any]) -> bool:
    return function.__module__ == "services.audit" or function.__name__ == "access_csv"


def refuses(function: Callable[..., Any], at: Place, actor: Actor) -> bool:
    """Whether the action is forbidden to the actor; any other known end is none of ours."""
    given = arguments(function, at, actor)
    try:
        if "session" in inspect.signature(function).parameters:
            with transaction(at.runtime.sessions) as session:
                _run_out(function(session=session, **given))
        else:
            _run_out(function(**given))
    except Forbidden:
        return True
    except PortalError:
        return False
    return False


def _run_out(outcome: object) -> None:
    if isinstance(outcome, Iterator):
        list(outcome)


def actions() -> dict[str, Callable[..., Any]]:
    """Every public function of the services with a parameter that is an Actor."""
    found: dict[str, Callable[..., Any]] = {}
    for module in pkgutil.walk_packages(services.__path__, "services."):
        if ".migrations" in module.name or module.name.endswith("__main__"):
            continue
        for name, member in vars(importlib.import_module(module.name)).items():
            if not inspect.isfunction(member) or member.__module__ != module.name or name.startswith("_"):
                continue
            if any(
                one.annotation in ("Actor", Actor) for one in inspect.signature(member).parameters.values()
            ):
                found[f"{module.name}.{name}"] = member
    return found


def test_every_action_has_its_rule() -> None:
    assert sorted(set(actions()) - RULES) == sorted(ACTIONS)


def test_every_action_is_refused_to_whom_it_is_not_for(runtime: Runtime, sandbox: Sandbox) -> None:
    for name, function in actions().items():
        for kind in KINDS if name in ACTIONS else ():
            at = place(runtime)
            actor = at.actor(kind)
            before = at.state()
            refused = refuses(function, at, actor)
            assert refused is (kind not in ACTIONS[name]), (name, kind)
            assert not refused or at.state() == before, (name, kind)


# ---------------------------------------------------------------------------------------------------------
# Pages

EVERYBODY = "everybody who is signed in, about themselves"
PAGES = {
    "home": EVERYBODY,
    "connect": EVERYBODY,
    "briefing": EVERYBODY,
    "conversations": EVERYBODY,
    "settings": EVERYBODY,
    "tokens": "admins",
    "people": "admins",
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


# ---------------------------------------------------------------------------------------------------------
# Routes

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
    "GET /oauth/gmail/start": (TO_CONNECT, TO_GOOGLE, TO_GOOGLE, TO_GOOGLE, *(TO_CONNECT,) * 5),
    "GET /oauth/gmail/callback": (
        r"problem=signed_out$",
        *(r"problem=unknown_state$",) * 3,
        *(r"problem=signed_out$",) * 5,
    ),
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


# ---------------------------------------------------------------------------------------------------------
# Signing out and deactivation


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
    visitor = session_of_scripts._known(claims_of(sandbox.person("emma")))
    assert session_of_scripts.again(visitor) == visitor
    end(portal, id_of(portal, "emma"))
    with pytest.raises(SignInRefused):
        session_of_scripts.again(visitor)
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


def test_an_access_log_line_is_for_ever(portal: Runtime) -> None:
    with transaction(portal.sessions) as session:
        audit.record(session, actor="a", action="b", subject="c")
    for statement in ("UPDATE access_log SET actor = ''", "DELETE FROM access_log", "TRUNCATE access_log"):
        with pytest.raises(Exception, match="append-only"), transaction(portal.sessions) as session:
            session.execute(text(statement))


# Callbacks that touch nothing but what this browser has typed.
HARMLESS = {"portal/components/import_upload.py _forget"}


def scripts() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("pages", "portal"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def _calls(node: ast.AST) -> list[str]:
    """The names called in a piece of code, in their order."""
    found = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
    return [ast.unparse(call.func) for call in sorted(found, key=lambda call: (call.lineno, call.col_offset))]


def _asks(function: ast.FunctionDef) -> bool:
    """Whether a function is for whoever is signed in when it runs."""
    body = ast.Module(body=list(function.body), type_ignores=[])
    decorated = [ast.unparse(one) for one in function.decorator_list]
    return "action" in decorated or _calls(body)[:1] == ["session.require"]


def test_every_page_asks_who_it_is_before_anything_else() -> None:
    for name, tree in scripts():
        if name.startswith("pages/"):
            assert _calls(tree)[0] == "session.require", name


def test_every_fragment_asks_again_who_it_is() -> None:
    fragments = [
        (name, node)
        for name, tree in scripts()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any("fragment" in ast.unparse(one) for one in node.decorator_list)
    ]
    assert fragments
    for name, node in fragments:
        assert _asks(node), (name, node.name)


def test_every_click_is_for_whoever_is_signed_in_by_then() -> None:
    clicks = 0
    for name, tree in scripts():
        functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call):
                continue
            for keyword in call.keywords:
                if keyword.arg not in {"on_click", "on_change"} or isinstance(keyword.value, ast.Constant):
                    continue
                callback = ast.unparse(keyword.value)
                clicks += 1
                assert f"{name} {callback}" in HARMLESS or _asks(functions[callback]), (name, callback)
    assert clicks


def test_every_download_is_for_whoever_is_signed_in_by_then() -> None:
    for name, tree in scripts():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("download_button"):
                data = [keyword.value for keyword in call.keywords if keyword.arg == "data"] or [call.args[1]]
                assert isinstance(data[0], ast.Lambda), (
                    name,
                    "made when it is clicked, not when it is drawn",
                )
                assert "session.again" in _calls(data[0]), name
