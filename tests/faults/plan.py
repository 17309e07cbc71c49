"""What goes wrong in a round, and when; the same number gives the same plan."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import product

from tests.faults.plant import WORKING

STRIKES = ("kill", "terminate", "freeze")
DATABASE = ("kill database", "restart database", "freeze database", "cut connections")
NETWORK = (
    "post cut before",
    "post cut after",
    "post late",
    "post refused",
    "post fails",
    "history cut",
    "gmail cut",
    "gmail fails",
    "token endpoint fails",
    "sandbox frozen",
)
# Each is a state that a row of the round is seen in; `posted`: Slack has it and the row does not say so.
STATES = ("due", "claimed", "composed", "sending", "posted")
LATEST_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that goes wrong. `target` is a process, or all that work; `at` a state, or seconds."""

    fault: str
    target: str
    at: str | float

    def __str__(self) -> str:
        moment = self.at if isinstance(self.at, str) else f"{self.at:.1f} s"
        what = f"{self.fault} {self.target}".strip()
        return what if self.fault in NETWORK and not self.target and self.at == 0 else f"{what} at {moment}"


@dataclass(frozen=True, slots=True)
class Plan:
    """A round: how it begins (`schedule`, or the portal's `cron` API), and what goes wrong."""

    number: int
    begins: str
    events: tuple[Event, ...]

    def __str__(self) -> str:
        return f"{self.begins}: " + "; ".join(map(str, self.events))


def plan(number: int) -> Plan:
    """The first rounds go through every state, the rest are drawn at random, two faults each."""
    source = random.Random(number)
    begins = "cron" if number % 5 == 4 else "schedule"
    drawn = source.choice((1, 2, 2, 3))
    events = [_EACH[number]] if number < len(_EACH) else [_any(source) for _ in range(drawn)]
    if begins == "cron":
        events.append(Event("kill", "portal", source.uniform(0, 1)))
    return Plan(number, begins, tuple(events))


def _any(source: random.Random) -> Event:
    fault = source.choice((*STRIKES, *STRIKES, *DATABASE, *NETWORK))
    at = source.choice((*STATES, source.uniform(0, LATEST_SECONDS)))
    if fault in NETWORK and not fault.startswith("sandbox"):
        return Event(fault, "", 0.0)
    return Event(fault, source.choice((*WORKING, "all")) if fault in STRIKES else "", at)


# One of each, in an order in which few rounds see much.
_EACH = (
    *(Event("kill", "all", state) for state in STATES),
    Event("terminate", "all", "claimed"),
    Event("terminate", "all", "sending"),
    Event("freeze", "all", "composed"),
    Event("post cut before", "", 0.0),
    Event("post cut after", "", 0.0),
    Event("kill database", "", "claimed"),
    Event("kill database", "", "posted"),
    Event("restart database", "", "sending"),
    Event("freeze database", "", "composed"),
    Event("cut connections", "", "posted"),
    Event("post late", "", 0.0),
    Event("post refused", "", 0.0),
    Event("sandbox frozen", "", "sending"),
    *(Event(fault, "", 0.0) for fault in NETWORK if fault not in {"post cut before", "post cut after"}),
    *(Event(strike, target, state) for strike, state, target in product(STRIKES, STATES, WORKING)),
    *(Event(fault, "", state) for fault, state in product(DATABASE, STATES)),
)
