"""What is looked for on the health page: by status, by what is known of people, and in which order."""

from __future__ import annotations

import streamlit as st

from portal.components.badge import STATUSES, status_label
from services.i18n import N_, Translator
from services.tokens.overview import ALL_GOOD, SORTS, Filter

TROUBLE, EVERYBODY = "trouble", "everybody"
ORDERS = {"worst": N_("Worst first"), "name": N_("By name"), "dies_at": N_("Grants that end first")}
QUESTIONS = {
    "can_read": N_("Can read mail"),
    "can_send": N_("Can send mail"),
    "on_slack": N_("Known on Slack"),
}


def draw_filter(counts: dict[str, int], t: Translator) -> Filter:
    """How many stand where, to choose from, and what to look for; all that is good is hidden at first."""
    chosen = _draw_statuses(counts, t)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            t.gettext("Search"),
            key="token_text",
            type="search",
            placeholder=t.gettext("Name, address or Slack ID"),
        )
        robing_id = st.text_input(
            "robing_id", key="token_robing_id", type="search", placeholder=t.gettext("Exactly as stored")
        )
        sort = st.selectbox(
            t.gettext("Order"), SORTS, format_func=lambda order: t.gettext(ORDERS[order]), key="token_sort"
        )
        with st.popover(t.gettext("More filters"), icon=":material/tune:"):
            answers = {name: _draw_question(name, t) for name in QUESTIONS}
    return Filter(
        text or "",
        chosen if chosen in counts else "",
        robing_id or "",
        only_trouble=chosen == TROUBLE,
        sort=sort,
        **answers,
    )


def _draw_statuses(counts: dict[str, int], t: Translator) -> str:
    trouble = sum(count for status, count in counts.items() if status not in ALL_GOOD)
    shown = {TROUBLE: trouble, **counts, EVERYBODY: sum(counts.values())}

    def label(choice: str) -> str:
        known = STATUSES.get(choice)
        icon = f":{known.colour}[{known.icon}] " if known and shown[choice] else ""
        names = {TROUBLE: t.gettext("Needs attention"), EVERYBODY: t.gettext("Everybody")}
        return f"{icon}{names.get(choice) or status_label(choice, t)} **{shown[choice]:,}**"

    return st.pills(
        t.gettext("Status"),
        list(shown),
        format_func=label,
        default=TROUBLE,
        required=True,
        key="token_status",
        label_visibility="collapsed",
    )


def _draw_question(name: str, t: Translator) -> bool | None:
    """Yes, no, or not asked."""
    words = {None: t.gettext("Any"), True: t.gettext("Yes"), False: t.gettext("No")}
    return st.segmented_control(
        t.gettext(QUESTIONS[name]),
        list(words),
        format_func=lambda answer: words[answer],
        default=None,
        key=f"token_{name}",
    )
