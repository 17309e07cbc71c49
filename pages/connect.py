"""Connect: which Gmail is connected, connecting and disconnecting it, and how the latest attempt goes."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.auth_session import draw_followed
from portal.components.connection import draw_connected, draw_connection, draw_disconnected
from portal.components.feedback import draw_feedback
from portal.components.join import draw_join
from portal.components.notices import draw_sidecar, draw_trouble
from portal.components.problems import draw_problem
from services import heartbeat
from services.connect import timeline
from services.connect.connection import connection_of
from services.db.engine import transaction

visitor = session.require()
t = visitor.t
opened = runtime.current()
draw_feedback()
draw_join(visitor)
asked_for = st.query_params.get("session", "")
with transaction(opened.sessions) as db:
    connection = connection_of(db, opened.settings, visitor.user_id)
    attempt = timeline.read(db, asked_for, visitor.user_id) or timeline.latest(db, visitor.user_id)
    sidecar = heartbeat.sidecar(db)

if problem := st.query_params.get("problem"):
    draw_problem(problem, t, attempt)
draw_disconnected(t)
if (
    attempt is not None
    and attempt.id == asked_for
    and attempt.status == "completed"
    and connection is not None
):
    draw_connected(t)
if connection is not None:
    draw_trouble(visitor, connection)
draw_connection(visitor, connection, wants_calendar=st.query_params.get("add") == "calendar")

if attempt is None:
    st.caption(t.gettext("Here you will see each step once you connect."))
    st.stop()

st.subheader(t.gettext("Your latest attempt"), anchor=False)
if attempt.status in {"authorized", "fetching"}:
    draw_sidecar(visitor, sidecar)
draw_followed(attempt)
