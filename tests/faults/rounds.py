"""Playing a round: briefings come due, things go wrong, and it is counted who got what."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import httpx

from tests.faults.plan import Event, Plan
from tests.faults.plant import LEASE_SECONDS, WORKING, Plant

PATIENCE_SECONDS = 90
FROZEN_SECONDS = 1.6 * LEASE_SECONDS
# Longer, and what a sender has given up may still be taken: see docs/reliability.md.
SILENT_SECONDS = 0.6 * LEASE_SECONDS
OPEN = ("due", "claimed", "composed", "sending", "retry_wait")
TABLES = "briefings, runs, outbound_messages, conversation_log, alerts, webhook_posts"
RULES: dict[str, dict[str, object]] = {
    "post cut before": {"op": "chat.postMessage", "drop": "before", "times": 3},
    "post cut after": {"op": "chat.postMessage", "drop": "after", "times": 3},
    "post late": {"op": "chat.postMessage", "latency_ms": 1_300, "times": 3},
    "post refused": {"op": "chat.postMessage", "status": 429, "retry_after": 2, "times": 2},
    "post fails": {"op": "chat.postMessage", "status": 503, "times": 3},
    "history cut": {"op": "conversations.history", "drop": "before", "times": 2},
    "gmail cut": {"op": "batch", "drop": "after", "times": 3},
    "gmail fails": {"op": "batch", "status": 503, "times": 3},
    "token endpoint fails": {"path": "/token", "status": 503, "times": 3},
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of so many people: who got one, how many none (`lost`), how many more than one (`doubled`).

    `unlogged` messages are not in the conversation log, or twice; `early` ones came before their time;
    `struck` are the faults whose moment came. `states` are the briefings' at the end.
    """

    plan: Plan
    people: int
    got_one: int
    lost: int
    doubled: int
    unlogged: int
    early: int
    partial: int
    struck: int
    seconds: float
    states: dict[str, int]

    @property
    def good(self) -> bool:
        return self.got_one == self.people and not (self.doubled or self.unlogged or self.early)


def play(plant: Plant, plan: Plan) -> Outcome:
    """One round from a clean table to everybody's briefing, or to the end of patience."""
    clear(plant)
    for event in plan.events:
        if event.fault in RULES:
            plant.fault(**RULES[event.fault])
    # Slow enough that a state can be seen and struck.
    plant.fault(op="batch", latency_ms=150)
    plant.fault(op="chat.postMessage", latency_ms=50, answer_ms=250)
    began, since = time.monotonic(), time.time()
    struck: list[Event] = [event for event in plan.events if event.fault in RULES]
    strikes = [event for event in plan.events if event.fault not in RULES]
    over = threading.Event()
    threads = [
        threading.Thread(target=_strike, args=(plant, event, began, struck, over)) for event in strikes
    ]
    for thread in threads:
        thread.start()
    _begin(plant, plan)
    _wait(plant)
    over.set()
    for thread in threads:
        thread.join()
    _wait(plant)
    seconds = time.monotonic() - began
    if any(event.fault == "stop" for event in struck):
        _thaw_all(plant)
    return _counted(plant, plan, len(struck), since, seconds)


def clear(plant: Plant) -> None:
    """Everything runs, nothing goes wrong, and nobody has had a briefing."""
    plant.control("/_control/faults", method="DELETE")
    plant.start_all()
    plant.execute(f"TRUNCATE {TABLES} CASCADE")
    plant.execute("UPDATE briefing_settings SET covered_until = NULL, next_due_at = NULL")
    plant.posts_before = plant.posts()


def _begin(plant: Plant, plan: Plan) -> None:
    if plan.begins == "schedule":
        plant.execute("UPDATE briefing_settings SET next_due_at = now() + interval '1.5 seconds'")
        return
    with _awaited(PATIENCE_SECONDS) as again:
        while again():
            with suppress(httpx.HTTPError):
                answer = httpx.post(
                    f"{plant.portal_url}/api/cron/daily-summary",
                    headers={"Authorization": "Bearer cron-secret-of-a-test"},
                    json={},
                    timeout=5,
                )
                if answer.status_code == httpx.codes.ACCEPTED:
                    return
            time.sleep(0.2)


