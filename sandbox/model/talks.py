"""What the model has been asked and what it has tried, to look at afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

KEY = "sandbox-model-key"
NAME = "obedient"


@dataclass(slots=True)
class Talks:
    """`requests` are the bodies as they came, `attempts` the tools it called with their parameters, `answers`
    what it said in the end."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    attempts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
