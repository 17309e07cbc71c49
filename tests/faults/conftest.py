"""The whole product as processes, for the tests of one file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.plant import Plant, running_plant


@pytest.fixture(scope="module")
def plant() -> Iterator[Plant]:
    with running_plant() as running:
        yield running
