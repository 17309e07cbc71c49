"""Token documents of the system before this one, with tokens that the sandbox really issued."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from services.settings import Settings
from tests.integration.journeys import Sandbox

GOOGLE = "https://www.googleapis.com/auth/"
READONLY, SEND, MODIFY = (f"{GOOGLE}gmail.{name}" for name in ("readonly", "send", "modify"))


def issue(
    sandbox: Sandbox, settings: Settings, key: str, *, scopes: tuple[str, ...] = (READONLY,)
) -> dict[str, Any]:
    """The token endpoint's answer to somebody's consent: {access_token, refresh_token, scope, …}."""
    redirect_uri = f"{settings.portal_url}/oauth/gmail/callback"
    asked = {
        "client_id": settings.google_client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": " ".join(scopes),
        "access_type": "offline",
        "prompt": "consent",
        "state": "old",
    }
    url = f"{settings.google_auth_uri}?{urlencode(asked)}"
    back = sandbox.control("/consent", {"url": url, "person": key})["location"]
    exchange = {
        "grant_type": "authorization_code",
        "code": parse_qs(urlsplit(back).query)["code"][0],
        "redirect_uri": redirect_uri,
        "client_id": settings.google_client_id,
        "client_secret": settings.google_client_secret.get_secret_value(),
    }
    answer = httpx.post(settings.google_token_uri, data=exchange, timeout=30)
    assert answer.is_success, answer.text
    return dict(answer.json())


def authorized_user(
    sandbox: Sandbox,
    settings: Settings,
    key: str,
    *,
    scopes: tuple[str, ...] = (READONLY,),
    **more: object,
) -> dict[str, Any]:
    """Such a file as google-auth writes; `more` changes it."""
    answer = issue(sandbox, settings, key, scopes=scopes)
    return {
        "token": answer["access_token"],
        "refresh_token": answer["refresh_token"],
        "token_uri": settings.google_token_uri,
        "client_id": settings.google_client_id,
        "client_secret": settings.google_client_secret.get_secret_value(),
        "scopes": list(scopes),
        "expiry": "2025-08-18T03:00:00Z",
        **more,
    }
