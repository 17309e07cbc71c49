"""Long lists a page at a time, and finding a piece of text or some days in a column."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, and_, true

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


def within_days(column: Any, since: date | None, until: date | None, zone: tzinfo) -> ColumnElement[bool]:
    """Whether a moment is on one of these days, both included, as they are in `zone`; None: no end there."""
    conditions: list[ColumnElement[bool]] = [true()]
    if since is not None:
        conditions.append(column >= datetime.combine(since, time.min, zone))
    if until is not None and until < date.max:
        conditions.append(column < datetime.combine(until + timedelta(days=1), time.min, zone))
    return and_(*conditions)
