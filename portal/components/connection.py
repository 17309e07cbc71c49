"""The Gmail connection as its owner sees it: what there is, adding the calendar, ending it."""

from __future__ import annotations

import streamlit as st

from portal import runtime
from portal.components.feedback import action
from portal.components.links import GOOGLE_CONNECTIONS, connect_path, page_button, same_tab_button
from portal.components.moments import when
from portal.components.mrkdwn import literal
from portal.session import Visitor
from services.connect.connection import Connection
from services.connect.disconnect import disconnect
from services.errors import NotConnected
from services.i18n import Translator


def draw_connection(visitor: Visitor, connection: Connection | None, *, wants_calendar: bool = False) -> None:
    """The connection in a box, with what can be done about it; `wants_calendar`: a question waits for it."""
    with st.container(border=True):
        if connection is None:
            _draw_none(visitor.t, wants_calendar=wants_calendar)
        else:
            _draw_known(visitor, connection, wants_calendar=wants_calendar)


def draw_connected(t: Translator) -> None:
    """What somebody sees first who has just come back from Google with everything in order."""
    st.success(
        t.gettext("Have a look at what your briefing would be now."),
        title=t.gettext("Gmail is connected"),
        icon=":material/check_circle:",
    )
    page_button(t.gettext("Go to Briefing"), "briefing.py", icon="wb_twilight", primary=True)


def draw_disconnected(t: Translator) -> None:
    """What came of disconnecting in the run before, once."""
    revoked = st.session_state.pop("disconnected", None)
    if revoked is True:
        st.success(
            t.gettext("Google has taken the access back, and it is deleted here."),
            title=t.gettext("Gmail is disconnected"),
            icon=":material/check_circle:",
        )
    elif revoked is False:
        st.warning(
            t.gettext(
                "It is deleted here, but Google did not confirm it. Please remove the access there too: "
                "[{where}]({url})",
                where=t.gettext("Google account, third-party access"),
                url=GOOGLE_CONNECTIONS,
            ),
            title=t.gettext("Gmail is disconnected"),
            icon=":material/info:",
        )


def _draw_none(t: Translator, *, wants_calendar: bool) -> None:
    st.subheader(t.gettext("Gmail is not connected"), anchor=False)
    if wants_calendar:
        asked = t.gettext(
            "Without it your briefing has news only. Google will ask whether the portal may read your mail "
            "and your calendar; it changes and sends nothing, and you can take it back here at any time."
        )
    else:
        asked = t.gettext(
            "Without it your briefing has news only. Google will ask whether the portal may read your mail; "
            "it changes and sends nothing, and you can take it back here at any time."
        )
    st.markdown(asked)
    path = connect_path(add="calendar") if wants_calendar else connect_path()
    same_tab_button(t.gettext("Connect Gmail"), path, icon="link", primary=True)


def _draw_known(visitor: Visitor, connection: Connection, *, wants_calendar: bool) -> None:
    t = visitor.t
    lacks_calendar = not connection.calendar and not connection.broken
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(literal(connection.mailbox), anchor=False, width="content")
        _draw_state(connection, t)
    since = when(visitor, connection.since)
    if connection.imported:
        st.caption(t.gettext("It was brought over from the previous system {when}.", when=since))
    else:
        st.caption(t.gettext("You connected it {when}.", when=since))
    if not connection.broken:
        _draw_granted(connection, t)
    with st.container(horizontal=True):
        if lacks_calendar:
            label = t.gettext("Add the calendar")
            path = connect_path(add="calendar")
            same_tab_button(label, path, icon="calendar_add_on", primary=wants_calendar)
        if st.button(t.gettext("Disconnect"), icon=":material/link_off:", key="disconnect"):
            _confirm(t, connection.mailbox)


def _draw_granted(connection: Connection, t: Translator) -> None:
    granted = [t.gettext("Reading mail")] + [t.gettext("Reading the calendar")] * connection.calendar
    for permission in granted:
        st.markdown(f":green[:material/check:] {permission}")
    if not connection.calendar:
        lacking = t.gettext("The calendar is not part of your briefing yet")
        st.markdown(f":gray[:material/remove: {lacking}]")


def _draw_state(connection: Connection, t: Translator) -> None:
    if connection.broken:
        st.badge(t.gettext("Connect again"), icon=":material/link_off:", color="red")
    elif connection.status == "failing":
        st.badge(
            t.gettext("Google does not answer; it is tried again by itself"),
            icon=":material/sync_problem:",
            color="orange",
        )
    elif connection.status == "expiring_soon":
        st.badge(t.gettext("Expiring soon"), icon=":material/hourglass_bottom:", color="yellow")
    else:
        st.badge(t.gettext("Works"), icon=":material/check:", color="green")


def _confirm(t: Translator, mailbox: str) -> None:
    """A dialog has its title from its decorator, so it is made where the language is known."""

    @st.dialog(t.gettext("Disconnect Gmail?"), icon=":material/link_off:")
    def confirm() -> None:
        st.markdown(
            t.gettext(
                "The portal gives back its access to {mailbox} and deletes it. Your briefings go on with "
                "news only.",
                mailbox=literal(mailbox),
            )
        )
        with st.container(horizontal=True):
            done = st.button(
                t.gettext("Disconnect"), type="primary", key="disconnect_now", on_click=_disconnect
            )
            if st.button(t.gettext("Keep it"), key="keep") or done:
                st.rerun()

    confirm()


@action()
def _disconnect(visitor: Visitor) -> None:
    try:
        done = disconnect(runtime.current(), visitor.user_id, visitor.actor)
        st.session_state["disconnected"] = done.revoked
    except NotConnected:  # in another tab, a moment ago
        st.session_state["disconnected"] = True
    st.query_params.clear()
