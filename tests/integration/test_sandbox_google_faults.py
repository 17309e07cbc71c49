"""Every kind of fault, as a client over real sockets meets it, and what the journal tells of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.environment import environment
from tests.integration.google_client import Client, running

PROFILE = "/gmail/v1/users/me/profile"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Client]:
    with running() as client:
        yield client


@pytest.fixture
def client(sandbox: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
    sandbox.control("POST", "/reset")
    return sandbox


@pytest.fixture
def emma(client: Client) -> dict[str, Any]:
    return client.connect("emma")


@pytest.mark.parametrize(
    ("rule", "status", "reason"),
    [
        ({"status": 401}, 401, "authError"),
        ({"status": 403, "reason": "rateLimitExceeded"}, 403, "rateLimitExceeded"),
        ({"status": 404}, 404, "notFound"),
        ({"status": 429, "retry_after": 7}, 429, "rateLimitExceeded"),
        ({"status": 500}, 500, "backendError"),
        ({"status": 503}, 503, "backendError"),
        ({"status": 418}, 418, "backendError"),
    ],
)
def test_a_status_is_answered_in_googles_shape(
    client: Client, emma: dict[str, Any], rule: dict[str, Any], status: int, reason: str
) -> None:
    client.control("POST", "/faults", op="gmail.users.getProfile", times=1, **rule)
    answer = client.get(PROFILE, emma)
    assert answer.status_code == status
    assert answer.json()["error"]["errors"][0]["reason"] == reason
    assert answer.headers.get("retry-after") == ("7" if "retry_after" in rule else None)
    assert client.get(PROFILE, emma).status_code == 200


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ("<html>Sign in</html>", "text/html; charset=utf-8", "<html>Sign in</html>"),
        ("", "text/plain; charset=utf-8", ""),
        ("{ not json", "text/plain; charset=utf-8", "{ not json"),
        ({"odd": 1}, "application/json; charset=UTF-8", '{"odd": 1}'),
    ],
)
def test_any_body_may_be_answered(
    client: Client, emma: dict[str, Any], body: object, kind: str, text: str
) -> None:
    client.control("POST", "/faults", path="/gmail/*", body=body)
    answer = client.get(PROFILE, emma)
    assert (answer.status_code, answer.headers["content-type"], answer.text) == (200, kind, text)


@pytest.mark.parametrize(("drop", "handled"), [("before", False), ("after", True)])
def test_a_connection_is_cut_before_or_after_the_work_is_done(
    client: Client, emma: dict[str, Any], drop: str, handled: bool
) -> None:
    client.control("POST", "/faults", op="oauth.revoke", drop=drop, times=1)
    with pytest.raises(httpx.TransportError):
        client.http.post(f"{client.base}/revoke", data={"token": emma["access_token"]})
    assert (client.get(PROFILE, emma).status_code == 401) is handled
    cut = client.control("GET", "/requests?op=oauth.revoke")["requests"]
    assert [request["status"] for request in cut] == [0]
    assert cut[0]["person"] == "emma"


def test_an_answer_may_be_cut_short(client: Client, emma: dict[str, Any]) -> None:
    whole = client.get(PROFILE, emma).text
    client.control("POST", "/faults", op="gmail.users.getProfile", truncate=10)
    assert client.get(PROFILE, emma).text == whole[:10]


def test_latency_delays_one_operation_or_all(client: Client, emma: dict[str, Any]) -> None:
    client.control("POST", "/faults", op="gmail.*", latency_ms=120, times=1)
    began = time.monotonic()
    assert client.get(PROFILE, emma).status_code == 200
    assert time.monotonic() - began >= 0.12
    client.control("POST", "/latency", ms=80)
    began = time.monotonic()
    client.get(PROFILE, emma)
    assert time.monotonic() - began >= 0.08


def test_a_rule_strikes_one_person_only(client: Client, emma: dict[str, Any]) -> None:
    daniel = client.connect("daniel")
    client.control("POST", "/faults", person="daniel", path="/gmail/*", status=500)
    assert client.get(PROFILE, emma).status_code == 200
    assert client.get(PROFILE, daniel).status_code == 500


def test_a_person_is_known_by_their_refresh_token(client: Client) -> None:
    tokens = {key: client.connect(key, prompt="consent")["refresh_token"] for key in ("emma", "daniel")}
    client.control("POST", "/faults", op="oauth.token", person="emma", status=503)
    answers = {
        key: client.token_call(grant_type="refresh_token", refresh_token=token).status_code
        for key, token in tokens.items()
    }
    assert answers == {"emma": 503, "daniel": 200}


def test_rules_go_by_method_and_are_removed(client: Client, emma: dict[str, Any]) -> None:
    client.control("POST", "/faults", method="delete", path="/gmail/*", status=500)
    assert client.get(PROFILE, emma).status_code == 200
    client.control("POST", "/faults", path="/gmail/*", status=500)
    assert client.get(PROFILE, emma).status_code == 500
    client.control("DELETE", "/faults")
    assert client.get(PROFILE, emma).status_code == 200


def test_inner_rules_strike_parts_of_a_batch(client: Client, emma: dict[str, Any]) -> None:
    api = client.api(emma)
    client.control(
        "POST", "/faults", op="gmail.users.labels.get", inner=True, status=429, retry_after=3, times=1
    )
    client.control("POST", "/faults", op="gmail.users.getProfile", inner=True, body="<html>", times=1)
    answers: dict[str, Any] = {}
    batch = api.new_batch_http_request(callback=lambda i, answer, error: answers.update({i: error or answer}))
    batch.add(api.users().labels().get(userId="me", id="INBOX"), request_id="limited")
    batch.add(api.users().labels().get(userId="me", id="INBOX"), request_id="fine")
    batch.execute()
    assert answers["limited"].status_code == 429
    assert answers["limited"].resp["retry-after"] == "3"
    assert answers["fine"]["id"] == "INBOX"
    assert client.get(PROFILE, emma).status_code == 200


def test_a_part_may_be_missing_from_a_batchs_answer(client: Client, emma: dict[str, Any]) -> None:
    client.control("POST", "/faults", op="gmail.users.getProfile", inner=True, drop="after", times=1)
    part = "--b\r\nContent-Type: application/http\r\nContent-ID: <{0}>\r\n\r\nGET {1} HTTP/1.1\r\n\r\n\r\n"
    body = part.format("one", PROFILE) + part.format("two", PROFILE) + "--b--"
    headers = {
        "Authorization": f"Bearer {emma['access_token']}",
        "Content-Type": "multipart/mixed; boundary=b",
    }
    answer = client.http.post(f"{client.base}/batch/gmail/v1", content=body, headers=headers)
    assert "response-two" in answer.text
    assert "response-one" not in answer.text


def test_slacks_paths_fail_in_slacks_shape(client: Client) -> None:
    slack = environment(client.world)
    web = WebClient(slack["SLACK_BOT_TOKEN"], base_url=slack["SLACK_API_URL"], retry_handlers=[])
    client.control("POST", "/faults", op="users.info", person="emma", status=429, retry_after=5, times=1)
    assert web.users_info(user="U0DANIEL00")["ok"]
    with pytest.raises(SlackApiError) as refused:
        web.users_info(user=client.world.people["emma"].slack_user_id)
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "5"
    assert refused.value.response["error"] == "ratelimited"


def test_the_journal_holds_no_token(client: Client) -> None:
    tokens = client.connect("emma", prompt="consent")
    client.http.get(f"{client.base}/tokeninfo?access_token={tokens['access_token']}")
    client.get(PROFILE, tokens)
    told = client.http.get(f"{client.base}/_control/requests").text
    assert "gmail.users.getProfile" in told
    assert "sandbox-" not in told.replace(client.client_id, "")


@pytest.mark.parametrize(
    ("rule", "problem"),
    [({"stauts": 500}, "stauts"), ({"status": 99}, "status"), ({"drop": "sometimes"}, "drop")],
)
def test_a_rule_that_makes_no_sense_is_refused_by_name(
    client: Client, rule: dict[str, Any], problem: str
) -> None:
    answer = client.http.post(f"{client.base}/_control/faults", json=rule)
    assert answer.status_code == 400
    assert problem in answer.json()["error"]


def test_an_answer_that_takes_its_time_comes_after_the_deed(client: Client, emma: dict[str, Any]) -> None:
    client.control("POST", "/faults", op="gmail.users.getProfile", answer_ms=400, times=1)
    began = time.monotonic()
    assert client.get(PROFILE, emma).status_code == 200
    assert time.monotonic() - began >= 0.4
