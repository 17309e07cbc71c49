"""The portal's pages as somebody of the cast sees them: through the entry, on a real database and sandbox."""

from __future__ import annotations

import asyncio
import html
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from portal import runtime as portal_runtime
from sandbox.world import Person
from services import heartbeat, jobs
from services.briefing.escape import WORD_JOINER
from services.db.engine import transaction
from services.db.models import User, UserIdentity
from services.runtime import Runtime
from tests.integration.conftest import runtime as runtime
from tests.integration.conftest import sandbox as sandbox
from tests.integration.conftest import settings as settings
from tests.integration.journeys import Sandbox, connect

ENTRY = str(Path(__file__).parents[2] / "portal" / "main.py")
ISSUER = "https://accounts.google.com"
# The same in all runs of a test: it is part of what a sign-in is known by.
ISSUED_AT = int(time.time())


class Browser:
    """One person's browser: signed in with Google, in their language, on whatever page they opened last."""

    def __init__(self, runtime: Runtime, sandbox: Sandbox, key: str) -> None:
        self.runtime, self.sandbox, self.key = runtime, sandbox, key
        self.at = AppTest.from_file(ENTRY, default_timeout=30)
        self.at.user = claims_of(sandbox.person(key))
        self.at.context = {"locale": sandbox.person(key).locale}
        self.at.run()
        assert not self.at.exception

    @property
    def user_id(self) -> str:
        """Who this is in the database."""
        with transaction(self.runtime.sessions) as session:
            return session.execute(
                select(UserIdentity.user_id).where(UserIdentity.subject == self.key)
            ).scalar_one()

    def open(self, page: str, **query: str) -> AppTest:
        """Open `connect.py` or `admin/people.py`, as by its address."""
        for name in list(self.at.query_params):
            del self.at.query_params[name]
        for name, value in query.items():
            self.at.query_params[name] = value
        return open_page(self.at, page)

    def connect(self, *, scopes: tuple[str, ...] = (), **choices: object) -> None:
        """Connect Gmail through the sandbox's consent; `choices` as there (deny, unticked)."""
        connect(self.runtime, self.sandbox, self.user_id, self.key, scopes=scopes, **choices)

    def change(self, **values: Any) -> None:
        """Change the person's row: `role`, `active`, `locale`, …"""
        with transaction(self.runtime.sessions) as session:
            user = session.get_one(User, self.user_id)
            for name, value in values.items():
                setattr(user, name, value)


def claims_of(person: Person) -> dict[str, Any]:
    """What `st.user` holds after this person's sign-in with Google."""
    return {
        "is_logged_in": True,
        "iss": ISSUER,
        "sub": person.key,
        "email": person.google_email,
        "email_verified": True,
        "name": person.name,
        "locale": person.locale,
        "iat": ISSUED_AT,
        "nonce": f"nonce-of-{person.key}",
    }


def open_page(at: AppTest, page: str) -> AppTest:
    """Go to a page by its file under `pages/` and run it."""
    at.switch_page(f"../pages/{page}").run()
    assert not at.exception
    return at


def texts(at: AppTest) -> str:
    """Every text on the page as a person reads it, to look for a sentence in it."""
    kinds = (at.title, at.header, at.subheader, at.markdown, at.caption, at.text, at.html)
    shown = [element.value for kind in kinds for element in kind]
    for alerts in (at.info, at.success, at.warning, at.error):
        shown += [f"{alert.proto.title} {alert.value}" for alert in alerts]
    shown += [button.label for button in at.button] + [link.label for link in at.link_button]
    shown += [status.label for status in at.status]
    return html.unescape("\n".join(str(text) for text in shown)).replace(WORD_JOINER, "")


def links(at: AppTest) -> dict[str, str]:
    """The buttons that lead to a route in the same tab: label to path."""
    mounted = [json.loads(element.proto.json) for element in at.get("bidi_component")]
    return {str(data["label"]): str(data["path"]) for data in mounted}


@pytest.fixture
def portal(runtime: Runtime) -> Iterator[Runtime]:
    """The runtime that the portal uses in this test."""
    portal_runtime.use(runtime)
    yield runtime
    portal_runtime.close()


@pytest.fixture
def sign_in(portal: Runtime, sandbox: Sandbox) -> Callable[[str], Browser]:
    """`sign_in("jiwoo")`: that person's browser on the home page."""
    return lambda key: Browser(portal, sandbox, key)


@pytest.fixture
def work(portal: Runtime) -> Callable[[], None]:
    """`work()`: a worker takes up whatever is queued, until nothing is."""
    return lambda: asyncio.run(jobs.run_worker(portal, wait=False))


@pytest.fixture
def sidecar(portal: Runtime) -> None:
    """The sidecar has just been heard of."""
    with transaction(portal.sessions) as session:
        heartbeat.beat(session, "scheduler")


@pytest.fixture
def admin(sign_in: Callable[[str], Browser]) -> Browser:
    """Sujin, who is an admin, in English."""
    browser = sign_in("sujin")
    browser.change(role="admin", locale="en")
    return browser


@pytest.fixture
def emma(sign_in: Callable[[str], Browser]) -> Browser:
    """Emma, who is a member, in English."""
    browser = sign_in("emma")
    browser.change(locale="en")
    return browser
