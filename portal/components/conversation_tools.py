"""What can be done with a whole conversation: taken along as a file, deleted."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.feedback import action, keep_feedback
from portal.session import Visitor
from services.conversations import export, forgetting
from services.conversations.reading import EVERYTHING, Wanted
from services.db.engine import transaction


def draw_tools(visitor: Visitor, wanted: Wanted) -> None:
    """Two quiet buttons."""
    t = visitor.t
    with st.container(horizontal=True, horizontal_alignment="right"):
        with st.popover(t.gettext("Export"), icon=":material/download:", type="tertiary"):
            _draw_export(visitor, wanted)
        label = t.gettext("Delete everything…")
        if st.button(label, icon=":material/delete_sweep:", type="tertiary", key="delete_all"):
            st.dialog(t.gettext("Delete the conversation"), icon=":material/delete_sweep:")(_draw_deletion)(
                visitor
            )


def _draw_export(visitor: Visitor, wanted: Wanted) -> None:
    t = visitor.t
    scopes = {"found": t.gettext("What is shown by the filter"), "all": t.gettext("Everything")}
    scope = "all"
    if wanted != EVERYTHING:
        scope = st.segmented_control(
            t.gettext("Which messages"),
            list(scopes),
            format_func=scopes.__getitem__,
            default="found",
            required=True,
            key="export_scope",
        )
    asked = wanted if scope == "found" else EVERYTHING
    with st.container(horizontal=True):
        st.download_button(
            "CSV",
            lambda: export.as_csv(runtime.current(), session.again(visitor).actor, visitor.user_id, asked),
            "conversation.csv",
            "text/csv",
            icon=":material/table:",
            key="export_csv",
            on_click="ignore",
        )
        st.download_button(
            "JSON",
            lambda: export.as_json(runtime.current(), session.again(visitor).actor, visitor.user_id, asked),
            "conversation.json",
            "application/json",
            icon=":material/data_object:",
            key="export_json",
            on_click="ignore",
        )


def _draw_deletion(visitor: Visitor) -> None:
    t = visitor.t
    st.markdown(
        t.gettext(
            "Deletes every message saved here, for good. What was said stays in Slack, where you can delete "
            "your own messages; it does not come back here."
        )
    )
    st.button(
        t.gettext("Delete all messages"),
        type="primary",
        icon=":material/delete_forever:",
        key="delete_all_really",
        on_click=_delete_all,
    )


@action()
def _delete_all(visitor: Visitor) -> None:
    with transaction(runtime.current().sessions) as db:
        count = forgetting.delete_all(db, visitor.actor, visitor.user_id)
    keep_feedback(visitor.t.ngettext("{n} message is deleted.", "{n} messages are deleted.", count))
