"""Conversations: what the assistant and the person have said to each other in Slack, newest first."""

from __future__ import annotations

import streamlit as st

from portal import session
from portal.components.conversation_list import draw_list

visitor = session.require()
st.caption(visitor.t.gettext("What you and the assistant said to each other in Slack. Only you can read it."))
draw_list()
