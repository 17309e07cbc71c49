"""A table of which one row is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

Row = TypeVar("Row")


def draw_choice_table(
    rows: Sequence[Row],
    *,
    name: str,
    row_id: Callable[[Row], str],
    cells: Callable[[Row], dict[str, object]],
    columns: dict[str, Any],
    alt: str,
) -> Row | None:
    """The rows of one page; the one that is chosen, until others or another order are shown."""
    chosen = st.dataframe(
        [cells(row) for row in rows],
        column_config=columns,
        hide_index=True,
        key=f"{name} {hash(tuple(row_id(row) for row in rows))}",
        on_select="rerun",
        selection_mode="single-row",
        placeholder="–",
        alt=alt,
    )
    places = [place for place in chosen.selection.rows if place < len(rows)]
    return rows[places[0]] if places else None
