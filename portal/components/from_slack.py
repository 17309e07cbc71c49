"""For whoever asked the assistant first: the question that waits for Google, and the way back to Slack."""

from __future__ import annotations

import streamlit as st

from portal.components.links import same_tab_button
from portal.components.mrkdwn import literal
from services.assistant.waiting import Unanswered
from services.i18n import N_, Translator

QUESTION_LENGTH = 200
_ONCE = {
    "mail": N_("Once Gmail is connected, the answer comes in Slack by itself."),
    "calendar": N_("Once the calendar is connected, the answer comes in Slack by itself."),
}


def draw_question(t: Translator, waits: Unanswered) -> None:
    """What was asked, and what its answer waits for."""
    question = literal(waits.question[:QUESTION_LENGTH])
    st.info(
        t.gettext(_ONCE[waits.needs]),
        title=t.gettext("You asked: {question}", question=question),
        icon=":material/forum:",
    )


def draw_calendar_needed(t: Translator) -> None:
    """They came for the calendar, and no question waits."""
    st.info(t.gettext("For that the assistant has to read your calendar."), icon=":material/calendar_month:")


def draw_return(t: Translator, dm: str, *, answering: bool) -> None:
    """That it worked, and the way back to `dm`; `answering`: what waited is being answered there."""
    said = t.gettext("Your answer comes in Slack by itself.") if answering else t.gettext("Go on in Slack.")
    st.success(said, title=t.gettext("It worked: Google is connected"), icon=":material/check_circle:")
    with st.container(horizontal=True):
        same_tab_button(t.gettext("Return to Slack"), dm, icon="forum", primary=True)
        same_tab_button(t.gettext("Show the connection"), "/connect", icon="link")
