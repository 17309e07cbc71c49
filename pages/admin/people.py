"""People: who is an admin, who gets in, and who they are on Slack."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.feedback import draw_feedback
from portal.components.paging import draw_pages, page_number
from portal.components.people_table import draw_table
from portal.components.person import draw_person
from portal.components.slack_choice import draw_slack
from services import people
from services.db.engine import transaction

visitor = session.require()
t, opened = visitor.t, runtime.current()
draw_feedback()

text = st.session_state.get("people_text") or ""
with st.skeleton(height=300), transaction(opened.sessions) as db:
    found = people.list_people(db, visitor.actor, text, page_number("people", text))

st.text_input(
    t.gettext("Search"), key="people_text", type="search", placeholder=t.gettext("Name, address or Slack ID")
)
if not found.rows:
    st.info(t.gettext("Nobody matches this search."), icon=":material/search:")
    st.stop()

chosen = draw_table(found.rows, visitor)
draw_pages("people", text, found)
zone = str(visitor.zone)
st.caption(t.gettext("Times are in {zone}. Choose a row to see what can be done.", zone=zone))
if chosen is None:
    st.stop()

with st.container(border=True):
    draw_person(chosen, visitor)
with st.container(border=True):
    draw_slack(chosen, visitor)
