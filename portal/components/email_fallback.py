"""The briefing by e-mail where Slack cannot deliver it: chosen here, with a permission for that alone."""

from __future__ import annotations

import streamlit as st

from portal import runtime
from portal.components.feedback import action, keep_feedback
from portal.components.links import CONNECT, same_tab_button
from portal.session import Visitor
from services import preferences
from services.connect.connection import Connection
from services.db.engine import transaction
from services.preferences import Preferences

CHOSEN = "email_fallback_chosen"


def draw_email_fallback(visitor: Visitor, stored: Preferences, connection: Connection | None) -> None:
    """The switch, and the way to Google where its permission is lacking."""
    t = visitor.t
    st.toggle(
        t.gettext("Send it to myself by e-mail"),
        value=stored.email_fallback,
        key=CHOSEN,
        on_change=_choose,
        help=t.gettext("Only once Slack has been tried in vain until the briefing's deadline."),
    )
    if not stored.email_fallback:
        return
    if connection is not None and connection.sending:
        st.caption(t.gettext("Google lets this app send mail from your address. It writes to you alone."))
        return
    st.warning(
        t.gettext("Google's permission to send is still missing. Without it there is no e-mail."),
        icon=":material/lock:",
    )
    same_tab_button(t.gettext("Allow sending"), f"{CONNECT}?add=send", icon="key", primary=True)


@action()
def _choose(visitor: Visitor) -> None:
    with transaction(runtime.current().sessions) as db:
        preferences.change(db, visitor.user_id, email_fallback=bool(st.session_state.get(CHOSEN)))
    keep_feedback(visitor.t.gettext("Saved."))
