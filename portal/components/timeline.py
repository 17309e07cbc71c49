"""An attempt to connect, step by step, as it goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from portal.components.badge import Status
from portal.components.moments import clock
from portal.components.mrkdwn import literal
from portal.components.problems import problem_of
from portal.session import Visitor
from services.connect.sessions import STEPS as STEPS_IN_ORDER
from services.connect.timeline import Attempt, Line
from services.i18n import N_, Translator

STEPS = {
    "started": N_("“Connect Gmail” was clicked"),
    "consent_requested": N_("Google was asked for consent"),
    "authorized": N_("Google agreed, and a first call worked"),
    "authorized_by_hand": N_("Taken as authorised by an admin, in development"),
    "fetching": N_("Looking into the mailbox for the first time"),
    "fetching_again": N_("Looking once more: the first look was interrupted"),
    "first_fetch_done": N_("The mailbox was read"),
    "first_fetch_failed": N_("The mailbox could not be read yet"),
    "completed": N_("Connected"),
    "completed_by_hand": N_("Completed by an admin, in development"),
}
WAITING = {
    "consent_requested": N_("Waiting for the answer at Google…"),
    "authorized": N_("About to look into the mailbox…"),
    "fetching": N_("Reading the mailbox…"),
}
# The states, those of the way to a connection first and in its order.
STATES = {
    "started": Status(N_("Started"), "gray", ":material/start:"),
    "consent_requested": Status(N_("At Google"), "blue", ":material/hourglass:"),
    "authorized": Status(N_("Authorised"), "blue", ":material/key:"),
    "fetching": Status(N_("Reading mail"), "blue", ":material/mail:"),
    "completed": Status(N_("Completed"), "green", ":material/check_circle:"),
    "denied": Status(N_("Declined"), "orange", ":material/block:"),
    "failed": Status(N_("Failed"), "red", ":material/error:"),
    "expired": Status(N_("Expired"), "gray", ":material/timer_off:"),
}


def state_label(state: str, t: Translator) -> str:
    """Where an attempt stands, in a word or two; an unknown state as it is."""
    return t.gettext(STATES[state].label) if state in STATES else state


def draw_timeline(visitor: Visitor, attempt: Attempt, lines: Sequence[Line]) -> None:
    """The way in short, then a line a step with its time, the last one turning while the attempt goes on."""
    t = visitor.t
    st.markdown(" ".join(_way(attempt, t)))
    for line in lines:
        state: Literal["complete", "error"] = "error" if line.level == "error" else "complete"
        with st.status(_label(line, attempt, visitor), state=state, type="step", expanded=True):
            st.caption(" · ".join(filter(None, (clock(visitor, line.at), _detail(line, t)))))
    if not attempt.finished and attempt.status in WAITING:
        # Not as a context: leaving one would mark the step as complete.
        waiting = st.status(t.gettext(WAITING[attempt.status]), state="running", type="step", expanded=True)
        if attempt.status == "fetching" and attempt.mails_found:
            _draw_read(waiting, attempt.mails_read or 0, attempt.mails_found, t)
        waiting.caption(t.gettext("This page follows by itself."))


def _way(attempt: Attempt, t: Translator) -> Iterator[str]:
    """A badge a step: done, under way or still to come; where it went no further, how it ended."""
    for step in STEPS_IN_ORDER:
        if step == attempt.status and not attempt.finished:
            yield f":blue-badge[:material/more_horiz: {state_label(step, t)}]"
        elif step in attempt.progress or step == "started":
            yield f":green-badge[:material/check: {state_label(step, t)}]"
        elif not attempt.finished:
            yield f":gray-badge[{state_label(step, t)}]"
    if attempt.status in STATES and attempt.finished and attempt.status not in STEPS_IN_ORDER:
        yield f":red-badge[:material/close: {state_label(attempt.status, t)}]"


def _draw_read(place: DeltaGenerator, read: int, found: int, t: Translator) -> None:
    said = t.gettext("{read} of {found} emails", read=read, found=found)
    place.progress(min(1.0, read / found), text=said)


def _label(line: Line, attempt: Attempt, visitor: Visitor) -> str:
    """What happened; why it ended is said in words to whom it happened, and by its name to an admin."""
    t = visitor.t
    if line.message in STEPS:
        return t.gettext(STEPS[line.message])
    if attempt.user_id == visitor.user_id:
        return t.gettext(problem_of(line.message).title)
    return f"{state_label(attempt.status, t)}: `{line.message}`"


def _detail(line: Line, t: Translator) -> str:
    if line.message == "first_fetch_done":
        return t.ngettext(
            "{n} email of the last 24 hours", "{n} emails of the last 24 hours", int(line.detail["mails"])
        )
    if line.message == "first_fetch_failed":
        said = t.gettext("The connection itself stands; the next briefing tries again.")
        return f"{said} ({literal(str(line.detail.get('reason', '')))})"
    return ""
