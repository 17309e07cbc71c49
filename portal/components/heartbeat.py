"""How the part is that sends briefings: loud while it is silent, a quiet line while it is heard of."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from portal import runtime, session
from portal.components.moments import when
from portal.session import Visitor
from services import heartbeat
from services.db.engine import transaction
from services.errors import PortalError
from services.heartbeat import SidecarState
from services.i18n import Translator

# An open page looks again so often; a sidecar beats each minute.
LOOK_SECONDS = 20


def draw_sidecar(visitor: Visitor) -> None:
    """On every page: a banner at its top while nothing would be sent, else a line at the side.

    A page that stays open follows. Raises DatabaseUnavailable.
    """
    drawn = _read()
    if not drawn.alive:
        _draw_banner(visitor, drawn)
    known = [drawn]

    @st.fragment(run_every=LOOK_SECONDS)
    def follow() -> None:
        try:
            watcher = session.require()
            state = known.pop() if known else _read()
        except PortalError:  # the page says so itself when it is next asked for
            return
        if state.alive != drawn.alive:
            st.rerun()
        if state.alive:
            st.caption(f":green[:material/check_circle:] {_alive(state, watcher.t)}")

    with st.sidebar, session.just_asked(visitor):
        follow()


def draw_silence(t: Translator) -> None:
    """The same for whoever is not signed in: no more than that; nothing where it cannot be known."""
    try:
        state = _read()
    except PortalError:
        return
    if not state.alive:
        st.warning(t.gettext("No briefings are being sent at the moment."), icon=":material/schedule:")


def _read() -> SidecarState:
    with transaction(runtime.current().sessions) as db:
        return heartbeat.sidecar(db)


def _draw_banner(visitor: Visitor, state: SidecarState) -> None:
    t = visitor.t
    seen = (
        t.gettext("It was last heard of {when}.", when=when(visitor, state.last_seen))
        if state.last_seen is not None
        else t.gettext("It has not been heard of yet.")
    )
    cure = (
        t.gettext("Start scheduler.py again and look into its log for why it ended.")
        if visitor.is_admin
        else t.gettext("Please tell the team's admin.")
    )
    waits = t.gettext("Briefings and previews wait until it runs again; nothing is lost.")
    title = t.gettext("The part that sends briefings is not running")
    st.warning(f"{waits} {seen} {cure}", title=title, icon=":material/schedule:")


def _alive(state: SidecarState, t: Translator) -> str:
    seen = state.last_seen or datetime.now(UTC)
    ago = max(0, round((datetime.now(UTC) - seen).total_seconds()))
    return t.gettext("Sending works (seen {seconds} s ago)", seconds=ago)
