"""Consent, tokens and their end, walked with Google's own client libraries over sockets."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from google.auth.exceptions import RefreshError
from googleapiclient.errors import HttpError
from joserfc import jwt
from joserfc.jwk import KeySet

from sandbox.google.grants import REFRESH_TOKENS_PER_GRANT
from tests.integration.google_client import (
    CALENDAR,
    EMAIL,
    METADATA,
    PROFILE,
    READ,
    REDIRECT,
    SEND,
    Client,
    code_in,
    running,
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Client]:
    with running() as client:
        yield client


@pytest.fixture
def client(sandbox: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    # The client library refuses http and scopes other than asked for; the product allows both on loopback.
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
    sandbox.control("POST", "/reset")
    return sandbox


def query_of(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def test_a_whole_life_consent_exchange_refresh_read_revoke(client: Client) -> None:
    tokens = client.connect(prompt="consent")
    assert tokens["expires_in"] == 3599
    assert tokens["token_type"] == "Bearer"
    assert tokens["refresh_token"].startswith("1//sandbox-")

    credentials = client.credentials(tokens)
    client.refresh(credentials)
    assert credentials.token != tokens["access_token"]
    assert credentials.refresh_token == tokens["refresh_token"]

    api = client.api({"access_token": credentials.token})
    profile = api.users().getProfile(userId="me").execute()
    assert profile["emailAddress"] == "seoyeon@mail.example"

    answer = client.http.post(f"{client.base}/revoke", data={"token": credentials.token})
    assert (answer.status_code, answer.json()) == (200, {})
    with pytest.raises(RefreshError, match="invalid_grant: Token has been expired or revoked"):
        client.refresh(credentials)
    with pytest.raises(HttpError) as refused:
        api.users().getProfile(userId="me").execute()
    assert refused.value.status_code == 401


def test_the_redirect_carries_what_google_puts_there(client: Client) -> None:
    url, state = client.flow().authorization_url(prompt="consent", login_hint="sujin@narae.example")
    answer = query_of(client.consent(url, "sujin"))
    assert answer["state"] == state
    assert answer["iss"] == client.base
    assert answer["hd"] == "narae.example"
    assert answer["prompt"] == "consent"
    assert answer["scope"].split() == ["openid", EMAIL, READ]


def test_the_id_token_is_signed_by_the_published_key_and_says_who_it_is(client: Client) -> None:
    scopes = ["openid", "email", "profile"]
    flow = client.flow(scopes)
    url, _ = flow.authorization_url(nonce="n-0S6_WzA2Mj", login_hint="sujin@narae.example")
    tokens = flow.fetch_token(code=code_in(client.consent(url, "sujin")))
    configuration = client.http.get(f"{client.base}/.well-known/openid-configuration").json()
    keys = KeySet.import_key_set(client.http.get(configuration["jwks_uri"]).json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).claims

    person = client.world.people["sujin"]
    assert claims["iss"] == configuration["issuer"] == client.base
    assert (claims["aud"], claims["azp"]) == (client.client_id, client.client_id)
    assert (claims["sub"], claims["email"], claims["name"]) == (
        person.google_sub,
        person.google_email,
        "오수진",
    )
    assert (claims["email_verified"], claims["hd"]) == (True, "narae.example")
    assert claims["nonce"] == "n-0S6_WzA2Mj"
    assert claims["at_hash"]
    assert abs(claims["iat"] - time.time()) < 60
    assert claims["exp"] - claims["iat"] == 3600

    told = client.get("/v1/userinfo", tokens).json()
    assert told.items() <= claims.items()
    assert client.http.get(told["picture"]).headers["content-type"] == "image/svg+xml"
    assert client.get("/v1/userinfo", {"access_token": "ya29.nothing"}).status_code == 401


def test_tokeninfo_tells_whose_and_what_for(client: Client) -> None:
    tokens = client.connect()
    told = client.http.get(f"{client.base}/tokeninfo?access_token={tokens['access_token']}").json()
    assert told["email"] == "seoyeon@mail.example"
    assert told["aud"] == client.client_id
    assert told["scope"].split() == ["openid", EMAIL, READ]
    assert 3500 < int(told["expires_in"]) <= 3599
    assert client.http.get(f"{client.base}/tokeninfo?access_token=x").status_code == 400


def code_with_challenge(client: Client) -> str:
    url, _ = client.flow(code_verifier="v" * 64).authorization_url(login_hint="seoyeon@mail.example")
    return code_in(client.consent(url))


@pytest.mark.parametrize(
    ("verifier", "description"),
    [("", "Missing code verifier."), ("w" * 64, "Invalid code verifier.")],
)
def test_a_code_is_not_given_for_a_wrong_verifier(client: Client, verifier: str, description: str) -> None:
    answer = client.token_call(
        grant_type="authorization_code",
        code=code_with_challenge(client),
        redirect_uri=REDIRECT,
        code_verifier=verifier,
    )
    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_grant", "error_description": description}


def test_a_plain_challenge_is_compared_as_it_is(client: Client) -> None:
    flow = client.flow(autogenerate_code_verifier=False)
    url, _ = flow.authorization_url(
        login_hint="seoyeon@mail.example", code_challenge="p" * 50, code_challenge_method="plain"
    )
    form = {
        "grant_type": "authorization_code",
        "code": code_in(client.consent(url)),
        "redirect_uri": REDIRECT,
    }
    assert client.token_call(**form, code_verifier="q" * 50).status_code == 400
    assert client.token_call(**form, code_verifier="p" * 50).status_code == 200


def test_a_code_used_twice_ends_the_tokens_it_gave(client: Client) -> None:
    flow = client.flow()
    url, _ = flow.authorization_url(login_hint="seoyeon@mail.example")
    code = code_in(client.consent(url))
    tokens = dict(flow.fetch_token(code=code))
    again = client.token_call(
        grant_type="authorization_code",
        code=code,
        redirect_uri=REDIRECT,
        code_verifier=str(flow.code_verifier),
    )
    assert again.json() == {"error": "invalid_grant", "error_description": "Bad Request"}
    assert client.get("/gmail/v1/users/me/profile", tokens).status_code == 401
    with pytest.raises(RefreshError):
        client.refresh(client.credentials(tokens))


def test_a_code_lives_ten_minutes(client: Client) -> None:
    code = code_with_challenge(client)
    client.control("POST", "/clock", skew_seconds=601)
    answer = client.token_call(
        grant_type="authorization_code", code=code, redirect_uri=REDIRECT, code_verifier="v" * 64
    )
    assert answer.json()["error_description"] == "Bad Request"


@pytest.mark.parametrize(
    ("form", "status", "error", "description"),
    [
        (
            {"grant_type": "authorization_code", "code": "nonsense"},
            400,
            "invalid_grant",
            "Malformed auth code.",
        ),
        ({"grant_type": "authorization_code", "code": "4/0none"}, 400, "invalid_grant", "Bad Request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant", "Bad Request"),
        (
            {"grant_type": "refresh_token", "refresh_token": "1//gone"},
            400,
            "invalid_grant",
            "Token has been expired or revoked.",
        ),
        (
            {"grant_type": "refresh_token", "refresh_token": "x", "client_secret": "wrong"},
            401,
            "invalid_client",
            "The provided client secret is invalid.",
        ),
        (
            {"grant_type": "refresh_token", "refresh_token": "x", "client_id": "nobody"},
            401,
            "invalid_client",
            "The OAuth client was not found.",
        ),
    ],
)
def test_the_token_endpoint_refuses_in_googles_words(
    client: Client, form: dict[str, str], status: int, error: str, description: str
) -> None:
    answer = client.token_call(redirect_uri=REDIRECT, **form)
    assert answer.status_code == status
    assert answer.json() == {"error": error, "error_description": description}
    assert answer.headers["cache-control"] == "no-store"


def test_a_client_may_authenticate_by_basic(client: Client) -> None:
    tokens = client.connect(prompt="consent")
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    good = httpx.BasicAuth(client.client_id, client.secret)
    assert client.http.post(f"{client.base}/token", data=form, auth=good).status_code == 200
    bad = httpx.BasicAuth(client.client_id, "wrong")
    assert client.http.post(f"{client.base}/token", data=form, auth=bad).status_code == 401
    garbled = {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe").decode()}
    assert client.http.post(f"{client.base}/token", data=form, headers=garbled).status_code == 400


def test_another_redirect_address_at_the_exchange_is_refused(client: Client) -> None:
    answer = client.token_call(
        grant_type="authorization_code",
        code=code_with_challenge(client),
        redirect_uri="http://localhost:8501/oauth2callback",
        code_verifier="v" * 64,
    )
    assert answer.json() == {"error": "redirect_uri_mismatch", "error_description": "Bad Request"}


def test_another_clients_refresh_token_is_refused(client: Client) -> None:
    tokens = client.connect(prompt="consent")
    client.control("POST", "/clients", client_id="other", client_secret="secret")
    answer = client.token_call(
        grant_type="refresh_token",
        refresh_token=tokens["refresh_token"],
        client_id="other",
        client_secret="secret",
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized_client")


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [({"deleted": True}, 401, "deleted_client"), ({"may_refresh": False}, 401, "unauthorized_client")],
)
def test_a_client_changed_in_the_console_cannot_refresh(
    client: Client, change: dict[str, bool], status: int, error: str
) -> None:
    tokens = client.connect(prompt="consent")
    client.control("POST", "/clients", **change)
    answer = client.token_call(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_in_testing_mode_refresh_tokens_die_after_seven_days(client: Client) -> None:
    client.control("POST", "/clients", testing=True)
    tokens = client.connect(prompt="consent")
    assert tokens["refresh_token_expires_in"] == 604_799
    client.control("POST", "/clock", skew_seconds=6 * 86_400)
    answer = client.token_call(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
    assert 0 < answer["refresh_token_expires_in"] <= 86_400
    assert "refresh_token" not in answer
    client.control("POST", "/clock", skew_seconds=7 * 86_400)
    late = client.token_call(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert late.json()["error_description"] == "Token has been expired or revoked."


def test_refreshes_fail_as_told_until_mended(client: Client) -> None:
    tokens = client.connect(prompt="consent")
    rapt = {"description": "reauth related error (invalid_rapt)", "subtype": "invalid_rapt"}
    client.control("POST", "/people/seoyeon/refresh-failure", **rapt)
    # google-auth reads the subtype itself and keeps no more of the answer.
    with pytest.raises(RefreshError, match="Reauthentication is needed"):
        client.refresh(client.credentials(tokens))
    answer = client.token_call(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert answer.json() == {
        "error": "invalid_grant",
        "error_description": "reauth related error (invalid_rapt)",
        "error_subtype": "invalid_rapt",
    }
    client.control("DELETE", "/people/seoyeon/refresh-failure")
    client.refresh(client.credentials(tokens))


def test_an_admins_policy_blocks_refresh_and_consent(client: Client) -> None:
    tokens = client.connect(prompt="consent")
    policy = {"error": "admin_policy_enforced", "description": "Your administrator restricts this app."}
    client.control("POST", "/people/seoyeon/refresh-failure", **policy)
    with pytest.raises(RefreshError, match="admin_policy_enforced"):
        client.refresh(client.credentials(tokens))
    url, _ = client.flow().authorization_url(login_hint="seoyeon@mail.example", prompt="consent")
    page = client.http.get(url)
    assert page.status_code == 400
    assert "Error 400: admin_policy_enforced" in page.text


def test_a_refresh_token_comes_only_with_a_consent_that_was_shown(client: Client) -> None:
    assert "refresh_token" in client.connect()
    assert "refresh_token" not in client.connect()
    assert "refresh_token" in client.connect(prompt="consent")
    assert "refresh_token" not in client.connect("minjun", access_type="online")


def test_past_a_hundred_refresh_tokens_the_oldest_dies_silently(client: Client) -> None:
    first = client.connect(prompt="consent")
    second = client.connect(prompt="consent")
    grants = client.google.grants
    origin = grants.refresh_token(second["refresh_token"], client.world.now())
    assert origin
    for number in range(REFRESH_TOKENS_PER_GRANT - 1):
        grants.add_refresh_token(type(origin)(f"1//n{number}", origin.grant, origin.scopes, "", None))
    with pytest.raises(RefreshError):
        client.refresh(client.credentials(first))
    client.refresh(client.credentials(second))


def test_an_unticked_scope_is_not_granted(client: Client) -> None:
    tokens = client.connect(ticked=[])
    assert tokens["scope"] == ["openid", EMAIL]
    answer = client.get("/gmail/v1/users/me/messages", tokens)
    assert answer.status_code == 403
    assert answer.json()["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


def test_nothing_ticked_and_no_sign_in_is_a_denial(client: Client) -> None:
    url, state = client.flow([READ]).authorization_url(login_hint="seoyeon@mail.example")
    assert query_of(client.consent(url, ticked=[])) == {"error": "access_denied", "state": state}


def test_scripts_consent_in_one_call_and_leave_out_what_they_are_told_to(client: Client) -> None:
    client.control("POST", "/people/hayun/untick", scopes=[READ])
    flow = client.flow(["openid", READ, CALENDAR])
    url, _ = flow.authorization_url()
    location = client.control("POST", "/consent", url=url, person="hayun")["location"]
    assert flow.fetch_token(code=code_in(location))["scope"] == ["openid", CALENDAR]
    denied = client.control("POST", "/consent", url=url, person="minjun", deny=True)["location"]
    assert query_of(denied)["error"] == "access_denied"


def test_an_incremental_consent_keeps_what_was_granted_only_when_asked_to(client: Client) -> None:
    client.connect(prompt="consent")
    merged = client.connect(scopes=[CALENDAR], include_granted_scopes="true")
    assert set(merged["scope"]) == {"openid", EMAIL, READ, CALENDAR}
    alone = client.connect(scopes=[SEND], prompt="consent")
    assert alone["scope"] == [SEND]
    assert client.get("/gmail/v1/users/me/messages", alone).status_code == 403


def test_an_incremental_consent_asks_only_for_what_is_new(client: Client) -> None:
    client.connect(prompt="consent")
    url, _ = client.flow([READ, CALENDAR]).authorization_url(login_hint="seoyeon@mail.example")
    page = client.http.get(url).text
    assert f'value="{CALENDAR}"' in page
    assert f'value="{READ}"' not in page


def test_what_is_granted_already_is_not_asked_again(client: Client) -> None:
    client.connect()
    url, _ = client.flow().authorization_url(login_hint="seoyeon@mail.example")
    assert query_of(client.http.get(url).headers["location"])["prompt"] == "none"
    again, _ = client.flow().authorization_url(login_hint="seoyeon@mail.example", prompt="consent")
    assert client.http.get(again).status_code == 200


@pytest.mark.parametrize(
    ("hint", "connected", "error"),
    [("", False, "login_required"), ("seoyeon@mail.example", False, "consent_required")],
)
def test_prompt_none_never_shows_a_page(client: Client, hint: str, connected: bool, error: str) -> None:
    url, state = client.flow().authorization_url(login_hint=hint, prompt="none")
    answer = client.http.get(url)
    assert answer.status_code == 302
    assert query_of(answer.headers["location"]) == {"error": error, "state": state}


def test_revoking_on_the_account_page_ends_every_token(client: Client) -> None:
    tokens = client.connect(prompt="consent")
    other = client.connect("minjun", prompt="consent")
    assert client.control("POST", "/people/seoyeon/revoke") == {"revoked": 1}
    assert client.get("/gmail/v1/users/me/profile", tokens).status_code == 401
    assert client.get("/gmail/v1/users/me/profile", other).status_code == 200
    assert "refresh_token" in client.connect()


def test_expired_access_tokens_are_refused_and_refreshed(client: Client) -> None:
    tokens = client.connect(prompt="consent")
    assert client.control("POST", "/people/seoyeon/expire") == {"expired": 1}
    answer = client.get("/gmail/v1/users/me/profile", tokens)
    assert answer.status_code == 401
    assert answer.json()["error"]["status"] == "UNAUTHENTICATED"
    credentials = client.credentials(tokens)
    client.refresh(credentials)
    assert client.get("/gmail/v1/users/me/profile", {"access_token": credentials.token}).status_code == 200


def test_an_access_token_lives_an_hour(client: Client) -> None:
    tokens = client.connect()
    client.control("POST", "/clock", skew_seconds=3600)
    assert client.get("/gmail/v1/users/me/profile", tokens).status_code == 401


def test_revoking_an_unknown_token_is_an_error(client: Client) -> None:
    for answer in (
        client.http.post(f"{client.base}/revoke", data={"token": "1//none"}),
        client.http.post(f"{client.base}/revoke?token=1//none"),
    ):
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_token")


def test_a_refresh_may_ask_for_less_but_not_for_more(client: Client) -> None:
    tokens = client.connect(scopes=["openid", "email", "profile", READ], prompt="consent")
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    less = client.token_call(**form, scope="email profile").json()
    assert less["scope"].split() == [EMAIL, PROFILE, "openid"]
    more = client.token_call(**form, scope=f"{READ} {METADATA}")
    assert (more.status_code, more.json()["error"]) == (400, "invalid_scope")


def error_page_cases() -> list[Any]:
    asked = {"client_id": "", "redirect_uri": REDIRECT, "response_type": "code", "scope": READ}
    return [
        pytest.param(asked | {"client_id": "nobody"}, 401, "Error 401: invalid_client", id="unknown client"),
        pytest.param(
            asked | {"redirect_uri": "http://evil.example/cb"},
            400,
            "Error 400: redirect_uri_mismatch",
            id="redirect",
        ),
        pytest.param(asked | {"scope": "gmail.everything"}, 400, "Error 400: invalid_scope", id="scope"),
        pytest.param(asked | {"scope": ""}, 400, "Error 400: invalid_scope", id="no scope"),
        pytest.param(asked | {"response_type": "token"}, 400, "Error 400:", id="response type"),
        pytest.param(asked | {"redirect_uri": ""}, 400, "Error 400: invalid_request", id="no redirect"),
    ]


@pytest.mark.parametrize(("asked", "status", "shown"), error_page_cases())
def test_a_wrong_request_gets_a_page_and_never_a_redirect(
    client: Client, asked: dict[str, str], status: int, shown: str
) -> None:
    query = {k: v for k, v in asked.items() if v} | {"client_id": asked["client_id"] or client.client_id}
    answer = client.http.get(f"{client.base}/o/oauth2/v2/auth", params=query)
    assert answer.status_code == status
    assert shown in answer.text


def test_pages_speak_the_persons_language(client: Client) -> None:
    url, _ = client.flow().authorization_url(login_hint="emma@mail.example")
    assert "wants access to your Google Account" in client.http.get(url).text
    url, _ = client.flow().authorization_url(login_hint="seoyeon@mail.example")
    assert "내 Google 계정에 액세스하려고 합니다" in client.http.get(url).text
    assert "wants access" in client.http.get(f"{url}&hl=en").text
    chooser, _ = client.flow().authorization_url()
    headers = {"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.8"}
    assert "계정 선택" in client.http.get(chooser, headers=headers).text


def test_the_chooser_leads_to_consent_and_cancel_to_a_denial(client: Client) -> None:
    url, state = client.flow().authorization_url(login_hint="emma@mail.example", prompt="select_account")
    chooser = client.http.get(url).text
    assert all(f'value="{key}"' in chooser for key in client.world.people)
    consent = client.http.post(url, data={"account": "emma"})
    assert "emma@mail.example" in consent.text
    cancelled = client.http.post(url, data={"account": "emma", "decision": "cancel"})
    assert query_of(cancelled.headers["location"]) == {"error": "access_denied", "state": state}


def test_what_a_client_calls_itself_is_shown_as_text(client: Client) -> None:
    client.control("POST", "/clients", name="<script>alert(1)</script>")
    url, _ = client.flow().authorization_url(login_hint="emma@mail.example")
    page = client.http.get(url)
    assert "<script>" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
