"""What keeps calls within a provider's quota, as those who make them see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.errors import SourceUnavailable


@dataclass(frozen=True, slots=True)
class Meter:
    """`take` waits until so many units may be spent; it raises SourceUnavailable `rate_limited`, with
    `retry_after`, where that is too far away. `note` is told what a call failed with."""

    take: Callable[[int], None]
    note: Callable[[SourceUnavailable], None]


def _nothing(_: object) -> None:
    """Nobody counts."""


UNMETERED = Meter(take=_nothing, note=_nothing)
