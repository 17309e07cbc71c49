"""What several pages say of the same things: the next briefing, the sidecar, a broken connection."""

from __future__ import annotations

import streamlit as st

from portal.components.links import CONNECT, same_tab_button
from portal.components.moments import when
from portal.components.mrkdwn import markdown
from portal.session import Visitor
from services.briefing.missing import explain
from services.briefing.model import Missing
from services.connect.connection import Connection
from services.heartbeat import SidecarState
from services.preferences import Preferences


def next_briefing(visitor: Visitor, preferences: Preferences) -> str:
    """One sentence: when the next briefing comes, or why none does."""
    t = visitor.t
    if not preferences.enabled:
        return t.gettext("Your daily briefing is turned off.")
    if preferences.next_due_at is None:
        return t.gettext("No briefing is planned: no weekday is chosen.")
    return t.gettext("Your next briefing comes {when}.", when=when(visitor, preferences.next_due_at))


def draw_sidecar(visitor: Visitor, sidecar: SidecarState) -> None:
    """A banner while nothing would be sent; nothing where all is well."""
    t = visitor.t
    if sidecar.alive:
        return
    seen = (
        t.gettext("It was last heard of {when}.", when=when(visitor, sidecar.last_seen))
        if sidecar.last_seen is not None
        else t.gettext("It has not been heard of yet.")
    )
    st.warning(
        " ".join(
            (
                t.gettext("Briefings and previews wait until it runs again; nothing is lost."),
                seen,
                t.gettext("Please tell the team's admin."),
            )
        ),
        title=t.gettext("The part that sends briefings is not running"),
        icon=":material/schedule:",
    )


def draw_broken(visitor: Visitor, connection: Connection, portal_url: str) -> None:
    """Why the connection does not work any longer, and the way to mend it."""
    t = visitor.t
    explained = explain(
        [Missing("mail", connection.reason)], t, portal_url=portal_url, account_email=connection.mailbox
    )
    st.error(
        markdown(f"{explained.happened} {explained.cure}"),
        title=t.gettext("Gmail must be connected again"),
        icon=":material/link_off:",
    )
    same_tab_button(t.gettext("Reconnect Gmail"), CONNECT, icon="link", primary=True)
