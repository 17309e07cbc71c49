"""Auth sessions: everybody's attempts to connect, the newest first, and one of them step by step."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.auth_session import draw_for_admin
from portal.components.auth_session_table import draw_filter, draw_table
from portal.components.feedback import draw_feedback
from portal.components.paging import draw_pages, page_number
from services.access import admins_only
from services.connect.admin_sessions import Filter, auth_sessions
from services.db.engine import transaction

visitor = session.require()
t = visitor.t
admins_only(visitor.actor)
draw_feedback()

asked = draw_filter(visitor)
with st.skeleton(height=300), transaction(runtime.current().sessions) as db:
    found = auth_sessions(db, visitor.actor, asked, page_number("auth_sessions", asked))

if not found.rows:
    if asked == Filter(zone=visitor.zone):
        st.info(t.gettext("Nobody has tried to connect yet."), icon=":material/link:")
    else:
        st.info(t.gettext("Nothing matches. Change what is looked for."), icon=":material/search:")
    st.stop()

chosen = draw_table(found.rows, visitor)
draw_pages("auth_sessions", asked, found)
zone = str(visitor.zone)
st.caption(
    t.gettext("Times are in {zone}. Choose a row to see its steps; looking is written down.", zone=zone)
)
if chosen is not None:
    with st.container(border=True):
        draw_for_admin(chosen, visitor)
