"""What can be done for those chosen, or for all that match: named, counted, confirmed, then left to jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from portal import runtime, session
from portal.components.feedback import action, keep_feedback
from portal.components.mrkdwn import literal
from portal.components.token_progress import NAMES
from portal.components.token_table import name_of
from portal.session import Visitor
from services.db.engine import transaction
from services.i18n import N_
from services.tokens import bulk
from services.tokens.actions import ROBING_ID_LIMIT, ActionRefused
from services.tokens.export import tokens_csv
from services.tokens.overview import Filter, TokenRow

ICONS = {
    "refresh": ":material/autorenew:",
    "send_link": ":material/send:",
    "map_to_slack": ":material/person_search:",
    "set_robing_id": ":material/tag:",
    "disconnect": ":material/link_off:",
}
EXPLAINED = {
    "refresh": N_("Google is asked for a new access token for each of them, due or not."),
    "send_link": N_(
        "Each of them gets a direct message with a link that leads through sign-in to Google's consent; at "
        "most one a day."
    ),
    "map_to_slack": N_("Whoever has the same address on Slack is taken. Others you choose one by one."),
    "set_robing_id": N_("Noted with the token of each of them; empty takes it away."),
    "disconnect": N_(
        "Google's permission is revoked and the tokens are deleted. Their briefings come without mail until "
        "they connect again. It cannot be undone."
    ),
}
LEFT_OUT = {"send_link": N_("{left_out}: not on Slack, or switched off.")}
NAMED = 10
ROBING_ID = "bulk_robing_id"
OUTCOME = "bulk_outcome"


@dataclass(frozen=True, slots=True)
class Chosen:
    """For whom something is to be done: the ids of rows with their names, or all that match a filter."""

    who: tuple[str, ...] | Filter
    count: int
    names: tuple[str, ...] = ()


def draw_actions(rows: Sequence[TokenRow], asked: Filter, total: int, visitor: Visitor) -> None:
    """The menu of actions, the choice of whom they are for, and the export."""
    t = visitor.t
    with st.container(horizontal=True, vertical_alignment="center"):
        everybody = st.toggle(
            t.ngettext("The {n} that matches", "All {n} that match", total), key=f"all_matching {asked!r}"
        )
        chosen = Chosen(asked, total) if everybody else _chosen(rows)
        picked = st.menu_button(
            t.gettext("Action for {n}", n=f"{chosen.count:,}") if chosen.count else t.gettext("Action"),
            list(NAMES),
            format_func=lambda name: f"{ICONS[name]} {t.gettext(NAMES[name])}",
            key="bulk_menu",
            icon=":material/bolt:",
            type="primary" if chosen.count else "secondary",
            disabled=not chosen.count,
        )
        _draw_export(asked, visitor)
    if picked:
        st.session_state.pop(OUTCOME, None)
        title = t.gettext(NAMES[picked])
        st.dialog(title, icon=ICONS[picked], on_dismiss="rerun")(_draw_confirmation)(picked, chosen)


def _chosen(rows: Sequence[TokenRow]) -> Chosen:
    return Chosen(tuple(row.user_id for row in rows), len(rows), tuple(map(name_of, rows)))


def _draw_export(asked: Filter, visitor: Visitor) -> None:
    opened = runtime.current()
    st.download_button(
        visitor.t.gettext("Export as CSV"),
        lambda: tokens_csv(opened, session.again(visitor).actor, asked),
        file_name="token-health.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def _draw_confirmation(name: str, chosen: Chosen) -> None:
    """What will happen, to how many, and the button that begins it."""
    visitor = session.require()
    t, opened = visitor.t, runtime.current()
    with transaction(opened.sessions) as db:
        count = bulk.count(db, opened.settings, visitor.actor, name, chosen.who)
    st.markdown(t.gettext(EXPLAINED[name]))
    if chosen.names:
        more = t.ngettext("and {n} other", "and {n} others", len(chosen.names) - NAMED)
        named = [literal(shown) for shown in chosen.names[:NAMED]]
        st.markdown(", ".join([*named, more] if len(chosen.names) > NAMED else named))
    if count < chosen.count:
        left_out = t.ngettext("{n} is left out", "{n} are left out", chosen.count - count)
        why = LEFT_OUT.get(name, N_("{left_out}: it makes no sense for them."))
        st.caption(t.gettext(why, left_out=left_out))
    if name == "set_robing_id":
        st.text_input("robing_id", key=ROBING_ID, max_chars=ROBING_ID_LIMIT, autocomplete="off")
    outcome = st.session_state.get(OUTCOME)
    if outcome == "begun":
        st.rerun()
    if outcome == "refused":
        st.error(t.gettext("There is nobody to do this for."), icon=":material/error:")
    label = t.ngettext("Do it for {n} person", "Do it for {n} people", count)
    st.button(
        label,
        type="primary",
        icon=ICONS[name],
        key="bulk_start",
        disabled=not count,
        on_click=_start,
        args=(name, chosen),
    )


@action()
def _start(visitor: Visitor, name: str, chosen: Chosen) -> None:
    if st.session_state.get(OUTCOME) == "begun":  # a second click on the way
        return
    opened, t = runtime.current(), visitor.t
    params = {"robing_id": st.session_state.get(ROBING_ID) or ""}
    try:
        with transaction(opened.sessions) as db:
            bulk.start(db, opened.settings, visitor.actor, name, chosen.who, params)
    except ActionRefused:
        st.session_state[OUTCOME] = "refused"
        return
    st.session_state[OUTCOME] = "begun"
    keep_feedback(t.gettext("Begun. It goes on by itself, also when you close this page."))
