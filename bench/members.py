"""People of the portal: some with everything set up and a first briefing, some who have only signed in."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import select

from bench.sandbox_process import SandboxProcess
from bench.tab import Tab, load_shell, sign_in_cookie
from services import heartbeat, previews
from services.connect import flow
from services.connect.flow import Callback
from services.db.engine import transaction
from services.db.models import User
from services.runtime import Runtime

SET_UP = ("seoyeon", "minjun", "jiwoo", "emma", "daniel")
NEWCOMERS = ("hayun", "doyun", "priya", "oliver", "sujin")
CALENDAR = "https://www.googleapis.com/auth/calendar.readonly"
PATIENCE = 60.0


@dataclass(frozen=True)
class Member:
    """Somebody who has signed in: their key in the cast, their id, their cookie."""

    key: str
    user_id: str
    cookie: str


@dataclass(frozen=True)
class Members:
    """Those who have had a briefing, and those who have yet to connect."""

    set_up: list[Member]
    newcomers: list[Member]


def gather_members(runtime: Runtime, sandbox: SandboxProcess) -> Members:
    """Sign everybody in, connect some and send them a briefing; portal and worker must be running."""
    cast = {person["key"]: person for person in sandbox.control("GET", "people").json()["people"]}
    newcomers = [_sign_in(runtime, sandbox, cast[key]) for key in NEWCOMERS]
    set_up = [_sign_in(runtime, sandbox, cast[key]) for key in SET_UP]
    for member in set_up:
        _connect(runtime, sandbox, member)
        _await_slack_account(runtime, member)
        _send(runtime, member.user_id)
    with transaction(runtime.sessions) as session:
        heartbeat.beat(session, "scheduler")
    return Members(set_up, newcomers)


def _sign_in(runtime: Runtime, sandbox: SandboxProcess, person: dict[str, str]) -> Member:
    """Come to the portal with a sign-in cookie that it has not seen before."""
    origin, email = runtime.settings.portal_url, person["google_email"]
    claims = {
        "iss": sandbox.root,
        "sub": person["key"],
        "iat": int(time.time()),
        "email": email,
        "email_verified": True,
        "name": person["name"],
        "locale": person["locale"],
    }
    secret = runtime.settings.cookie_secret.get_secret_value()
    cookie = sign_in_cookie(claims, origin=origin, secret=secret)
    Tab(origin, load_shell(origin, cookie), cookie).close()
    with transaction(runtime.sessions) as session:
        user_id = session.execute(select(User.id).where(User.email == email)).scalar_one()
    return Member(person["key"], user_id, cookie)


def _connect(runtime: Runtime, sandbox: SandboxProcess, member: Member) -> None:
    consent = flow.begin(runtime, member.user_id, scopes=(CALENDAR,))
    location = sandbox.control("POST", "consent", {"url": consent.url, "person": member.key}).json()[
        "location"
    ]
    back = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    flow.finish(runtime, Callback(back["state"], consent.browser_secret, member.user_id, code=back["code"]))


def _await_slack_account(runtime: Runtime, member: Member) -> None:
    give_up = time.monotonic() + PATIENCE
    while True:
        with transaction(runtime.sessions) as session:
            if session.get_one(User, member.user_id).slack_user_id:
                return
        _wait(give_up, f"{member.key} was not found in Slack")


def _send(runtime: Runtime, user_id: str) -> None:
    give_up = time.monotonic() + PATIENCE
    with transaction(runtime.sessions) as session:
        briefing_id = previews.send_now(session, user_id)
    while True:
        with transaction(runtime.sessions) as session:
            delivery = previews.delivery_of(session, user_id, briefing_id)
        if delivery is not None and delivery.status == "sent":
            return
        _wait(give_up, f"a briefing was not sent: {delivery}")


def _wait(give_up: float, problem: str) -> None:
    if time.monotonic() > give_up:
        raise RuntimeError(problem)
    time.sleep(0.05)
