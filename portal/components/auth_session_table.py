"""Everybody's attempts to connect as a table, of which one is chosen."""

from __future__ import annotations

from typing import Any

import streamlit as st

from portal.components.choice_table import draw_choice_table
from portal.components.day_range import choose_days
from portal.components.timeline import STATES, state_label
from portal.session import Visitor
from services.connect.admin_sessions import Connecting, Filter
from services.i18n import Translator


def draw_filter(visitor: Visitor) -> Filter:
    """Who, where it stands, and from which day to which."""
    t = visitor.t
    with st.container(horizontal=True, vertical_alignment="bottom"):
        hint = t.gettext("Name, address or id")
        text = st.text_input(t.gettext("Who"), key="attempts_text", type="search", placeholder=hint)
        status = st.selectbox(
            t.gettext("Status"),
            list(STATES),
            index=None,
            format_func=lambda state: state_label(state, t),
            key="attempts_status",
            placeholder=t.gettext("Anything"),
        )
        since, until = choose_days("attempts_days", t)
    return Filter(text or "", status or "", since, until, visitor.zone)


def draw_table(attempts: tuple[Connecting, ...], visitor: Visitor) -> Connecting | None:
    """The attempts of one page; the one that is chosen, until others are shown."""
    t = visitor.t
    return draw_choice_table(
        attempts,
        name="auth_sessions",
        row_id=lambda row: row.attempt.id,
        cells=lambda row: _cells(row, t),
        columns=_columns(visitor),
        alt=t.gettext("Attempts to connect, the newest first"),
    )


def _cells(row: Connecting, t: Translator) -> dict[str, object]:
    attempt = row.attempt
    return {
        "name": row.name,
        "status": [state_label(attempt.status, t)],
        "started": attempt.created_at,
        "changed": attempt.updated_at,
        "mailbox": attempt.google_email,
        "reason": attempt.error_code or "",
        "id": attempt.id,
    }


def _columns(visitor: Visitor) -> dict[str, Any]:
    t, column = visitor.t, st.column_config

    def moment(label: str) -> Any:
        pattern = "YYYY-MM-DD HH:mm:ss"
        return column.DatetimeColumn(label, format=pattern, timezone=str(visitor.zone), width=170)

    return {
        "name": column.TextColumn(t.gettext("Name"), pinned=True, width=140),
        "status": column.MultiselectColumn(
            t.gettext("Status"),
            options=[state_label(state, t) for state in STATES],
            color=[state.colour for state in STATES.values()],
        ),
        "started": moment(t.gettext("Started")),
        "changed": moment(t.gettext("Last change")),
        "mailbox": column.TextColumn(t.gettext("Mailbox"), width=170),
        "reason": column.TextColumn(t.gettext("Reason"), width=130),
        "id": column.TextColumn(
            "auth_session", help=t.gettext("Every line of the logs about it carries it.")
        ),
    }
