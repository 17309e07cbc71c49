"""Home: what is still to do, when the next briefing comes, what became of the last one."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.checklist import draw_checklist
from portal.components.links import page_button
from portal.components.mrkdwn import literal
from portal.components.notices import (
    draw_lack,
    draw_slack_bot,
    draw_trouble,
    next_briefing,
)
from portal.components.outcome import last_briefing
from services import preferences, standing
from services.alerts import slack_bot
from services.db.engine import transaction

visitor = session.require()
t = visitor.t
opened = runtime.current()
with transaction(opened.sessions) as db:
    wanted = preferences.read(db, visitor.user_id)
    stands = standing.read(db, opened.settings, visitor.user_id)
    refusal = slack_bot.refusal(db) if visitor.is_admin else None

st.markdown(t.gettext("Hello {name}.", name=literal(visitor.name)))
draw_slack_bot(visitor, refusal)
if stands.connection is not None:
    draw_trouble(visitor, stands.connection)

with st.container(border=True):
    st.subheader(t.gettext("Your briefing"), anchor=False)
    st.markdown(f":material/schedule: {next_briefing(visitor, wanted)}")
    if stands.connection is not None:
        draw_lack(visitor, wanted, stands.connection)
    if stands.last is not None:
        st.markdown(last_briefing(visitor, stands.last))
    else:
        st.caption(t.gettext("You have not had a briefing yet."))

    if stands.complete and stands.connection is not None:
        st.markdown(f":material/mail: {literal(stands.connection.mailbox)}")
        page_button(t.gettext("Go to Briefing"), "briefing.py", icon="wb_twilight")

if not (stands.complete or stands.broken):  # one thing at a time
    draw_checklist(stands, t)
