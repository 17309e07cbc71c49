"""What holds for every operation of the API: who gets in, how often, what garbage meets, what is told."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import SecretStr
from sqlalchemy import func, select, text, update

from portal.routes.api import make_api
from portal.routes.api.access import Limits
from portal.routes.api.problems import REFUSALS
from services.db.engine import make_engine, make_sessions, transaction
from services.db.models import BriefingSettings
from services.runtime import Runtime
from tests.integration.api_callers import MACHINE, calling, flat, key_of
from tests.integration.journeys import Sandbox, arrive

OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method.upper()} {path}": operation
    for path, methods in make_api().openapi()["paths"].items()
    for method, operation in methods.items()
}


@pytest.fixture
def client(runtime: Runtime) -> Iterator[httpx.Client]:
    with calling(runtime) as caller:
        yield caller


def test_nobody_gets_in_without_the_right_bearer(client: httpx.Client) -> None:
    for operation in sorted(OPERATIONS):
        method, path = operation.split()
        concrete = "/api" + path.replace("{", "").replace("}", "")
        for value in (None, "", "Bearer", "Bearer wrong", "Basic Y3Jvbg==", "Bearer \u00e9\u00ff"):
            headers = {b"authorization": value.encode("latin-1")} if value is not None else {}
            refused = client.request(method, concrete, params={"user_id": "x"}, headers=headers)
            assert refused.status_code == 401, (operation, value)
            assert refused.headers["www-authenticate"] == "Bearer"
            assert refused.json()["error"] in {"unauthorized", "not_a_mail_key"}


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_every_answer_is_documented_with_an_example(operation: str) -> None:
    told = OPERATIONS[operation]
    assert told["summary"]
    assert told["description"]
    assert told["security"]
    schemas = make_api().openapi()["components"]["schemas"]
    for status, answer in told["responses"].items():
        content = answer["content"]["application/json"]
        if int(status) < 400:
            schema = schemas[content["schema"]["$ref"].rpartition("/")[2]]
            assert any("examples" in field for field in schema["properties"].values())
            continue
        assert content["examples"]
        for name, example in content["examples"].items():
            assert REFUSALS[name].status == int(status)
            assert example["value"]["error"] == name
            assert "{" not in example["value"]["message"]
        assert (status in {"429", "503"}) is ("Retry-After" in answer.get("headers", {}))


def test_nothing_that_blocks_runs_in_the_event_loop() -> None:
    def called(dependant: Dependant) -> Iterator[object]:
        yield dependant.call
        for inner in dependant.dependencies:
            yield from called(inner)

    endpoints = [r for r in flat(make_api().routes) if isinstance(r, APIRoute) and r.include_in_schema]
    assert len(endpoints) == len(OPERATIONS)
    for route in endpoints:
        ours = [call for call in called(route.dependant) if inspect.isfunction(call)]
        assert ours
        assert not [call for call in ours if inspect.iscoroutinefunction(call)]


GARBAGE = [
    ("GET", "/api/gmail/auth?user_id=%00", 422),
    ("GET", "/api/gmail/auth?user_id=a%00b", 422),
    ("GET", "/api/gmail/auth?user_id=%ff%fe", 404),
    ("GET", "/api/gmail/auth?user_id=%ed%a0%80", 404),
    ("GET", "/api/gmail/auth?user_id=", 422),
    ("GET", "/api/gmail/auth", 422),
    ("GET", "/api/gmail/auth?user_id=a&user_id=b", 404),
    ("GET", f"/api/gmail/auth?user_id={'x' * 101}", 422),
    ("GET", "/api/gmail/auth?user_id='%20OR%201=1--", 422),
    ("GET", "/api/gmail/auth?user_id=🦊", 404),
    ("POST", "/api/gmail/refresh/%00", 422),
    ("POST", "/api/gmail/refresh/%2e%2e%2f", 404),
    ("POST", "/api/gmail/refresh/", 404),
    ("GET", "/api/gmail/refresh/x", 405),
    ("GET", "/api/runs/%00", 422),
    ("GET", "/api/runs/%ed%a0%80", 404),
    ("GET", f"/api/runs/{'9' * 5_000}", 422),
    ("GET", "/api/auth-sessions/%0a", 404),
    ("GET", "/api/tokens/health?page=0", 422),
    ("GET", "/api/tokens/health?page=-1", 422),
    ("GET", f"/api/tokens/health?page={'9' * 4_000}", 422),
    ("GET", "/api/tokens/health?page=1e3", 422),
    ("GET", "/api/tokens/health?page=100000", 200),
    ("GET", "/api/tokens/health?status=great", 422),
    ("GET", "/api/tokens/health?only_trouble=perhaps", 422),
    ("GET", "/api/", 404),
    ("GET", "/api/nothing", 404),
    ("DELETE", "/api/tokens/health", 405),
]


def test_garbage_in_an_address_is_refused_in_words(client: httpx.Client) -> None:
    for method, path, status in GARBAGE:
        answered = client.request(method, path, headers=MACHINE)
        assert answered.status_code == status, path
        assert status == 200 or _is_problem(answered)
        assert ("allow" in answered.headers) is (status == 405)


def _is_problem(answered: httpx.Response) -> bool:
    said = answered.json()
    return set(said) == {"error", "message"} and len(said["message"]) > 20


BODIES = [
    (b"{", 422),
    (b"[]", 422),
    (b"null", 202),
    (b"", 202),
    (b"{}", 202),
    (b'"x"', 422),
    (b"\xff\xfe", 422),
    (b'{"user_id": "\\ud800"}', 422),
    (b'{"\\ud800": 1}', 422),
    (b'{"user_id": "a\\u0000"}', 422),
    (b'{"user": "somebody"}', 422),
    (b'{"user_id": 1e400}', 422),
    (b'{"user_id": ["a"]}', 422),
    (b'{"user_id": "nobody"}', 404),
    (b'{"date": 1767571200}', 422),
    (b'{"date": "1767571200"}', 422),
    (b'{"date": "2026-02-30"}', 422),
    (b'{"date": "0001-01-01"}', 202),
    (b'{"date": "9999-12-31"}', 202),
    (b'{"date": NaN}', 422),
    (b'{"user_id":' + b"[" * 100_000, 400),
    (b'{"user_id": ' + b"9" * 10_000 + b"}", 400),
]


def test_garbage_in_a_body_is_refused_in_words(client: httpx.Client) -> None:
    headers = {**MACHINE, "Content-Type": "application/json"}
    for body, status in BODIES:
        answered = client.post("/api/cron/daily-summary", headers=headers, content=body)
        assert answered.status_code == status, body[:50]
        assert status == 202 or _is_problem(answered)


def test_calls_at_once_start_each_persons_day_once_and_each_can_be_followed(
    runtime: Runtime, sandbox: Sandbox, client: httpx.Client
) -> None:
    people = [arrive(runtime, sandbox.person(key)) for key in ("minjun", "seoyeon")]
    with transaction(runtime.sessions) as session:
        session.execute(update(BriefingSettings).values(weekdays=list(range(1, 8))))
        today = session.execute(select(func.timezone("Asia/Seoul", func.now()))).scalar_one().date()
    asked: list[dict[str, str] | None] = [None, {}, {"user_id": people[0]}, {"date": str(today)}] * 2

    def call(body: dict[str, str] | None) -> dict[str, Any]:
        answered = client.post("/api/cron/daily-summary", headers=MACHINE, json=body)
        assert answered.status_code == 202
        return dict(answered.json())

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(call, asked))
    assert sum(one["counts"].get("due", 0) for one in told) == 2
    for one in told:
        followed = client.get(f"/api/runs/{one['run_id']}", headers=MACHINE)
        assert followed.json() == one


def test_a_form_is_no_json(client: httpx.Client) -> None:
    answered = client.post("/api/cron/daily-summary", headers=MACHINE, data={"user_id": "x"})
    assert (answered.status_code, answered.json()["error"]) == (422, "invalid")


def test_who_calls_too_often_waits_and_nobody_else_does(runtime: Runtime, sandbox: Sandbox) -> None:
    key = key_of(runtime, arrive(runtime, sandbox.person("minjun")))
    with calling(runtime, Limits()) as client:
        answers = [client.get("/api/tokens/health", headers={"Authorization": "Bearer x"}) for _ in range(25)]
        statuses = [answered.status_code for answered in answers]
        assert statuses[:20] == [401] * 20
        assert statuses[20:] == [429] * 5
        assert answers[-1].json()["error"] == "too_many_calls"
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        assert client.get("/api/tokens/health", headers=MACHINE).status_code == 200
        own = [client.get("/api/messages?user_id=x", headers=key).status_code for _ in range(25)]
        assert own[:20] == [403] * 20
        assert 429 in own[20:]
        assert client.get("/api/tokens/health", headers=MACHINE).status_code == 200


def test_a_fault_of_ours_is_a_number_and_nothing_of_it(client: httpx.Client, runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(text("ALTER TABLE runs RENAME TO runs_away"))
    broken = client.get("/api/runs/x", headers=MACHINE)
    assert (broken.status_code, broken.json()["error"]) == (500, "internal")
    assert "runs" not in broken.text.replace("under number", "")


def test_the_document_names_the_mounted_addresses(client: httpx.Client) -> None:
    told = client.get("/api/openapi.json").json()
    assert [urlsplit(server["url"]).path for server in told["servers"]] == ["/api"]
    assert "CRON_SECRET" in json.dumps(told["components"]["securitySchemes"])
    assert client.get("/api/docs").status_code == 200


def test_without_a_secret_nobody_is_a_machine(runtime: Runtime) -> None:
    secretless = runtime.settings.model_copy(update={"cron_secret": SecretStr("")})
    with calling(replace(runtime, settings=secretless)) as client:
        for headers in ({}, {"Authorization": "Bearer"}, {b"authorization": b"Bearer x"}, MACHINE):
            assert client.get("/api/tokens/health", headers=headers).status_code == 401


def test_without_a_database_the_caller_is_asked_to_come_again(runtime: Runtime) -> None:
    nowhere = make_sessions(make_engine("postgresql+psycopg://u:p@127.0.0.1:9/none"))
    with calling(replace(runtime, sessions=nowhere)) as client:
        for path in ("/api/runs/x", "/api/tokens/health", "/api/gmail/auth?user_id=x"):
            away = client.get(path, headers=MACHINE)
            assert (away.status_code, away.json()["error"]) == (503, "database_unavailable")
            assert int(away.headers["retry-after"]) >= 1
        assert client.get("/api/messages?user_id=x", headers=MACHINE).status_code == 503
