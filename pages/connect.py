"""Connect: which Gmail is connected, connecting and disconnecting it, and how the latest attempt goes."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.auth_session import draw_followed
from portal.components.connection import draw_connected, draw_connection, draw_disconnected
from portal.components.feedback import draw_feedback
from portal.components.from_slack import draw_calendar_needed, draw_question, draw_return
from portal.components.join import draw_join
from portal.components.links import came_from_slack
from portal.components.notices import draw_trouble
from portal.components.problems import draw_problem
from services.assistant import pending, waiting
from services.connect import timeline
from services.connect.connection import connection_of
from services.conversations import slack_address
from services.db.engine import transaction

CONNECTED = {"authorized", "fetching", "completed"}

visitor = session.require()
t = visitor.t
opened = runtime.current()
draw_feedback()
draw_join(visitor)
asked_for = st.query_params.get("session", "")
with transaction(opened.sessions) as db:
    connection = connection_of(db, opened.settings, visitor.user_id)
    attempt = timeline.read(db, asked_for, visitor.user_id) or timeline.latest(db, visitor.user_id)
    waits = waiting.unanswered(db, visitor.user_id)
    answering = attempt is not None and pending.was_called_up(db, visitor.user_id, attempt.created_at)

if problem := st.query_params.get("problem"):
    draw_problem(problem, t, attempt)
draw_disconnected(t)
works = connection is not None and not connection.broken
if attempt is not None and attempt.id == asked_for and attempt.status in CONNECTED and works and not waits:
    dm = slack_address.own_dm(opened, visitor.user_id) if answering or came_from_slack() else ""
    if dm:
        draw_return(t, dm, answering=answering)
        draw_followed(attempt)
        st.stop()
    if attempt.finished:
        draw_connected(t)
if connection is not None:
    draw_trouble(visitor, connection)
wants_calendar = st.query_params.get("add") == "calendar" or (waits is not None and waits.needs == "calendar")
if waits is not None:
    draw_question(t, waits)
elif wants_calendar and connection is not None and not connection.broken and not connection.calendar:
    draw_calendar_needed(t)
draw_connection(visitor, connection, wants_calendar=wants_calendar)

if attempt is None:
    st.caption(t.gettext("Here you will see each step once you connect."))
    st.stop()

st.subheader(t.gettext("Your latest attempt"), anchor=False)
draw_followed(attempt)
