"""A person's own briefings: when the next comes, what became of the last ones, each as it was sent."""

from __future__ import annotations

from typing import Any

import streamlit as st

from portal import runtime
from portal.components.choice_table import draw_choice_table
from portal.components.delivery_words import KINDS, OUTCOMES, lack, outcome_label
from portal.components.moments import when
from portal.components.outcome import reason
from portal.components.paging import draw_pages, page_number
from portal.components.slack_preview import draw_message
from portal.session import Visitor
from services.db.engine import transaction
from services.delivery import own
from services.delivery.own import OwnBriefing
from services.i18n import Translator


def draw_history(visitor: Visitor) -> str | None:
    """The table and the chosen one; the id of one that is to be sent again, where that was clicked."""
    t = visitor.t
    with transaction(runtime.current().sessions) as db:
        found = own.own_briefings(db, visitor.actor, visitor.user_id, page_number("history", ""))
    st.header(t.gettext("Your briefings so far"), anchor=False)
    if not found.rows:
        st.caption(t.gettext("You have not had a briefing yet."))
        return None
    chosen = draw_choice_table(
        found.rows,
        name="history",
        row_id=lambda one: one.id,
        cells=lambda one: _cells(one, t),
        columns=_columns(visitor),
        alt=t.gettext("Your briefings, the newest first"),
    )
    draw_pages("history", "", found)
    if chosen is None:
        st.caption(t.gettext("Choose a row to see it as it was sent."))
        return None
    return _draw_chosen(chosen, visitor)


def _draw_chosen(chosen: OwnBriefing, visitor: Visitor) -> str | None:
    t = visitor.t
    with transaction(runtime.current().sessions) as db:
        content = own.content_of(db, visitor.actor, visitor.user_id, chosen.id)
    if content is None:
        said = reason(chosen.error, t) if chosen.sent_at is None else ""
        st.info(said or t.gettext("There is nothing of it to show."), icon=":material/info:")
        return None
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(t.gettext("As it was sent {when}", when=when(visitor, chosen.sent_at or chosen.due_at)))
        again = st.button(t.gettext("Send again"), icon=":material/forward_to_inbox:", key="send_again")
    draw_message(content, t)
    return chosen.id if again else None


def _cells(one: OwnBriefing, t: Translator) -> dict[str, object]:
    return {
        "due": one.due_at,
        "outcome": [outcome_label(one.outcome, t)],
        "kind": t.gettext("Sent again") if one.again else t.gettext(KINDS[one.kind]),
        "sent": one.sent_at,
        "lacked": lack(one.missing, t),
    }


def _columns(visitor: Visitor) -> dict[str, Any]:
    t, column = visitor.t, st.column_config

    def moment(label: str, pattern: str) -> Any:
        return column.DatetimeColumn(label, format=pattern, timezone=str(visitor.zone))

    return {
        "due": moment(t.gettext("Due"), "YYYY-MM-DD HH:mm"),
        "outcome": column.MultiselectColumn(
            t.gettext("Outcome"),
            options=[outcome_label(outcome, t) for outcome in OUTCOMES],
            color=[status.colour for status in OUTCOMES.values()],
        ),
        "kind": column.TextColumn(t.gettext("Kind")),
        "sent": moment(t.gettext("Sent"), "HH:mm"),
        "lacked": column.TextColumn(t.gettext("What was missing")),
    }
