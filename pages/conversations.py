"""Conversations: what the assistant and the person have said to each other in Slack, newest first."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.chat import draw_conversation
from portal.components.links import page_button
from services.conversations.reading import own_messages
from services.db.engine import transaction

AT_ONCE = 20

visitor = session.require()
t = visitor.t
before = st.query_params.get("before", "")
with transaction(runtime.current().sessions) as db:
    said = own_messages(
        db,
        visitor.user_id,
        before=int(before) if before.isdecimal() and len(before) < 19 else None,
        limit=AT_ONCE + 1,
    )

if not said:
    st.info(
        t.gettext("Nothing older is here.")
        if before
        else t.gettext("Once your first briefing has been sent, it is kept here."),
        icon=":material/forum:",
    )
    if not before:
        page_button(t.gettext("Go to Briefing"), "briefing.py", icon="wb_twilight")

draw_conversation(visitor, said[:AT_ONCE])

with st.container(horizontal=True):
    if before and st.button(t.gettext("Newest"), icon=":material/vertical_align_top:", key="newest"):
        del st.query_params["before"]
        st.rerun()
    if len(said) > AT_ONCE and st.button(t.gettext("Older"), icon=":material/history:", key="older"):
        st.query_params["before"] = str(said[AT_ONCE - 1].id)
        st.rerun()