def _strike(plant: Plant, event: Event, began: float, struck: list[Event], over: threading.Event) -> None:
    """Wait for the moment, then do it; a moment that does not come in this round strikes nothing."""
    if not _comes(plant, event, began, over):
        return
    struck.append(event)
    match event.fault:
        case "kill database":
            plant.kill_database()
        case "restart database":
            plant.restart_database()
        case "freeze database":
            plant.freeze_database(FROZEN_SECONDS)
        case "cut connections":
            plant.cut_connections()
        case "sandbox frozen":
            plant.sandbox.freeze()
            time.sleep(SILENT_SECONDS)
            plant.sandbox.thaw()
        case "stop":
            plant.parts[event.target].freeze()
        case fault:
            _strike_processes(plant, fault, WORKING if event.target == "all" else (event.target,))


def _strike_processes(plant: Plant, fault: str, names: tuple[str, ...]) -> None:
    parts = [plant.parts[name] for name in names]
    for part in parts:
        {"kill": part.kill, "terminate": part.terminate, "freeze": part.freeze}[fault]()
    if fault == "freeze":
        time.sleep(FROZEN_SECONDS)
    for part in parts:
        part.thaw()
        part.start()


def _thaw_all(plant: Plant) -> None:
    """Those who were thought to be gone come back after all, and go on with what they had in hand."""
    for part in plant.parts.values():
        part.thaw()
    time.sleep(2 * LEASE_SECONDS)
    _wait(plant)


def _comes(plant: Plant, event: Event, began: float, over: threading.Event) -> bool:
    if isinstance(event.at, float):
        time.sleep(max(began + event.at - time.monotonic(), 0))
        return True
    while not over.is_set():
        if _seen(plant, event.at):
            return True
        time.sleep(0.01)
    return False


def _seen(plant: Plant, state: str) -> bool:
    if state == "posted":
        return plant.posts() > plant.posts_before
    return bool(plant.execute("SELECT 1 FROM briefings WHERE status = :state LIMIT 1", state=state))


def _wait(plant: Plant) -> None:
    """Until nothing is under way any more."""
    with _awaited(PATIENCE_SECONDS) as again:
        while again():
            (opened,) = plant.execute("SELECT count(*) FROM briefings")[0]
            left = plant.execute(
                "SELECT (SELECT count(*) FROM briefings WHERE status = ANY(:open))"
                " + (SELECT count(*) FROM outbound_messages WHERE status IN ('queued', 'sending'))",
                open=list(OPEN),
            )[0][0]
            if opened >= len(plant.people) and not left:
                return
            time.sleep(0.1)


def _counted(plant: Plant, plan: Plan, struck: int, since: float, seconds: float) -> Outcome:
    plant.control("/_control/faults", method="DELETE")  # a history that still fails would fail for us, too
    plant.control("/slack/_control", {"limits": {"enabled": False}})  # looking is not what is limited here
    received = {
        user_id: _received(plant, person.slack_user_id, since) for user_id, person in plant.people.items()
    }
    plant.control("/slack/_control", {"limits": {"enabled": True}})
    logged = Counter(ts for (ts,) in plant.execute("SELECT channel || ts FROM conversation_log"))
    each = [ts for found in received.values() for ts in found]
    counts = [len(found) for found in received.values()]
    stand = plant.execute("SELECT concat_ws(' ', status, error), count(*) FROM briefings GROUP BY 1")
    states = dict(map(tuple, stand))
    early = plant.execute("SELECT count(*) FROM briefings WHERE sent_at < due_at")[0][0]
    partial = plant.execute("SELECT count(*) FROM briefings WHERE completeness = 'partial'")[0][0]
    return Outcome(
        plan=plan,
        people=len(counts),
        got_one=counts.count(1),
        lost=counts.count(0),
        doubled=len([count for count in counts if count > 1]),
        unlogged=len([ts for ts in each if logged[ts] != 1]),
        early=early,
        partial=partial,
        struck=struck,
        seconds=seconds,
        states=states,
    )


def _received(plant: Plant, slack_user_id: str, since: float) -> list[str]:
    """The briefings of this round in somebody's DM, as Slack has them: channel and ts of each."""
    client = plant.runtime.slack
    channel = client.conversations_open(users=slack_user_id)["channel"]["id"]
    history = client.conversations_history(
        channel=channel, oldest=str(since), include_all_metadata=True, limit=200
    )
    return [
        channel + message["ts"]
        for message in history["messages"]
        if str(message.get("metadata", {}).get("event_payload", {})).count("briefing:")
    ]


@contextmanager
def _awaited(seconds: float) -> Iterator[Callable[[], bool]]:
    deadline = time.monotonic() + seconds
    yield lambda: time.monotonic() < deadline
