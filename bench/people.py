"""The sandbox's people, connected through its real consent, as the contestants get them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit
from zoneinfo import ZoneInfo

import requests

from bench.mail import mbox_of_a_day
from bench.sandbox_process import SandboxProcess
from services.settings import Settings
from services.tokens.store import StoredToken

SCOPE = "https://www.googleapis.com/auth/gmail.readonly"


@dataclass(frozen=True)
class Connected:
    """Somebody with a mailbox, and the token row that a process would have read for them."""

    name: str
    email: str
    locale: str
    zone: ZoneInfo
    token: StoredToken


def connect_everybody(sandbox: SandboxProcess, settings: Settings, now: datetime) -> list[Connected]:
    """Give each of the cast a day's mail and walk the consent for them."""
    people = sandbox.control("GET", "people").json()["people"]
    for person in people:
        sandbox.control("DELETE", f"people/{person['key']}/mail")
        sandbox.load_mail(person["key"], mbox_of_a_day(person["google_email"], now))
    return [_connect(person, sandbox, settings) for person in people]


def _connect(person: dict[str, str], sandbox: SandboxProcess, settings: Settings) -> Connected:
    return Connected(
        name=person["name"],
        email=person["google_email"],
        locale=person["locale"],
        zone=ZoneInfo(person["timezone"]),
        token=_stored(person, _refresh_token(person["key"], sandbox, settings), settings),
    )


def _refresh_token(key: str, sandbox: SandboxProcess, settings: Settings) -> str:
    redirect_uri = settings.portal_url.rstrip("/") + "/oauth/gmail/callback"
    asked = {
        "client_id": settings.google_client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": SCOPE,
        "access_type": "offline",
        "prompt": "consent",
        "state": "bench",
    }
    consent = {"url": f"{settings.google_auth_uri}?{urlencode(asked)}", "person": key}
    location = sandbox.control("POST", "consent", consent).json()["location"]
    exchange = {
        "grant_type": "authorization_code",
        "code": parse_qs(urlsplit(location).query)["code"][0],
        "redirect_uri": redirect_uri,
        "client_id": settings.google_client_id,
        "client_secret": settings.google_client_secret.get_secret_value(),
    }
    tokens = requests.post(settings.google_token_uri, data=exchange, timeout=10).json()
    return str(tokens["refresh_token"])


def _stored(person: dict[str, str], refresh_token: str, settings: Settings) -> StoredToken:
    return StoredToken(
        user_id=person["key"],
        access_token="",
        refresh_token=refresh_token,
        grant_id="",
        remaining=timedelta(0),
        refreshing=False,
        cooling_down=False,
        scopes=(SCOPE,),
        client_id=settings.google_client_id,
        client_secret=settings.google_client_secret.get_secret_value(),
        email=person["google_email"],
        status="refresh_due",
        status_reason=None,
    )
