"""Twenty rounds of what `python -m tests.faults` plays at length: nobody gets no briefing, nobody two."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.plan import Event, Plan, plan
from tests.faults.plant import Plant
from tests.faults.rounds import Outcome, clear, play

ROUNDS = 20
FAKETIME = next(iter(Path("/usr/lib").glob("**/faketime/libfaketime.so.1")), None)


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    """Of the rounds played so far."""
    return []


@pytest.mark.parametrize("number", range(ROUNDS), ids=lambda number: f"{number}: {plan(number)}")
def test_everybody_gets_their_briefing_once(plant: Plant, outcomes: list[Outcome], number: int) -> None:
    outcomes.append(play(plant, plan(number)))
    assert outcomes[-1].good, (outcomes[-1], plant.last_words())


def test_most_of_the_faults_came_at_their_moment(outcomes: list[Outcome]) -> None:
    """A strike that waits for what never comes would let everything pass."""
    planned = sum(len(outcome.plan.events) for outcome in outcomes)
    assert sum(outcome.struck for outcome in outcomes) >= 0.7 * planned


@pytest.mark.parametrize("state", ["claimed", "sending", "posted"])
def test_who_stops_for_ever_is_replaced_and_does_no_harm_when_it_comes_back(plant: Plant, state: str) -> None:
    stops = (Event("stop", "sidecar-1", state), Event("stop", "worker", state))
    outcome = play(plant, Plan(0, "schedule", stops))
    assert outcome.good, (outcome, plant.last_words())


def test_three_schedulers_start_each_briefing_once(plant: Plant) -> None:
    sidecars = {name: plant.another(name, "sidecar-1") for name in ("one", "two", "three")}
    with plant.running_only(**sidecars):
        outcome = play(plant, Plan(0, "schedule", (Event("kill", "two", "claimed"),)))
    assert outcome.good, outcome


@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed")
@pytest.mark.parametrize("offset", ["+1h", "-1h"])
def test_a_sidecar_whose_clock_is_an_hour_off_sends_what_is_due_by_the_databases(
    plant: Plant, offset: str
) -> None:
    environ = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": offset}
    once = plant.another("once", "sidecar-1", **environ)
    with plant.running_only():
        clear(plant)
        plant.execute("UPDATE briefing_settings SET next_due_at = now() + interval '30 minutes'")
        due = next(iter(plant.people))
        plant.execute("UPDATE briefing_settings SET next_due_at = now() WHERE user_id = :due", due=due)
        subprocess.run([sys.executable, *once.arguments, "--once"], env=once.environ, check=True, timeout=60)
        told = plant.execute("SELECT user_id, status, sent_at - due_at < interval '5 minutes' FROM briefings")
    assert [tuple(row) for row in told] == [(due, "sent", True)]
