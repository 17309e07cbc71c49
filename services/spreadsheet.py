"""Rows as CSV for spreadsheets, in which no cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime

# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_file(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """A file in UTF-8 with the mark that spreadsheets need; moments in ISO 8601, nothing for None."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    shown = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"'{shown}" if shown.lstrip(" ").startswith(FORMULA) else shown
