"""A calendar of days: how much of what was due went out whole and in time. A click chooses the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import streamlit as st
from babel.dates import get_day_names, get_month_names

from portal import runtime
from portal.components.delivery_words import OUTCOMES, outcome_label
from portal.components.token_charts import COLOURS
from portal.session import Visitor
from services.db.engine import transaction
from services.delivery import days
from services.delivery.days import Day
from services.delivery.overview import RETRIED_DAYS
from services.i18n import N_, Translator

WEEKS = 26
KEY = "deliveries_calendar"
DAYS = "deliveries_days"
PAST = "deliveries_past"
# From which share on a day has which colour, and how that is called.
STEPS = (
    (100.0, "green", N_("All on time")),
    (95.0, "yellow", N_("95 % or more")),
    (80.0, "orange", N_("80 % or more")),
    (0.0, "red", N_("Less")),
)


def first_day(today: date) -> date:
    """The Sunday that the calendar begins with."""
    begin = today - timedelta(weeks=WEEKS)
    return begin - timedelta(days=(begin.weekday() + 1) % 7)


def read_days(visitor: Visitor, today: date) -> list[Day]:
    """The last half year. What nobody tries again any more is looked up once a session, not at each click."""
    settled = today - timedelta(days=RETRIED_DAYS + 1)
    with transaction(runtime.current().sessions) as db:
        if st.session_state.get(PAST, (None,))[0] != today:
            past = days.calendar(db, visitor.actor, first=first_day(today), until=settled)
            st.session_state[PAST] = (today, past)
        lately = days.calendar(db, visitor.actor, first=settled + timedelta(days=1), until=today)
    return [*st.session_state[PAST][1], *lately]


def draw_calendar(found: Sequence[Day], visitor: Visitor, today: date) -> None:
    """The last half year; days without briefings stay empty."""
    t = visitor.t
    shown = [day for day in found if day.total > day.counts["skipped"]]
    st.echarts_chart(
        _options(shown, t, today),
        height=210,
        key=KEY,
        on_select=lambda: _choose(shown),
        alt=t.gettext("How much of each day's briefings went out whole and in time, the last half year"),
    )


def _choose(shown: Sequence[Day]) -> None:
    """The list below is that day's; a click on the same day again shows all."""
    chosen = [
        place
        for group in st.session_state[KEY].selection.selected
        for place in group["data_indices"]
        if place < len(shown)
    ]
    st.session_state[DAYS] = (shown[chosen[0]].day,) * 2 if chosen else ()


def share(day: Day) -> float:
    """How much of what was to go out went out whole and in time, in per cent; what is on its way counts."""
    wanted = day.total - day.counts["skipped"]
    good = day.counts["on_time"] + day.counts["open"]
    # Never rounded up to all.
    return int(1000 * good / wanted) / 10 if wanted else 100.0


def _options(shown: Sequence[Day], t: Translator, today: date) -> dict[str, Any]:
    names = [outcome_label(outcome, t) for outcome in OUTCOMES]
    columns = [t.gettext("Day"), t.gettext("Whole and on time, %"), *names]
    rows = [[str(day.day), share(day), *(day.counts[outcome] for outcome in OUTCOMES)] for day in shown]
    bounds = [100.1, *(least for least, _, _ in STEPS)]
    return {
        "tooltip": {},
        "dataset": {"dimensions": columns, "source": rows},
        "visualMap": {
            "type": "piecewise",
            "dimension": 1,
            "orient": "horizontal",
            "left": 0,
            "bottom": 0,
            "itemWidth": 10,
            "itemHeight": 10,
            "itemGap": 6,
            "pieces": [
                {"gte": least, "lt": bound, "color": COLOURS[colour], "label": t.gettext(label)}
                for (least, colour, label), bound in zip(STEPS, bounds, strict=False)
            ],
        },
        "calendar": {
            "range": [str(first_day(today)), str(today)],
            "left": 45,
            "right": 10,
            "top": 25,
            "bottom": 40,
            "cellSize": ["auto", "auto"],
            "splitLine": {"show": False},
            "itemStyle": {"color": "transparent", "borderColor": "rgba(128, 128, 128, 0.25)"},
            "yearLabel": {"show": False},
            "dayLabel": {"firstDay": 0, "nameMap": _weekdays(t)},
            "monthLabel": {"nameMap": _months(t)},
        },
        "series": [
            {
                "type": "heatmap",
                "coordinateSystem": "calendar",
                "encode": {"itemName": 0, "value": 1, "tooltip": list(range(1, len(columns)))},
                "selectedMode": "single",
            }
        ],
    }


def _weekdays(t: Translator) -> list[str]:
    """Sunday first, as ECharts counts."""
    names = get_day_names("abbreviated", locale=t.language)
    return [names[(day + 6) % 7] for day in range(7)]


def _months(t: Translator) -> list[str]:
    names = get_month_names("abbreviated", "stand-alone", locale=t.language)
    return [names[month] for month in range(1, 13)]
