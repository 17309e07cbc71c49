"""Twenty rounds of what `python -m tests.faults` plays at length: nobody gets no briefing, nobody two."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.plan import plan
from tests.faults.plant import Plant, running_plant
from tests.faults.rounds import play

ROUNDS = 20


@pytest.fixture(scope="module")
def plant() -> Iterator[Plant]:
    with running_plant() as running:
        yield running


@pytest.mark.parametrize("number", range(ROUNDS), ids=lambda number: f"{number}: {plan(number)}")
def test_everybody_gets_their_briefing_once(plant: Plant, number: int) -> None:
    outcome = play(plant, plan(number))
    assert outcome.good, outcome
