"""The control API: people, mail from files, the clock, reset, and who may not use it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.app import create_app
from sandbox.world import Person, World
from tests.integration.google_client import READ, Client, running

MBOX = (
    b"From 1790000000000000001@xxx Fri Nov 20 01:00:00 +0000 2026\r\n"
    b"X-GM-THRID: 1790000000000000001\r\n"
    b"X-Gmail-Labels: =?UTF-8?Q?=EB=B0=9B=EC=9D=80=ED=8E=B8=EC=A7=80=ED=95=A8,=EC=A4=91=EC=9A=94,"
    b"=EC=9D=BD=EC=A7=80=EC=95=8A=EC=9D=8C?=\r\n"
    b"From: ana@harbor.example\r\nTo: nari@mail.example\r\nSubject: one\r\n\r\n>From here on\r\n\r\n"
    b"From 1790000000000000002@xxx Fri Nov 20 02:00:00 +0000 2026\r\n"
    b"X-Gmail-Labels: Sent,Opened\r\nFrom: nari@mail.example\r\nSubject: two\r\n\r\nFrom Busan with love\r\n"
)


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


def test_somebody_new_moves_in_with_their_own_mail(client: Client, tmp_path: Path) -> None:
    made = client.control("POST", "/people", key="nari", name="강나리")
    assert made["google_email"] == "nari@mail.example"
    file = tmp_path / "export.mbox"
    file.write_bytes(MBOX)
    loaded = client.control("POST", "/people/nari/mail", path=str(file))
    assert loaded == {
        "found": 2,
        "added": 2,
        "oldest": "2026-11-20T01:00:00+00:00",
        "newest": "2026-11-20T02:00:00+00:00",
    }
    api = client.api(client.connect("nari"))
    messages = api.users().messages()
    (inbox,) = messages.list(userId="me", q="in:inbox is:unread is:important").execute()["messages"]
    assert inbox["threadId"] == f"{1790000000000000001:x}"
    assert "From here on" in messages.get(userId="me", id=inbox["id"]).execute()["snippet"]
    assert len(messages.list(userId="me", q="in:sent").execute()["messages"]) == 1


def test_the_same_file_loaded_twice_adds_nothing(client: Client) -> None:
    address = f"{client.base}/_control/people/emma/mail"
    assert client.http.post(address, content=MBOX).json()["added"] == 2
    assert client.http.post(address, content=MBOX).json() == {
        "found": 2,
        "added": 0,
        "oldest": None,
        "newest": None,
    }


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"PK\x03\x04rest", "ZIP archive"),
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (b"just some notes\n", "text that begins 'just some notes"),
        (b"\x00\x01\x02", "binary"),
    ],
)
def test_what_is_no_mail_is_named(client: Client, content: bytes, told: str) -> None:
    answer = client.http.post(f"{client.base}/_control/people/emma/mail", content=content)
    assert answer.status_code == 400
    assert told in answer.json()["error"]


def test_a_missing_file_and_an_unknown_person_are_named(client: Client) -> None:
    missing = client.http.post(f"{client.base}/_control/people/emma/mail", json={"path": "/none.mbox"})
    assert (missing.status_code, "/none.mbox" in missing.json()["error"]) == (400, True)
    nobody = client.http.post(f"{client.base}/_control/people/nobody/expire")
    assert (nobody.status_code, "'nobody'" in nobody.json()["error"]) == (400, True)


def test_reset_brings_back_the_beginning(client: Client) -> None:
    before = client.control("GET", "/people")
    tokens = client.connect("emma")
    client.control("POST", "/people", key="nari", name="강나리")
    client.control("POST", "/clock", skew_seconds=300)
    client.control("DELETE", "/people/emma/mail")
    client.control("POST", "/latency", ms=1)
    client.control("POST", "/reset")
    assert client.control("GET", "/people") == before
    assert client.get("/gmail/v1/users/me/profile", tokens).status_code == 401
    assert client.world.skew.total_seconds() == 0
    assert client.control("GET", "/counters")["units"] == {}


def test_the_index_lists_what_there_is(client: Client) -> None:
    listed = client.control("GET", "/")
    assert "POST /_control/faults" in listed
    assert all(listed.values())


def test_settings_point_a_product_at_the_sandbox(client: Client) -> None:
    told = client.control("GET", "/settings")
    assert told["GMAIL_API_URL"] == client.base
    assert told["SLACK_BOT_TOKEN"].startswith("xoxb-")
    metadata = client.http.get(told["GOOGLE_OIDC_METADATA_URL"]).json()
    assert metadata["token_endpoint"] == told["GOOGLE_TOKEN_URI"]


def test_no_page_of_another_site_may_control(client: Client) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}, {"Origin": "null"}):
        answer = client.http.post(f"{client.base}/_control/reset", headers=headers)
        assert answer.status_code == 403


async def ask_from(address: str) -> int:
    transport = httpx.ASGITransport(create_app(World("http://127.0.0.1")), client=(address, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        return (await http.get("/_control/people")).status_code


@pytest.mark.parametrize(("address", "status"), [("127.0.0.1", 200), ("::1", 200), ("192.0.2.7", 403)])
def test_only_loopback_may_control(address: str, status: int) -> None:
    import asyncio

    assert asyncio.run(ask_from(address)) == status


def test_a_world_with_people_of_its_own_keeps_them_and_gets_no_cast() -> None:
    world = World("http://127.0.0.1")
    nari = world.add(Person("nari", "강나리", "nari@mail.example", "", "", "ko", "Asia/Seoul"))
    create_app(world)
    assert list(world.people) == ["nari"]
    assert world.google
    assert world.google.mailbox(nari).newest_first() == []


def test_a_script_is_told_why_an_authorization_request_is_wrong(client: Client) -> None:
    wrong = f"{client.base}/o/oauth2/v2/auth?client_id=nobody&response_type=code&scope={READ}"
    answer = client.http.post(f"{client.base}/_control/consent", json={"url": wrong, "person": "emma"})
    assert answer.status_code == 400
    assert "invalid_client" in answer.json()["error"]
