"""Twenty rounds of what `python -m tests.faults` plays at length: nobody gets no briefing, nobody two."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.plan import plan
from tests.faults.plant import Plant, running_plant
from tests.faults.rounds import Outcome, play

ROUNDS = 20


@pytest.fixture(scope="module")
def plant() -> Iterator[Plant]:
    with running_plant() as running:
        yield running


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
