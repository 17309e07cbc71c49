"""Import: token files of the system before this one, and those that wait for their owner."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.feedback import draw_feedback
from portal.components.import_table import draw_plan
from portal.components.import_upload import draw_import, draw_upload
from portal.components.import_waiting import draw_owner_choice, draw_waiting
from portal.components.paging import draw_pages, page_number
from services.tokens import importing

visitor = session.require()
t, opened = visitor.t, runtime.current()
draw_feedback()

waiting = importing.waiting(opened, visitor.actor, page_number("imports", ""))
plan = draw_upload(visitor)
if plan is not None:
    draw_plan(plan, t)
    draw_import(plan, visitor)

st.header(t.gettext("Waiting for their owner"), anchor=False)
if not waiting.rows:
    st.caption(t.gettext("No imported token waits for its owner."))
    st.stop()

chosen = draw_waiting(waiting.rows, visitor)
draw_pages("imports", "", waiting)
st.caption(t.gettext("Choose a row to say whose it is."))
if chosen is not None:
    with st.container(border=True):
        draw_owner_choice(chosen, visitor)
