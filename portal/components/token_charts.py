"""How tokens stood day by day, and how many grants end in the days to come."""

from __future__ import annotations

import streamlit as st

from portal import runtime
from portal.components.badge import STATUSES, status_label
from portal.session import Visitor
from services.db.engine import transaction
from services.tokens import trends
from services.tokens.trends import Deaths, StatusDay

DAY = "day"
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
        days = trends.status_over_time(db, visitor.actor)
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
    if not days:
        st.caption(t.gettext("The sidecar counts once an hour. The first count is still to come."))
        return
    columns = {status_label(status, t): [one.counts[status] for one in days] for status in STATUSES}
    st.bar_chart(
        {DAY: [f"{one.day:%m-%d}" for one in days]} | columns,
        x=DAY,
        y=list(columns),
        color=[COLOURS[status.colour] for status in STATUSES.values()],
        sort=False,
        x_label="",
        y_label=t.gettext("People"),
        height=260,
        alt=t.gettext("People by status on each of the last 30 days"),
    )


def _draw_ahead(ahead: list[Deaths], visitor: Visitor) -> None:
    t = visitor.t
    if not any(one.count for one in ahead):
        st.caption(t.gettext("No grant ends in the next 14 days."))
        return
    label = t.gettext("Grants")
    st.bar_chart(
        {DAY: [f"{one.day:%m-%d}" for one in ahead], label: [one.count for one in ahead]},
        x=DAY,
        y=label,
        color=COLOURS["red"],
        sort=False,
        x_label="",
        y_label=label,
        height=260,
        alt=t.gettext("Grants that end on each of the next 14 days"),
    )
