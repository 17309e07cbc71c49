"""What a look at Home costs the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from services.runtime import Runtime
from tests.pages.conftest import Browser


def test_home_asks_once_who_it_is_for_and_reads_in_five_statements(
    sign_in: Callable[[str], Browser], portal: Runtime
) -> None:
    browser = sign_in("emma")
    browser.connect()
    browser.open("home.py")
    asked: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        asked.append(statement)

    event.listen(portal.engine, "before_cursor_execute", note)
    browser.at.run()
    event.remove(portal.engine, "before_cursor_execute", note)
    assert sum("FROM sign_ins" in statement for statement in asked) == 1
    assert len(asked) == 6
