"""How tokens stood day by day, and how many grants end in the days to come."""

from __future__ import annotations

from datetime import date

import streamlit as st

from portal import runtime
from portal.components.badge import STATUSES, status_label
from portal.session import Visitor
from services.db.engine import transaction
from services.tokens import trends
from services.tokens.trends import Deaths, StatusDay

# The badges' colours, as a chart takes them.
COLOURS = {
    "red": "#d64545",
    "orange": "#e8833a",
    "yellow": "#e6b800",
    "gray": "#9aa5a0",
    "blue": "#4a90d9",
    "green": "#3f9d78",
}


def draw_charts(visitor: Visitor) -> None:
    """Both charts, worked out once somebody opens them."""
    t = visitor.t
    shown = st.expander(
        t.gettext("Over time"), icon=":material/monitoring:", key="token_charts", on_change="rerun"
    )
    if not shown.open:
        return
    opened = runtime.current()
    with transaction(opened.sessions) as db:
        days = trends.status_over_time(db, opened.settings, visitor.actor)
        ahead = trends.deaths_ahead(db, opened.settings, visitor.actor)
    with shown:
        before, after = st.columns(2)
        with before:
            st.subheader(t.gettext("People by status, the last 30 days"), anchor=False)
            _draw_days(days, visitor)
        with after:
            st.subheader(t.gettext("Grants that end in the next 14 days"), anchor=False)
            _draw_ahead(ahead, visitor)


def _draw_days(days: list[StatusDay], visitor: Visitor) -> None:
    t = visitor.t
    series = [
        (status_label(name, t), COLOURS[status.colour], [one.counts[name] for one in days])
        for name, status in STATUSES.items()
    ]
    _draw_bars([one.day for one in days], series, t.gettext("People by status on each of the last 30 days"))


def _draw_ahead(ahead: list[Deaths], visitor: Visitor) -> None:
    t = visitor.t
    if not any(one.count for one in ahead):
        st.caption(t.gettext("No grant ends in the next 14 days."))
        return
    series = [(t.gettext("Grants"), COLOURS["red"], [one.count for one in ahead])]
    _draw_bars([one.day for one in ahead], series, t.gettext("Grants that end on each of the next 14 days"))


def _draw_bars(days: list[date], series: list[tuple[str, str, list[int]]], alt: str) -> None:
    """Bars on top of each other, a day each; series are names, colours and a number a day."""
    several = len(series) > 1
    st.echarts_chart(
        {
            "tooltip": {"trigger": "axis"},
            "legend": {"bottom": 0, "show": several, "itemWidth": 12, "itemGap": 8},
            "grid": {"left": 40, "right": 10, "top": 15, "bottom": 75 if several else 30},
            "xAxis": {"type": "category", "data": [f"{day:%m-%d}" for day in days]},
            "yAxis": {"type": "value", "minInterval": 1},
            "series": [
                {
                    "name": name,
                    "type": "bar",
                    "stack": "all",
                    "data": data,
                    "barMaxWidth": 40,
                    "itemStyle": {"color": colour},
                }
                for name, colour, data in series
            ],
        },
        height=300,
        alt=alt,
    )
