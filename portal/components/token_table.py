"""Everybody's token as a table, and one of them with what can be done about it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from portal.components.badge import STATUSES, status_label, token_badge
from portal.components.moments import when
from portal.components.mrkdwn import literal
from portal.components.notices import said_apart
from portal.components.token_reasons import explained, reason_in_short
from portal.session import Visitor
from services.i18n import Translator
from services.settings import Settings
from services.tokens.overview import TokenRow
from services.tokens.scopes import scope_name


def draw_table(rows: tuple[TokenRow, ...], visitor: Visitor, settings: Settings) -> list[TokenRow]:
    """The rows of one page; those that are chosen, until other rows or another order are shown.

    Choosing shows no more of somebody than the list's own answer has, so unlike their history it is no
    line of the access log.
    """
    t = visitor.t
    table = [_cells(row, settings, t) for row in rows]
    chosen = st.dataframe(
        table,
        column_config=_columns(visitor),
        hide_index=True,
        key=f"token_table {hash(tuple(row.user_id for row in rows))}",
        on_select="rerun",
        selection_mode="multi-row",
        placeholder="–",
        alt=t.gettext("Everybody's token, worst first"),
    )
    return [rows[place] for place in chosen.selection.rows if place < len(rows)]


def _cells(row: TokenRow, settings: Settings, t: Translator) -> dict[str, object]:
    return {
        "name": name_of(row),
        "status": [status_label(row.status, t) if row.active else t.gettext("Switched off")],
        "reason": reason_in_short(row, settings.required_scopes, t),
        "mailbox": row.mailbox,
        "can_read": row.can_read,
        "can_send": row.can_send,
        "robing_id": row.robing_id or "",
        "next_briefing": row.next_briefing_at,
    }


def _columns(visitor: Visitor) -> dict[str, Any]:
    """What tells whom to look at, as wide as fits a desk's screen; the rest is in the details."""
    t, column = visitor.t, st.column_config
    return {
        "name": column.TextColumn(t.gettext("Name"), pinned=True, width=110),
        "status": column.MultiselectColumn(
            t.gettext("Status"),
            options=[status_label(status, t) for status in STATUSES] + [t.gettext("Switched off")],
            color=[status.colour for status in STATUSES.values()] + ["gray"],
            width=142,
        ),
        "reason": column.TextColumn(t.gettext("Reason"), width=213),
        "mailbox": column.TextColumn(t.gettext("Mailbox"), width=148),
        "can_read": column.CheckboxColumn(t.gettext("Can read"), width=72),
        "can_send": column.CheckboxColumn(t.gettext("Can send"), width=82),
        "robing_id": column.TextColumn("robing_id", width=78),
        "next_briefing": column.DatetimeColumn(
            t.gettext("Next briefing"), format="MM-DD HH:mm", timezone=str(visitor.zone), width=98
        ),
    }


def draw_details(row: TokenRow, visitor: Visitor, settings: Settings) -> None:
    """One person's token in words: what happened and why, what mends it, and what is known besides."""
    t, said = visitor.t, explained(row, settings.required_scopes, visitor.t)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(literal(name_of(row)), anchor=False, width="content")
        token_badge(row.status, t)
    st.markdown(said_apart(said))
    if row.detail and row.status in {"reconnect_required", "failing"}:
        st.caption(t.gettext("Google's words: {words}", words=literal(row.detail)))
    st.caption(" · ".join(f"{label}: {value}" for label, value in _facts(row, visitor).items() if value))


def _facts(row: TokenRow, visitor: Visitor) -> dict[str, str]:
    """What has no column, by its name; empty where it is not known."""
    t = visitor.t
    moments = {
        t.gettext("Last refreshed"): row.last_refresh_at,
        t.gettext("Access until"): row.expiry,
        t.gettext("Grant ends"): row.dies_at,
        t.gettext("Last briefing"): row.last_briefing_at,
        t.gettext("Next briefing"): row.next_briefing_at,
    }
    scopes = ", ".join(literal(scope_name(scope)) for scope in row.scopes)
    shown = {label: when(visitor, at) if at else "" for label, at in moments.items()}
    return {**shown, "Slack": literal(row.slack_user_id or ""), t.gettext("Permissions"): scopes}


def name_of(row: TokenRow) -> str:
    """What to call somebody, whatever is known of them."""
    return row.name or row.mailbox or row.user_id
