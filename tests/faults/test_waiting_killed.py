"""Asked first, connected later, and everything killed at each step: one answer, never none, never two."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import httpx
import pytest

from sandbox.world import Person
from services.connect import flow
from tests.faults.plant import WORKING, Plant
from tests.faults.rounds import clear
from tests.integration.journeys import callback_of

PATIENCE_SECONDS = 60
ASKED = "지난주에 온 메일 찾아줘"
EVERYTHING = (*WORKING, "portal")
# What is seen in the database at the moment, before and after the connection that the question waits for.
BEFORE = {
    "it is stored": "SELECT 1 FROM slack_events",
    "it is being understood": "SELECT 1 FROM slack_events WHERE status = 'handling'",
    "it waits": "SELECT 1 FROM pending_requests WHERE status = 'waiting'",
    "the person is being told so": "SELECT 1 FROM outbound_messages WHERE status = 'sending'",
    "the person has been told so": "SELECT 1 FROM outbound_messages WHERE status = 'sent'",
}
AFTER = {
    "it is called up": "SELECT 1 FROM gmail_tokens WHERE user_id = :user_id",
    "it is being answered": "SELECT 1 FROM pending_requests WHERE status = 'running'",
    "the answer is stored": "SELECT 1 FROM pending_requests WHERE status = 'done'",
    "the answer is being sent": (
        "SELECT 1 FROM outbound_messages WHERE status = 'sending' AND dedupe_key LIKE 'waiting:%'"
    ),
}


@pytest.fixture
def asker(plant: Plant) -> tuple[str, Person]:
    """Somebody who has connected nothing, while Google and Slack take so long that steps can be struck."""
    clear(plant)
    # What was asked in the test before would be fetched from the DM, and answered.
    plant.control("/slack/_control", {"reset": True})
    plant.execute("TRUNCATE slack_events, pending_requests, auth_sessions, gmail_tokens CASCADE")
    wait_for(lambda: bool(plant.execute("SELECT 1 FROM heartbeats WHERE at > now() - interval '3 seconds'")))
    wait_for(lambda: are_taken(plant, request_url="/slack/events", interactivity_url="/slack/interactivity"))
    plant.control("/slack/_control", {"retry_scale": 0.03})
    plant.fault(op="gmail.users.messages.list", latency_ms=300)
    plant.fault(op="chat.postMessage", latency_ms=50, answer_ms=250)
    return next(iter(plant.people.items()))


@pytest.mark.parametrize("moment", [*BEFORE, *AFTER])
def test_the_question_is_answered_once(plant: Plant, asker: tuple[str, Person], moment: str) -> None:
    user_id, person = asker
    posted = plant.posts()
    struck = threading.Thread(target=strike, args=(plant, (BEFORE | AFTER)[moment], user_id))
    if moment in BEFORE:
        struck.start()
    say(plant, person)
    wait_for(lambda: plant.posts() == posted + 1)
    wait_for(lambda: not under_way(plant))
    if moment in AFTER:
        struck.start()
    connect(plant, user_id, person)
    is_answered_once(plant, person, posted)
    struck.join()


@pytest.mark.parametrize("slow", ["/token", "gmail.users.getProfile"])
def test_a_portal_killed_in_the_middle_of_connecting_leaves_the_question_waiting(
    plant: Plant, asker: tuple[str, Person], slow: str
) -> None:
    user_id, person = asker
    posted = plant.posts()
    say(plant, person)
    wait_for(lambda: plant.posts() == posted + 1)
    plant.fault(**{"path" if slow.startswith("/") else "op": slow}, latency_ms=20_000, times=1)
    consent = flow.begin(plant.runtime, user_id)
    back = plant.control("/_control/consent", {"url": consent.url, "person": person.key})["location"]
    portal = plant.another("come-back", "portal")
    portal.arguments = ("-m", "tests.faults.come_back", user_id, consent.browser_secret, back)
    portal.start()
    wait_for(lambda: bool(plant.execute("SELECT 1 FROM auth_sessions WHERE code_hash IS NOT NULL")))
    time.sleep(1)
    portal.kill()
    assert plant.posts() == posted + 1
    assert plant.execute("SELECT status FROM pending_requests") == [("waiting",)]
    connect(plant, user_id, person)
    is_answered_once(plant, person, posted)


def are_taken(plant: Plant, **paths: str) -> bool:
    """Whether the portal, which may just be coming up again, has answered Slack's handshakes in time."""
    urls = {name: f"{plant.portal_url}{path}" for name, path in paths.items()}
    return httpx.post(f"{plant.sandbox_url}/slack/_control", json=urls, timeout=30).is_success


def is_answered_once(plant: Plant, person: Person, posted: int) -> None:
    """Told to connect, then answered; both in the log, beside the question. Nothing more comes of it."""
    wait_for(lambda: plant.execute("SELECT status FROM pending_requests") == [("done",)])
    wait_for(lambda: plant.posts() >= posted + 2)
    wait_for(lambda: not under_way(plant))
    plant.start_all()
    told, answer = answers(plant, person)
    assert "accounts" in told or "/connect" in told, told
    assert ASKED in answer
    assert "/connect" not in answer
    logged = plant.execute("SELECT role, count(*) FROM conversation_log GROUP BY 1 ORDER BY 1")
    assert list(map(tuple, logged)) == [("assistant", 2), ("user", 1)]


def strike(plant: Plant, seen: str, user_id: str) -> None:
    """kill -9 of everything that works and of the portal, and a new start."""
    wait_for(lambda: bool(plant.execute(seen, user_id=user_id)), pause=0.01)
    for name in EVERYTHING:
        plant.parts[name].kill()
    plant.start_all()


def say(plant: Plant, person: Person) -> None:
    plant.control(f"/slack/dm/{person.slack_user_id}/messages", {"text": ASKED})


def connect(plant: Plant, user_id: str, person: Person) -> None:
    consent = flow.begin(plant.runtime, user_id)
    back = plant.control("/_control/consent", {"url": consent.url, "person": person.key})["location"]
    flow.finish(plant.runtime, callback_of(back, user_id, consent.browser_secret))


def answers(plant: Plant, person: Person) -> list[str]:
    """What the bot has said in somebody's DM since they asked, oldest first, as Slack has it."""
    client = plant.runtime.slack
    channel = client.conversations_open(users=person.slack_user_id)["channel"]["id"]
    messages = client.conversations_history(channel=channel, limit=200)["messages"]
    asked = [place for place, message in enumerate(messages) if message["text"] == ASKED]
    return [str(message) for message in reversed(messages[: asked[0]])]


def under_way(plant: Plant) -> int:
    return int(
        plant.execute(
            "SELECT (SELECT count(*) FROM outbound_messages WHERE status IN ('queued', 'sending'))"
            " + (SELECT count(*) FROM slack_events WHERE status IN ('received', 'handling'))"
        )[0][0]
    )


def wait_for(true: Callable[[], bool], *, pause: float = 0.1) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(pause)
