"""Token health: everybody's connection, worst first, with what mends it."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.feedback import draw_feedback
from portal.components.paging import draw_pages, page_number
from portal.components.token_actions import draw_actions
from portal.components.token_charts import draw_charts
from portal.components.token_filter import draw_filter
from portal.components.token_person import draw_person
from portal.components.token_progress import draw_progress
from portal.components.token_table import draw_table
from services.db.engine import transaction
from services.tokens import bulk, overview

visitor = session.require()
t, opened = visitor.t, runtime.current()
settings = opened.settings
draw_feedback()

with transaction(opened.sessions) as db:
    counts = overview.status_counts(db, settings, visitor.actor)
    actions = bulk.recent(db, visitor.actor)
draw_progress(visitor, actions)
asked = draw_filter(counts, t)
with st.skeleton(height=300), transaction(opened.sessions) as db:
    number = page_number("tokens", asked)
    found = overview.token_health(db, settings, visitor.actor, asked, number, counts)

if not found.rows:
    if asked == overview.Filter(only_trouble=True):
        st.success(t.gettext("Every connection works. Nothing needs you."), icon=":material/check_circle:")
    else:
        st.info(
            t.gettext("Nobody matches. Change the search or choose “Everybody”."), icon=":material/search:"
        )
    draw_charts(visitor)
    st.stop()

# Above the table, where the table's own tools come up.
zone = str(visitor.zone)
st.caption(t.gettext("Times are in {zone}. Choose rows to see what can be done.", zone=zone))
chosen = draw_table(found.rows, visitor, settings)
draw_pages("tokens", asked, found)
draw_actions(chosen, asked, found.total, visitor)
if len(chosen) == 1:
    with st.container(border=True):
        draw_person(chosen[0], visitor)
draw_charts(visitor)
