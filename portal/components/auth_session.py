"""One attempt to connect as it goes on, and what an admin can do about it."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.feedback import action, keep_feedback
from portal.components.moments import when
from portal.components.mrkdwn import literal
from portal.components.timeline import draw_timeline
from portal.session import Visitor
from services.connect import admin_sessions, timeline
from services.connect.admin_sessions import Connecting
from services.connect.sessions import OPEN
from services.connect.timeline import Attempt, UnknownAuthSession
from services.db.engine import transaction
from services.errors import Forbidden
from services.i18n import N_

REFUSALS = {
    "not_open": N_("It has gone on meanwhile."),
    "not_in_development": N_("By hand only in development, where Google is a stand-in."),
    "not_granted": N_("There is no connection of theirs that works; nothing can be completed."),
    "unknown_auth_session": N_("This person has left meanwhile."),
    "forbidden": N_("You are no admin any longer."),
}


def draw_followed(attempt: Attempt) -> None:
    """An attempt as it goes on; once it has ended the whole page is drawn anew."""
    was_going = not attempt.finished

    @st.fragment(run_every=1 if was_going else None)
    def draw() -> None:
        watcher = session.require()
        try:
            with transaction(runtime.current().sessions) as db:
                going, lines = timeline.read_for(db, attempt.id, watcher.actor)
        except (UnknownAuthSession, Forbidden):  # gone, or not theirs to see any longer
            return
        draw_timeline(watcher, going, lines)
        if going.finished and was_going:
            st.rerun()

    draw()


def draw_for_admin(chosen: Connecting, visitor: Visitor) -> None:
    """Whose it is, what can be done about it, and its timeline."""
    t, attempt = visitor.t, chosen.attempt
    st.subheader(literal(chosen.name), anchor=False)
    began = t.gettext("Started {when}", when=when(visitor, attempt.created_at))
    st.caption(" · ".join(filter(None, (began, literal(attempt.google_email), f"`{attempt.id}`"))))
    if attempt.error_description:
        st.caption(t.gettext("Google's words: {words}", words=literal(attempt.error_description)))
    with st.container(horizontal=True):
        if attempt.status in OPEN:
            label, icon = t.gettext("End it"), ":material/timer_off:"
            st.button(label, key="expire", icon=icon, on_click=_expire, args=(attempt.id,))
        if not attempt.finished and runtime.settings().development:
            label, icon = t.gettext("Complete by hand"), ":material/done_all:"
            st.button(label, key="complete", icon=icon, on_click=_complete, args=(attempt.id,))
    draw_followed(attempt)


@action(REFUSALS)
def _expire(visitor: Visitor, session_id: str) -> None:
    with transaction(runtime.current().sessions) as db:
        admin_sessions.expire(db, visitor.actor, session_id)
    keep_feedback(visitor.t.gettext("Ended. Its link opens nothing any longer."))


@action(REFUSALS)
def _complete(visitor: Visitor, session_id: str) -> None:
    opened = runtime.current()
    with transaction(opened.sessions) as db:
        admin_sessions.complete_by_hand(db, opened.settings, visitor.actor, session_id)
    keep_feedback(visitor.t.gettext("Completed by hand."))
