"""How long one's own conversation is kept: as long as the team's, or shorter."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from portal import runtime
from portal.components.feedback import action, keep_feedback
from portal.session import Visitor
from services.conversations import forgetting
from services.db.engine import transaction
from services.i18n import Translator

CHOSEN = "conversation_days_chosen"
AS_THE_TEAM = 0


def draw_keeping(visitor: Visitor) -> None:
    """The choice, and a second click where it deletes something."""
    t, settings = visitor.t, runtime.settings()
    with transaction(runtime.current().sessions) as db:
        kept = forgetting.kept_for(db, visitor.actor, visitor.user_id) or AS_THE_TEAM
    offered = [AS_THE_TEAM, *forgetting.choices(settings)]
    chosen = st.selectbox(
        t.gettext("How long conversations are kept"),
        offered,
        index=offered.index(kept) if kept in offered else 0,
        format_func=lambda days: (
            _days(days, t)
            if days
            else t.gettext("As long as the team keeps it: {days}", days=_days(settings.retention_days, t))
        ),
        key=CHOSEN,
    )
    if chosen == kept:
        return
    if chosen != AS_THE_TEAM:
        st.caption(
            t.gettext(
                "Messages older than {days} are deleted here at once and for good. In Slack they stay.",
                days=_days(chosen, t),
            )
        )
    st.button(t.gettext("Change"), icon=":material/check:", key="keep_for", on_click=_keep)


@action()
def _keep(visitor: Visitor) -> None:
    opened, days = runtime.current(), st.session_state.get(CHOSEN)
    with transaction(opened.sessions) as db:
        forgetting.keep_for(db, opened.settings, visitor.actor, visitor.user_id, days or None)
    length = _days(days or opened.settings.retention_days, visitor.t)
    keep_feedback(visitor.t.gettext("Kept for {days} from now on.", days=length))


def _days(days: int, t: Translator) -> str:
    return t.duration(timedelta(days=days))
