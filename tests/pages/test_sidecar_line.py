"""A sidecar that is silent is mentioned on every page, and nowhere while it is heard of."""

from __future__ import annotations

import pytest

from portal.navigation import ENTRIES
from tests.pages.conftest import Browser, texts

SILENT = "The part that sends briefings is not running"


@pytest.mark.parametrize("file", [entry.file for entry in ENTRIES])
def test_every_page_says_that_the_sidecar_is_silent(admin: Browser, file: str) -> None:
    assert texts(admin.open(file)).count(SILENT) == 1


def test_no_page_says_so_while_it_is_heard_of(admin: Browser, sidecar: None) -> None:
    for entry in ENTRIES:
        assert SILENT not in texts(admin.open(entry.file)), entry.file
