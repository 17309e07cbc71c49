"""Long lists a page at a time, and finding a piece of text in a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement

Row = TypeVar("Row")

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list: `number` counts from 1, `total` is how many rows there are in all."""

    rows: tuple[Row, ...]
    total: int
    number: int = 1

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE_SIZE))


def contains(column: Any, text: str) -> ColumnElement[bool]:
    """Whether a column contains what somebody typed, in either case; `%` and `_` mean themselves."""
    wanted = "".join(filter(str.isprintable, text)).strip()
    found: ColumnElement[bool] = column.icontains(wanted, autoescape=True)
    return found
