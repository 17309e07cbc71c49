"""One's own conversation: what is looked for, newest first, and the way to older messages."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from portal import runtime, session
from portal.components.chat import draw_conversation
from portal.components.conversation_filter import draw_filter, draw_nothing_found
from portal.components.conversation_tools import draw_tools
from portal.components.feedback import action, draw_feedback
from portal.components.links import page_button
from portal.session import Visitor
from services.conversations.reading import MOST, Place, Said, Wanted, kinds, own_messages
from services.db.engine import transaction

AT_ONCE = 20
KEPT = "conversation_window"


@dataclass
class Window:
    """How many messages are shown of a search, from which on: more are added below, so that nothing moves."""

    wanted: Wanted
    before: Place | None = None
    count: int = AT_ONCE


@st.fragment
def draw_list() -> None:
    """Only this runs again while somebody types, filters, goes on or deletes."""
    visitor = session.require()
    draw_feedback()
    with transaction(runtime.current().sessions) as db:
        known = kinds(db, visitor.actor, visitor.user_id)
    if not known:
        _draw_empty(visitor)
        return
    wanted = draw_filter(visitor, known)
    window = _window(wanted)
    with transaction(runtime.current().sessions) as db:
        said = own_messages(
            db, visitor.actor, visitor.user_id, wanted, before=window.before, limit=window.count + 1
        )
    draw_tools(visitor, wanted)
    if not said:
        draw_nothing_found(visitor)
        return
    _draw_newest(visitor, window)
    draw_conversation(visitor, said[: window.count], wanted.words)
    if len(said) > window.count:
        _draw_older(visitor, said[window.count - 1])


def _window(wanted: Wanted) -> Window:
    """Another search begins at its newest messages."""
    kept = st.session_state.get(KEPT)
    if not isinstance(kept, Window) or kept.wanted != wanted:
        kept = st.session_state[KEPT] = Window(wanted)
    return kept


def _draw_empty(visitor: Visitor) -> None:
    t = visitor.t
    st.info(t.gettext("What you and the assistant say to each other is kept here."), icon=":material/forum:")
    page_button(t.gettext("Go to Briefing"), "briefing.py", icon="wb_twilight")


def _draw_newest(visitor: Visitor, window: Window) -> None:
    if window.before:
        label = visitor.t.gettext("Newest")
        st.button(label, icon=":material/vertical_align_top:", key="newest", on_click=_to_newest)


def _draw_older(visitor: Visitor, last: Said) -> None:
    label = visitor.t.gettext("Older")
    st.button(label, icon=":material/history:", key="older", on_click=_go_on, args=(last.place,))


@action()
def _to_newest(visitor: Visitor) -> None:
    st.session_state.pop(KEPT, None)


@action()
def _go_on(visitor: Visitor, last: Place) -> None:
    """More below, until the page would be slow; from there on it begins anew with the older ones."""
    window = st.session_state.get(KEPT)
    if isinstance(window, Window) and window.count + AT_ONCE < MOST:
        window.count += AT_ONCE
    elif isinstance(window, Window):
        st.session_state[KEPT] = Window(window.wanted, before=last)
