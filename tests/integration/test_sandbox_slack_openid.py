"""Sign in with Slack, walked through as a client does it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from sandbox.slack.state import Workspace
from sandbox.world import World
from tests.integration.slack_server import MINA, OSCAR, fresh_workspace, running_slack, small_world

CALLBACK = "http://localhost:8501/oauth2callback"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with running_slack(small_world()) as world:
        yield world


@pytest.fixture
def slack(world: World) -> Workspace:
    return fresh_workspace(world)


@pytest.fixture
def http(slack: Workspace) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=slack.world.base_url, trust_env=False) as client:
        yield client


def asked(slack: Workspace, **more: str) -> dict[str, str]:
    request = {
        "client_id": slack.client_id,
        "response_type": "code",
        "scope": "openid email profile",
        "redirect_uri": CALLBACK,
        "state": "s-1",
        "nonce": "n-1",
    }
    return request | more


def decide(
    http: httpx.Client, slack: Workspace, decision: str = "allow", account: str = MINA.key, **more: str
) -> dict[str, str]:
    """What the redirect carries after somebody has decided."""
    form = {"decision": decision, "account": account}
    answer = http.post("/slack/openid/connect/authorize", params=asked(slack, **more), data=form)
    assert answer.headers["location"].startswith(CALLBACK + "?")
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}


def redeem(http: httpx.Client, slack: Workspace, code: str, **more: str) -> Any:
    form = {
        "client_id": slack.client_id,
        "client_secret": slack.client_secret,
        "code": code,
        "redirect_uri": CALLBACK,
        "grant_type": "authorization_code",
    }
    return http.post("/api/openid.connect.token", data=form | more).json()


def identified(http: httpx.Client, id_token: str) -> dict[str, Any]:
    """The claims of an ID token whose signature holds."""
    discovery = http.get("/slack/.well-known/openid-configuration").json()
    keys = KeySet.import_key_set(http.get(discovery["jwks_uri"]).json())
    token = jwt.decode(id_token, keys)
    assert token.claims["iss"] == discovery["issuer"]
    return dict(token.claims)


def test_somebody_signs_in(http: httpx.Client, slack: Workspace) -> None:
    back = decide(http, slack)
    assert back["state"] == "s-1"
    answer = redeem(http, slack, back["code"])
    claims = identified(http, answer["id_token"])
    expected = {
        "aud": slack.client_id,
        "sub": MINA.slack_user_id,
        "nonce": "n-1",
        "https://slack.com/user_id": MINA.slack_user_id,
        "https://slack.com/team_id": slack.team_id,
        "email": MINA.slack_email,
        "email_verified": True,
        "name": MINA.name,
        "locale": "ko-KR",
    }
    assert {name: claims[name] for name in expected} == expected
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    known = http.get("/api/openid.connect.userInfo", headers=bearer).json()
    assert (known["ok"], known["sub"], known["email"]) == (True, MINA.slack_user_id, MINA.slack_email)


def test_only_what_was_asked_for_is_told(http: httpx.Client, slack: Workspace) -> None:
    code = decide(http, slack, scope="openid")["code"]
    claims = identified(http, redeem(http, slack, code)["id_token"])
    assert not {"email", "name"} & claims.keys()


def test_the_slack_address_is_told_not_googles(http: httpx.Client, slack: Workspace) -> None:
    code = decide(http, slack, account=OSCAR.key)["code"]
    assert identified(http, redeem(http, slack, code)["id_token"])["email"] == OSCAR.slack_email


def test_somebody_who_declines_is_sent_back(http: httpx.Client, slack: Workspace) -> None:
    assert decide(http, slack, "cancel") == {"error": "access_denied", "state": "s-1"}


def test_the_page_offers_everybody_with_a_slack_account(http: httpx.Client, slack: Workspace) -> None:
    page = http.get("/slack/openid/connect/authorize", params=asked(slack))
    assert MINA.name in page.text
    assert "Ida Noel" not in page.text
    assert "form-action 'self' http://localhost:8501" in page.headers["content-security-policy"]


def test_somebody_without_a_slack_account_gets_no_code(http: httpx.Client, slack: Workspace) -> None:
    form = {"decision": "allow", "account": "ida"}
    answer = http.post("/slack/openid/connect/authorize", params=asked(slack), data=form)
    assert answer.status_code == 200
    assert slack.codes == {}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_id": "1.2"}, "invalid_client_id"),
        ({"redirect_uri": "https://evil.example/"}, "bad_redirect_uri"),
        ({"response_type": "token"}, "invalid_response_type"),
        ({"scope": "email"}, "invalid_scope"),
        ({"scope": "openid admin"}, "invalid_scope"),
        ({"code_challenge": "x", "code_challenge_method": "plain"}, "invalid_code_challenge_method"),
    ],
)
def test_an_unclear_request_ends_on_an_error_page(
    http: httpx.Client, slack: Workspace, change: dict[str, str], error: str
) -> None:
    answer = http.get("/slack/openid/connect/authorize", params=asked(slack, **change))
    assert answer.status_code == 400
    assert error in answer.text


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_id": "1.2"}, "invalid_client_id"),
        ({"client_secret": "wrong"}, "bad_client_secret"),
        ({"redirect_uri": "http://localhost:1/"}, "bad_redirect_uri"),
        ({"grant_type": "password"}, "invalid_grant_type"),
        ({"code": "made-up"}, "invalid_code"),
        ({"code_verifier": "w" * 50}, "invalid_code_verifier"),
    ],
)
def test_a_code_is_refused_for_a_reason(
    http: httpx.Client, slack: Workspace, change: dict[str, str], error: str
) -> None:
    code = decide(http, slack, code_challenge=CHALLENGE, code_challenge_method="S256")["code"]
    form = {"code_verifier": VERIFIER} | change
    assert redeem(http, slack, form.pop("code", code), **form) == {"ok": False, "error": error}


def test_a_code_works_once(http: httpx.Client, slack: Workspace) -> None:
    code = decide(http, slack, code_challenge=CHALLENGE, code_challenge_method="S256")["code"]
    assert redeem(http, slack, code, code_verifier=VERIFIER)["ok"]
    assert redeem(http, slack, code, code_verifier=VERIFIER)["error"] == "invalid_code"


def test_the_client_may_use_http_basic(http: httpx.Client, slack: Workspace) -> None:
    form = {"code": decide(http, slack)["code"], "redirect_uri": CALLBACK}
    credentials = (slack.client_id, slack.client_secret)
    assert http.post("/api/openid.connect.token", data=form, auth=credentials).json()["ok"]


def test_nobody_is_known_without_a_token(http: httpx.Client, slack: Workspace) -> None:
    assert http.get("/api/openid.connect.userInfo").json()["error"] == "not_authed"
    bot = {"Authorization": f"Bearer {slack.bot_token}"}
    assert http.get("/api/openid.connect.userInfo", headers=bot).json()["error"] == "invalid_auth"
