"""The access log as admins read it: what is looked for, the lines, and the export."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.access_words import ACTIONS, action_in_words, actor_in_words, subject_in_words
from portal.components.day_range import choose_days
from portal.session import Visitor
from services import audit
from services.i18n import Translator
from services.tokens.export import access_csv


def draw_filter(visitor: Visitor) -> audit.Filter:
    """Who, whose, what, and from which day to which."""
    t = visitor.t
    with st.container(horizontal=True, vertical_alignment="bottom"):
        hint = t.gettext("Name, address or id")
        who = st.text_input(t.gettext("Who"), key="access_who", type="search", placeholder=hint)
        whose = st.text_input(t.gettext("Whose data"), key="access_whose", type="search", placeholder=hint)
        done = st.selectbox(
            t.gettext("What"),
            list(ACTIONS),
            index=None,
            format_func=lambda name: action_in_words(name, t),
            key="access_action",
            placeholder=t.gettext("Anything"),
        )
        since, until = choose_days("access_days", t)
    return audit.Filter(who or "", whose or "", done or "", since, until, visitor.zone)


def draw_table(entries: tuple[audit.Entry, ...], visitor: Visitor) -> None:
    """The lines of one page."""
    t, column = visitor.t, st.column_config
    st.dataframe(
        [_cells(entry, t) for entry in entries],
        column_config={
            "at": column.DatetimeColumn(
                t.gettext("When"), format="YYYY-MM-DD HH:mm:ss", timezone=str(visitor.zone), width=170
            ),
            "who": column.TextColumn(t.gettext("Who"), width="medium"),
            "what": column.TextColumn(t.gettext("What"), width="medium"),
            "whose": column.TextColumn(t.gettext("Whose data")),
            "source": column.TextColumn(t.gettext("From where")),
            "detail": column.TextColumn(t.gettext("Details")),
        },
        hide_index=True,
        key=f"access_table {entries[0].id if entries else 0}",
        placeholder="–",
        alt=t.gettext("Who did what to whose data, the newest first"),
    )


def _cells(entry: audit.Entry, t: Translator) -> dict[str, object]:
    return {
        "at": entry.at,
        "who": actor_in_words(entry, t),
        "what": action_in_words(entry.action, t),
        "whose": subject_in_words(entry, t),
        "source": entry.source,
        "detail": ", ".join(f"{name}: {value}" for name, value in entry.detail.items() if name != "filter"),
    }


def draw_export(asked: audit.Filter, visitor: Visitor) -> None:
    """All that was found, not this page alone."""
    opened = runtime.current()
    st.download_button(
        visitor.t.gettext("Export as CSV"),
        lambda: access_csv(opened, session.again(visitor).actor, asked),
        file_name="access-log.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
