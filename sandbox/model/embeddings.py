"""Texts as vectors by the pairs of letters in them: what shares words is close, and nothing is random."""

from __future__ import annotations

import zlib
from itertools import pairwise
from math import sqrt

DIMENSIONS = 64


def vector_of(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """A vector of length one; never zero, for which there is no direction."""
    counts = [0.01] * dimensions
    for one, other in pairwise(text):
        counts[zlib.crc32(f"{one}{other}".lower().encode()) % dimensions] += 1.0
    length = sqrt(sum(count * count for count in counts))
    return [count / length for count in counts]
