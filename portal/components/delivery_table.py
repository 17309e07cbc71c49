"""Everybody's briefings as a table, of which one is chosen. Nothing of what they said is in it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from portal.components.choice_table import draw_choice_table
from portal.components.day_range import choose_days
from portal.components.delivery_calendar import DAYS
from portal.components.delivery_words import KINDS, OUTCOMES, outcome_label, why
from portal.session import Visitor
from services.delivery.overview import Filter, Line
from services.i18n import Translator


def draw_filter(visitor: Visitor) -> Filter:
    """Who, what became of it, which kind, and from which day to which."""
    t = visitor.t
    with st.container(horizontal=True, vertical_alignment="bottom"):
        hint = t.gettext("Name, address or id")
        text = st.text_input(t.gettext("Who"), key="deliveries_text", type="search", placeholder=hint)
        outcome = st.selectbox(
            t.gettext("Outcome"),
            list(OUTCOMES),
            index=None,
            format_func=lambda name: outcome_label(name, t),
            key="deliveries_outcome",
            placeholder=t.gettext("Anything"),
        )
        kind = st.selectbox(
            t.gettext("Kind"),
            list(KINDS),
            index=None,
            format_func=lambda name: t.gettext(KINDS[name]),
            key="deliveries_kind",
            placeholder=t.gettext("Anything"),
        )
        since, until = choose_days(DAYS, t)
    return Filter(text or "", outcome or "", kind or "", since, until)


def draw_table(lines: tuple[Line, ...], visitor: Visitor) -> Line | None:
    """The briefings of one page; the one that is chosen, until others are shown."""
    t = visitor.t
    return draw_choice_table(
        lines,
        name="deliveries",
        row_id=lambda line: line.id,
        cells=lambda line: _cells(line, t),
        columns=_columns(visitor),
        alt=t.gettext("Briefings and what became of them, the newest first"),
    )


def _cells(line: Line, t: Translator) -> dict[str, object]:
    return {
        "name": line.name,
        "outcome": [outcome_label(line.outcome, t)],
        "due": line.due_at,
        "sent": line.sent_at,
        "why": why(line, t),
        "day": line.local_date,
        "kind": t.gettext(KINDS[line.kind]),
    }


def _columns(visitor: Visitor) -> dict[str, Any]:
    """All fit a desk's screen; a phone's has who, what became of it and when, the story has the rest."""
    t, column = visitor.t, st.column_config

    def moment(label: str, shown: str, width: int) -> Any:
        return column.DatetimeColumn(label, format=shown, timezone=str(visitor.zone), width=width)

    return {
        "name": column.TextColumn(t.gettext("Name"), pinned=True, width=104),
        "outcome": column.MultiselectColumn(
            t.gettext("Outcome"),
            options=[outcome_label(outcome, t) for outcome in OUTCOMES],
            color=[status.colour for status in OUTCOMES.values()],
            width=100,
        ),
        "due": moment(t.gettext("Due"), "HH:mm", 54),
        "sent": moment(t.gettext("Sent"), "HH:mm:ss", 72),
        "why": column.TextColumn(t.gettext("Why"), width=250),
        "day": column.DateColumn(t.gettext("Day"), format="YYYY-MM-DD", width=92),
        "kind": column.TextColumn(t.gettext("Kind"), width=80),
    }
