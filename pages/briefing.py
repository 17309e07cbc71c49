"""Briefing: the next and the last, a preview as it would be sent now, sending it, and all so far."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.briefing_history import draw_history
from portal.components.notices import next_briefing
from portal.components.outcome import draw_delivery, last_briefing
from portal.components.preview import draw_not_connected, draw_preview
from services import preferences, previews, standing
from services.db.engine import transaction

visitor = session.require()
t = visitor.t
opened = runtime.current()

with st.container(horizontal=True):
    wants_preview = st.button(t.gettext("Preview"), icon=":material/visibility:", key="preview")
    wants_sending = st.button(
        t.gettext("Send it to me now"), icon=":material/send:", type="primary", key="send"
    )
with transaction(opened.sessions) as db:
    if wants_preview:
        previews.request(db, visitor.user_id)
    if wants_sending:
        st.query_params["sending"] = previews.send_now(db, visitor.user_id)
    sending = st.query_params.get("sending", "")
    preview = previews.latest(db, visitor.user_id)
    delivery = previews.delivery_of(db, visitor.user_id, sending)
    stands = standing.read(db, opened.settings, visitor.user_id)
    wanted = preferences.read(db, visitor.user_id)

draw_not_connected(visitor, stands.connection)
st.markdown(f":material/schedule: {next_briefing(visitor, wanted)}")
if stands.last is not None:
    st.markdown(last_briefing(visitor, stands.last))


@st.fragment(run_every=1 if delivery is not None and not delivery.finished else None)
def watch_delivery() -> None:
    """Where the briefing stands that is being sent; ends its polling with the sending."""
    watcher = session.require()
    with transaction(opened.sessions) as db:
        now_at = previews.delivery_of(db, watcher.user_id, sending)
    if now_at is not None:
        draw_delivery(watcher, now_at)
        if now_at.finished and delivery is not None and not delivery.finished:
            st.rerun()


@st.fragment(run_every=1 if preview is not None and not preview.finished else None)
def watch_preview() -> None:
    """The newest preview: its progress, then the message."""
    watcher = session.require()
    with transaction(opened.sessions) as db:
        now_at = previews.latest(db, watcher.user_id)
    draw_preview(watcher, now_at)
    if now_at is not None and now_at.finished and preview is not None and not preview.finished:
        st.rerun()


watch_delivery()
watch_preview()
again = draw_history(visitor)
if again is not None:
    with transaction(opened.sessions) as db:
        sending_again = previews.send_again(db, visitor.user_id, again)
    st.query_params["sending"] = sending_again or ""
    st.rerun()
