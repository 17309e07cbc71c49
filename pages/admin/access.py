"""Access log: who read or used whose connection or mail. Nobody can change it."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.access_table import draw_export, draw_filter, draw_table
from portal.components.paging import draw_pages, page_number
from services import audit
from services.access import admins_only
from services.db.engine import transaction

visitor = session.require()
t = visitor.t
admins_only(visitor.actor)

st.caption(
    t.gettext(
        "What admins, machines and people's own programs did. The sidecar's reading for a person's own "
        "briefing is in that person's history instead. Lines can neither be changed nor deleted."
    )
)
asked = draw_filter(visitor)
with st.skeleton(height=300), transaction(runtime.current().sessions) as db:
    found = audit.entries(db, visitor.actor, asked, page_number("access", asked))

if not found.rows:
    if asked == audit.Filter(zone=visitor.zone):
        st.info(t.gettext("Nothing has been written down yet."), icon=":material/visibility:")
    else:
        st.info(t.gettext("Nothing matches. Change what is looked for."), icon=":material/search:")
    st.stop()

draw_table(found.rows, visitor)
draw_pages("access", asked, found)
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.caption(t.gettext("Times are in {zone}.", zone=str(visitor.zone)))
    draw_export(asked, visitor)
