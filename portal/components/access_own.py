"""Who else looked at or used what is somebody's own: the connection, the mail."""

from __future__ import annotations

import streamlit as st

from portal import runtime
from portal.components.access_words import action_in_words, actor_in_words
from portal.components.moments import when
from portal.components.mrkdwn import literal
from portal.components.paging import draw_pages, page_number
from portal.session import Visitor
from services import audit
from services.db.engine import transaction


def draw_own_access(visitor: Visitor) -> None:
    """The lines about this person, the newest first; what they did themselves is not among them."""
    t = visitor.t
    with transaction(runtime.current().sessions) as db:
        number = page_number("own_access", visitor.user_id)
        found = audit.own_entries(db, visitor.actor, visitor.user_id, number)
    st.caption(
        t.gettext(
            "What admins and programs did with your connection or your mail. Nobody can change this list. "
            "The reading for your own briefing is not in it."
        )
    )
    if not found.total:
        nobody = t.gettext("Nobody so far.")
        st.markdown(f":green[:material/check_circle:] {nobody}")
        return
    label = t.ngettext("{n} entry", "{n} entries", found.total)
    shown = st.expander(label, icon=":material/visibility:", key="own_access", on_change="rerun")
    if not shown.open:
        return
    with shown:
        for entry in found.rows:
            who = literal(actor_in_words(entry, t))
            moment = literal(when(visitor, entry.at))
            st.markdown(f"**{who}** · {literal(action_in_words(entry.action, t))}  \n:gray[:small[{moment}]]")
        draw_pages("own_access", visitor.user_id, found)
