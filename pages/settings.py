"""Settings: when the briefing comes and what is in it, keys for one's own programs, and leaving."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.access_own import draw_own_access
from portal.components.api_keys import draw_keys
from portal.components.conversation_keeping import draw_keeping
from portal.components.email_fallback import draw_email_fallback
from portal.components.feedback import draw_feedback
from portal.components.leaving import draw_delete, draw_download, draw_sign_out_everywhere
from portal.components.notices import next_briefing
from portal.components.preferences_form import draw_form, draw_zone_offer
from services import api_keys, preferences
from services.connect.connection import connection_of
from services.db.engine import transaction

visitor = session.require()
t = visitor.t
draw_feedback()

with st.skeleton(height=400), transaction(runtime.current().sessions) as db:
    stored = preferences.read(db, visitor.user_id)
    keys = api_keys.own_keys(db, visitor.user_id)
    connection = connection_of(db, runtime.settings(), visitor.user_id)

st.markdown(f":material/event: {next_briefing(visitor, stored)}")
draw_zone_offer(visitor, stored)
draw_form(visitor, stored)

with st.container(border=True):
    st.subheader(t.gettext("When Slack does not work"), anchor=False)
    draw_email_fallback(visitor, stored, connection)
with st.container(border=True):
    st.subheader(t.gettext("Keys for your own programs"), anchor=False)
    st.caption(t.gettext("A program of yours can read your mail here with such a key, and do nothing else."))
    draw_keys(visitor, keys)
with st.container(border=True):
    st.subheader(t.gettext("Who looked at what is yours"), anchor=False)
    draw_own_access(visitor)
with st.container(border=True):
    st.subheader(t.gettext("Your data"), anchor=False)
    draw_download(visitor)
with st.container(border=True):
    st.subheader(t.gettext("Conversations"), anchor=False)
    draw_keeping(visitor)
with st.container(border=True):
    st.subheader(t.gettext("Your sign-ins"), anchor=False)
    draw_sign_out_everywhere(visitor)
with st.container(border=True):
    st.subheader(t.gettext("Leaving"), anchor=False)
    draw_delete(visitor)
