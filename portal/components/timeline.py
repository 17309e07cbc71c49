"""An attempt to connect, step by step, as it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from portal.components.moments import clock
from portal.components.mrkdwn import literal
from portal.components.problems import problem_of
from portal.session import Visitor
from services.connect.timeline import Attempt, Line
from services.i18n import N_, Translator

STEPS = {
    "started": N_("You clicked “Connect Gmail”"),
    "consent_requested": N_("Google was asked for your consent"),
    "authorized": N_("Google agreed, and a first call worked"),
    "fetching": N_("Looking into the mailbox for the first time"),
    "first_fetch_done": N_("The mailbox was read"),
    "first_fetch_failed": N_("The mailbox could not be read yet"),
    "completed": N_("Connected"),
}
WAITING = {
    "consent_requested": N_("Waiting for your answer at Google…"),
    "authorized": N_("About to look into the mailbox…"),
    "fetching": N_("Reading the mailbox…"),
}


def draw_timeline(visitor: Visitor, attempt: Attempt, lines: Sequence[Line]) -> None:
    """One line a step with its time, the last one turning while the attempt goes on."""
    t = visitor.t
    for line in lines:
        state: Literal["complete", "error"] = "error" if line.level == "error" else "complete"
        with st.status(_label(line, t), state=state, type="step", expanded=True):
            st.caption(" · ".join(filter(None, (clock(visitor, line.at), _detail(line, t)))))
    if not attempt.finished and attempt.status in WAITING:
        # Not as a context: leaving one would mark the step as complete.
        waiting = st.status(t.gettext(WAITING[attempt.status]), state="running", type="step", expanded=True)
        waiting.caption(t.gettext("This page follows by itself."))


def _label(line: Line, t: Translator) -> str:
    if line.message in STEPS:
        return t.gettext(STEPS[line.message])
    return t.gettext(problem_of(line.message).title)


def _detail(line: Line, t: Translator) -> str:
    if line.message == "first_fetch_done":
        return t.ngettext(
            "{n} email of the last 24 hours", "{n} emails of the last 24 hours", int(line.detail["mails"])
        )
    if line.message == "first_fetch_failed":
        said = t.gettext("The connection itself stands; the next briefing tries again.")
        return f"{said} ({literal(str(line.detail.get('reason', '')))})"
    return ""
