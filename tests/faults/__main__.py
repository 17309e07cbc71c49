"""`python -m tests.faults --rounds 200`: the long form, as a table for docs/reliability.md.

Exits with 1 when anybody got no briefing, or two. `--first N` begins with another round.
"""

from __future__ import annotations

import argparse
import logging
import sys

import structlog

from tests.faults.plan import plan
from tests.faults.plant import running_plant
from tests.faults.rounds import Outcome, play


def main() -> int:
    """Play the rounds asked for; a line each, and the sums."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    outcomes: list[Outcome] = []
    _say("| round | what goes wrong | struck | got one | lost | doubled | unlogged | early | seconds |")
    _say("|---|---|---|---|---|---|---|---|---|")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with running_plant() as plant:
        for number in range(options.first, options.first + options.rounds):
            outcomes.append(play(plant, plan(number)))
            _say(_row(outcomes[-1]))
            if not outcomes[-1].good:
                sys.stderr.write(f"{plant.last_words()}\n")
    _say(_sums(outcomes))
    return int(not all(outcome.good for outcome in outcomes))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _row(o: Outcome) -> str:
    counts = (o.struck, f"{o.got_one}/{o.people}", o.lost, o.doubled, o.unlogged, o.early)
    trouble = "" if o.good else f" {o.states}"
    return f"| {o.plan.number} | {o.plan} | {' | '.join(map(str, counts))} | {o.seconds:.1f} |{trouble}"


def _sums(outcomes: list[Outcome]) -> str:
    people = sum(o.people for o in outcomes)
    lost, doubled = sum(o.lost for o in outcomes), sum(o.doubled for o in outcomes)
    seconds = sum(o.seconds for o in outcomes)
    return (
        f"\n{len(outcomes)} rounds, {people} briefings in {seconds / 60:.0f} minutes: "
        f"{lost} lost, {doubled} doubled, {sum(o.struck for o in outcomes)} faults struck"
    )


if __name__ == "__main__":
    sys.exit(main())
