"""Everybody's token as a table, and one of them with what can be done about it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from portal.components.badge import STATUSES, status_label, token_badge
from portal.components.moments import when
from portal.components.mrkdwn import literal
from portal.components.token_reasons import reason_in_short, reason_in_words
from portal.session import Visitor
from services.i18n import Translator
from services.settings import Settings
from services.tokens.overview import TokenRow
from services.tokens.scopes import scope_name


def draw_table(rows: tuple[TokenRow, ...], visitor: Visitor, settings: Settings) -> list[TokenRow]:
    """The rows of one page; those that are chosen, until other rows or another order are shown."""
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
        "slack": row.slack_user_id or "",
        "robing_id": row.robing_id or "",
        "last_briefing": row.last_briefing_at,
        "next_briefing": row.next_briefing_at,
        "expiry": row.expiry,
        "dies_at": row.dies_at,
        "scopes": [scope_name(scope) for scope in row.scopes],
    }


def _columns(visitor: Visitor) -> dict[str, Any]:
    t, column = visitor.t, st.column_config

    def moment(label: str, explained: str | None = None) -> Any:
        return column.DatetimeColumn(
            label, format="YYYY-MM-DD HH:mm", timezone=str(visitor.zone), help=explained, width=150
        )

    return {
        "name": column.TextColumn(t.gettext("Name"), pinned=True, width=140),
        "status": column.MultiselectColumn(
            t.gettext("Status"),
            options=[status_label(status, t) for status in STATUSES] + [t.gettext("Switched off")],
            color=[status.colour for status in STATUSES.values()] + ["gray"],
        ),
        "reason": column.TextColumn(t.gettext("Reason")),
        "mailbox": column.TextColumn(t.gettext("Mailbox")),
        "can_read": column.CheckboxColumn(t.gettext("Can read")),
        "can_send": column.CheckboxColumn(t.gettext("Can send")),
        "slack": column.TextColumn("Slack"),
        "robing_id": column.TextColumn("robing_id"),
        "last_briefing": moment(t.gettext("Last briefing")),
        "next_briefing": moment(t.gettext("Next briefing")),
        "expiry": moment(t.gettext("Access until"), t.gettext("Then the access token is renewed by itself.")),
        "dies_at": moment(t.gettext("Grant ends"), t.gettext("Then the person has to connect again.")),
        "scopes": column.ListColumn(t.gettext("Permissions"), width="medium"),
    }


def draw_details(row: TokenRow, visitor: Visitor, settings: Settings) -> None:
    """One person's token in words."""
    t = visitor.t
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(literal(name_of(row)), anchor=False, width="content")
        token_badge(row.status, t)
    st.markdown(literal(reason_in_words(row, settings.required_scopes, t)))
    if row.detail and row.status in {"reconnect_required", "failing"}:
        st.caption(t.gettext("Google's words: {words}", words=literal(row.detail)))
    moments = {
        t.gettext("Last refreshed"): row.last_refresh_at,
        t.gettext("Last briefing"): row.last_briefing_at,
        t.gettext("Next briefing"): row.next_briefing_at,
        t.gettext("Grant ends"): row.dies_at,
    }
    st.caption(" · ".join(f"{label}: {when(visitor, at)}" for label, at in moments.items() if at))


def name_of(row: TokenRow) -> str:
    """What to call somebody, whatever is known of them."""
    return row.name or row.mailbox or row.user_id
