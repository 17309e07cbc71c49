"""The link in a warning: safe to be fetched by anybody, fresh each time, and it leads back to the mailbox."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import select, text

from services.db.engine import transaction
from services.db.models import Alert, AuthSession, User
from services.runtime import Runtime
from services.tokens import health
from services.tokens.overview import reconnect_link
from tests.integration.conftest import KEY
from tests.integration.journeys import Sandbox
from tests.integration.portal_process import Portal, running_portal

CLAIMS = {
    "iss": "https://accounts.google.com",
    "sub": "sub-seoyeon",
    "email": "seoyeon@mail.example",
    "email_verified": True,
    "name": "seoyeon",
    "iat": int(time.time()),
    "nonce": "nonce-seoyeon",
}


@pytest.fixture
def portal(runtime: Runtime, sandbox: Sandbox, tmp_path: Path) -> Iterator[Portal]:
    with running_portal(sandbox, runtime.database_url, KEY, tmp_path) as running:
        yield running


def started(client: httpx.Client, query: str = "") -> dict[str, str]:
    """What Google's consent screen is asked with."""
    location = client.get(f"/oauth/gmail/start{query}").headers["location"]
    return {"url": location} | {
        name: values[0] for name, values in parse_qs(urlsplit(location).query).items()
    }


def come_back(client: httpx.Client, sandbox: Sandbox, asked: dict[str, str], key: str) -> str:
    """Choose an account at Google; where the portal then sends the browser."""
    back = sandbox.control("/consent", {"url": asked["url"], "person": key})["location"]
    return str(client.get(back).headers["location"])


def rows(runtime: Runtime) -> list[str]:
    """Everything a link could have changed."""
    with transaction(runtime.sessions) as session:
        return [
            str(row)
            for table in ("auth_sessions", "gmail_tokens", "alerts", "token_events")
            for row in session.execute(text(f"SELECT to_jsonb(t) FROM {table} t"))
        ]


def test_from_first_connection_to_reconnection(portal: Portal, runtime: Runtime, sandbox: Sandbox) -> None:
    link = urlsplit(reconnect_link(runtime.settings, "anybody"))
    path = f"{link.path}?{link.query}" if link.query else link.path
    with portal.client(CLAIMS) as client:
        first = started(client)
        assert "login_hint" not in first
        assert come_back(client, sandbox, first, "seoyeon").startswith("/connect?session=")
        with transaction(runtime.sessions) as session:
            user_id = session.scalars(select(User.id)).one()
        health.needs_reconnect(runtime.sessions, user_id, "revoked_or_expired", "")

        before = rows(runtime)
        with portal.client() as preview_of_slack:
            page = preview_of_slack.get(path)
            assert page.is_success
            assert "portal_return=%2Fconnect" in page.headers["set-cookie"]  # survives signing in
        assert client.get(path).is_success
        assert client.head(path).status_code < 500
        assert rows(runtime) == before

        again, once_more = started(client), started(client)
        assert again["login_hint"] == once_more["login_hint"] == "seoyeon@mail.example"
        assert again["state"] != once_more["state"]
        assert come_back(client, sandbox, once_more, "minjun") == "/connect?problem=other_account"
        with transaction(runtime.sessions) as session:
            assert session.scalars(select(Alert.resolved_at)).all() == [None]

        other = started(client, "?other=1")
        assert "login_hint" not in other
        assert come_back(client, sandbox, other, "minjun").startswith("/connect?session=")
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(Alert.resolved_at)).one() is not None
        newest = session.scalars(select(AuthSession).order_by(AuthSession.created_at.desc()).limit(1)).one()
        assert newest.google_email == "minjun@mail.example"
        assert (newest.error_code, session.scalars(select(User.id)).all()) == (None, [user_id])
