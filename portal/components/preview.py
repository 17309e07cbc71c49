"""A preview while it is made and when it is there."""

from __future__ import annotations

import streamlit as st

from portal.components.links import CONNECT, same_tab_button
from portal.components.moments import when
from portal.components.notices import draw_trouble
from portal.components.slack_preview import draw_message
from portal.session import Visitor
from services.connect.connection import Connection
from services.i18n import N_, Translator
from services.previews import PreviewState

STEPS = ("token", "mail", "calendar", "news", "compose", "done")
DOING = {
    "token": N_("Asking Google for access…"),
    "mail": N_("Reading your mail…"),
    "calendar": N_("Reading your calendar…"),
    "news": N_("Reading the news…"),
    "compose": N_("Writing your briefing…"),
}
FAILURES = {
    "too_late": N_("Nobody took it up in time. Click “Preview” again."),
    "database_unavailable": N_("The portal could not reach its database. Click “Preview” again."),
}


def draw_not_connected(visitor: Visitor, connection: Connection | None) -> None:
    """What a briefing will lack, and the way to have it; nothing where Gmail is connected and works."""
    t = visitor.t
    if connection is None:
        st.info(
            t.gettext("Your briefing has news only until you connect it."),
            title=t.gettext("Gmail is not connected"),
            icon=":material/info:",
        )
        same_tab_button(t.gettext("Connect Gmail"), CONNECT, icon="link")
    else:
        draw_trouble(visitor, connection)


def draw_preview(visitor: Visitor, preview: PreviewState | None) -> None:
    """Nothing yet, its progress, why it failed, or the message."""
    t = visitor.t
    if preview is None:
        st.caption(
            t.gettext("Click “Preview” to see your briefing as it would be sent now. Nothing is sent by it.")
        )
    elif preview.status == "done" and preview.content is not None:
        st.caption(t.gettext("As it would have been sent {when}", when=when(visitor, preview.created_at)))
        draw_message(preview.content, t)
    elif preview.status == "failed":
        _draw_failed(preview, t)
    else:
        _draw_progress(preview, t)


def _draw_progress(preview: PreviewState, t: Translator) -> None:
    if preview.status == "queued":
        st.progress(0.0, text=t.gettext("Waiting for its turn…"))
    else:
        done = (STEPS.index(preview.step) + 1) / len(STEPS)
        st.progress(done, text=t.gettext(DOING.get(preview.step, DOING["compose"])))
    st.skeleton(height=240)


def _draw_failed(preview: PreviewState, t: Translator) -> None:
    said = FAILURES.get(preview.error or "")
    general = N_("Click “Preview” again. If it stays so, tell the team's admin this word: {code}")
    st.error(
        t.gettext(said) if said else t.gettext(general, code=f"`{preview.error}`"),
        title=t.gettext("The preview could not be made"),
        icon=":material/error:",
    )
