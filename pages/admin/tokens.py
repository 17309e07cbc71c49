"""Token health: everybody's connection, worst first, with what mends it."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.feedback import draw_feedback, keep_feedback
from portal.components.mrkdwn import literal
from portal.components.paging import draw_pages, page_number
from portal.components.token_reasons import can_be_refreshed, refusal_in_words
from portal.components.token_table import draw_details, draw_filter, draw_table, name_of
from services.db.engine import transaction
from services.errors import PortalError
from services.tokens import overview

visitor = session.require()
t, opened = visitor.t, runtime.current()
settings = opened.settings
draw_feedback()

with transaction(opened.sessions) as db:
    counts = overview.status_counts(db, settings, visitor.actor)
asked = draw_filter(counts, t)
with st.skeleton(height=300), transaction(opened.sessions) as db:
    number = page_number("tokens", asked)
    found = overview.token_health(db, settings, visitor.actor, asked, number)

if not found.rows:
    if asked == overview.Filter(only_trouble=True):
        st.success(t.gettext("Every connection works. Nothing needs you."), icon=":material/check_circle:")
    else:
        st.info(
            t.gettext("Nobody matches. Change the search or choose “Everybody”."), icon=":material/search:"
        )
    st.stop()

chosen = draw_table(found.rows, visitor, settings)
with st.container(horizontal=True, horizontal_alignment="distribute"):
    zone = str(visitor.zone)
    st.caption(t.gettext("Times are in {zone}. Choose a row to see what can be done.", zone=zone))
    draw_pages("tokens", asked, found)
if chosen is None:
    st.stop()

with st.container(border=True):
    draw_details(chosen, visitor, settings)
    if can_be_refreshed(chosen) and st.button(t.gettext("Refresh now"), icon=":material/autorenew:"):
        name = literal(name_of(chosen))
        try:
            with st.spinner(t.gettext("Asking Google…")):
                overview.refresh_now(opened, chosen.user_id, visitor.actor)
            keep_feedback(t.gettext("{name}: refreshed. Google accepts it.", name=name))
        except PortalError as exc:
            why = refusal_in_words(exc, chosen, settings.required_scopes, t)
            keep_feedback(t.gettext("{name}: not refreshed. {why}", name=name, why=why), good=False)
        st.rerun()
    st.caption(t.gettext("The reconnect link, to copy and send to this person:"))
    st.code(overview.reconnect_link(settings, chosen.user_id), language=None)
