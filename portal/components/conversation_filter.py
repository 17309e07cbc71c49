"""What is looked for in one's own conversation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st

from portal.components.conversation_words import kind_in_words
from portal.components.feedback import action
from portal.session import Visitor
from services.conversations.reading import Wanted, days
from services.i18n import N_

TEXT, KINDS, ROLE, DAYS = (f"conversation_{name}" for name in ("text", "kinds", "role", "days"))
SIDES = {"user": N_("From me"), "assistant": N_("To me")}


def draw_filter(visitor: Visitor, kinds: Sequence[str]) -> Wanted:
    """Words, found while they are typed; behind a button kinds, side and days."""
    t = visitor.t
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            t.gettext("Search"),
            key=TEXT,
            type="search",
            live=True,
            placeholder=t.gettext("Words that were said"),
            label_visibility="collapsed",
        )
        with st.popover(_label(visitor), icon=":material/tune:"):
            chosen = st.pills(
                t.gettext("Kinds"),
                kinds,
                selection_mode="multi",
                format_func=lambda kind: kind_in_words(kind, t),
                key=KINDS,
            )
            role = st.segmented_control(
                t.gettext("Direction"),
                list(SIDES),
                format_func=lambda side: t.gettext(SIDES[side]),
                key=ROLE,
            )
            between = st.date_input(t.gettext("Dates"), value=[], key=DAYS, format="YYYY-MM-DD")
            st.button(t.gettext("Clear"), icon=":material/filter_alt_off:", key="clear", on_click=_clear)
    since, until = days(*_first_and_last(between), visitor.zone)
    return Wanted(text or "", tuple(chosen), role or "", since, until)


def draw_nothing_found(visitor: Visitor) -> None:
    """What to do where nothing is found."""
    t = visitor.t
    st.info(t.gettext("Nothing was found."), icon=":material/search_off:")
    label = t.gettext("Show everything")
    st.button(label, icon=":material/filter_alt_off:", key="show_everything", on_click=_clear)


@action()
def _clear(visitor: Visitor) -> None:
    for key, nothing in ((TEXT, ""), (KINDS, []), (ROLE, None), (DAYS, [])):
        st.session_state[key] = nothing


def _label(visitor: Visitor) -> str:
    """Says how many filters are set where the button hides them."""
    count = sum(bool(st.session_state.get(key)) for key in (KINDS, ROLE, DAYS))
    t = visitor.t
    return t.gettext("Filter ({count})", count=count) if count else t.gettext("Filter")


def _first_and_last(between: object) -> tuple[date | None, date | None]:
    """While only the first day has been chosen: from then on."""
    chosen = [day for day in between if isinstance(day, date)] if isinstance(between, tuple | list) else []
    return (chosen[0] if chosen else None), (chosen[1] if len(chosen) > 1 else None)
