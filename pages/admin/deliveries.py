"""Deliveries: what became of everybody's briefings, today's as they go out, and trying again what failed."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.delivery_calendar import draw_calendar, read_days
from portal.components.delivery_story import draw_retry_all, draw_story
from portal.components.delivery_table import draw_filter, draw_table
from portal.components.delivery_today import READING, draw_today
from portal.components.feedback import draw_feedback
from portal.components.paging import draw_pages, page_number
from services.db.engine import transaction
from services.delivery import days, overview, retrying

visitor = session.require()
t, opened = visitor.t, runtime.current()
draw_feedback()

with transaction(opened.sessions) as db:
    going = days.today(db, opened.settings, visitor.actor)

st.header(t.gettext("Today"), anchor=False)
draw_today(going)
draw_calendar(read_days(visitor, going.day.day), visitor, going.day.day)

asked = draw_filter(visitor)
with st.skeleton(height=300), transaction(opened.sessions) as db:
    found = overview.deliveries(db, visitor.actor, asked, page_number("deliveries", asked))
    count = retrying.retryable(db, visitor.actor, asked)

if not found.rows:
    st.session_state[READING] = False
    if asked == overview.Filter():
        st.info(t.gettext("No briefing has been due yet."), icon=":material/wb_twilight:")
    else:
        st.info(t.gettext("Nothing matches. Change what is looked for."), icon=":material/search:")
    st.stop()

draw_retry_all(asked, count, visitor)
chosen = draw_table(found.rows, visitor)
st.session_state[READING] = chosen is not None
draw_pages("deliveries", asked, found)
st.caption(
    t.gettext("Times are in {zone}. Choose a row to see how it went, step by step.", zone=str(visitor.zone))
)
if chosen is not None:
    with st.container(border=True):
        draw_story(chosen, visitor)
