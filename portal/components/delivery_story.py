"""One briefing's way, step by step, and trying again what did not go out."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from portal import runtime, session
from portal.components.delivery_words import STEPS, badge, outcome_label, reason_in_words, why
from portal.components.feedback import action, keep_feedback
from portal.components.moments import when
from portal.components.mrkdwn import literal
from portal.session import Visitor
from services.db.engine import transaction
from services.delivery import overview, retrying
from services.delivery.overview import Filter, Line, Step, Story
from services.i18n import N_

STARTED = {"schedule": N_("Started by the schedule"), "manual": N_("Started by {by}")}
# By no person: who is named so in the run.
STARTED_BY = {"system:api": N_("Started by a program with CRON_SECRET")}
REFUSALS = {"forbidden": N_("You are no admin any longer.")}


def draw_story(line: Line, visitor: Visitor) -> None:
    """Whose it is, what became of it and why, the button, and its steps."""
    t = visitor.t
    st.subheader(literal(line.name), anchor=False)
    st.markdown(f"{badge(line.outcome, outcome_label(line.outcome, t))} {literal(why(line, t))}")
    if line.retryable:
        label, icon = t.gettext("Try it again"), ":material/replay:"
        st.button(label, key="retry", icon=icon, on_click=_retry, args=(line.id,))
    _draw_steps(line.id, follow=line.outcome == "open")


def draw_retry_all(asked: Filter, count: int, visitor: Visitor) -> None:
    """For all that match at once, where there are any."""
    t = visitor.t
    if not count:
        return
    label = t.ngettext("Try {n} again…", "Try {n} again…", count)
    with st.popover(label, icon=":material/replay:"):
        st.markdown(
            t.gettext(
                "What failed or was missed and matches the filter is tried again. What was written before is "
                "sent as it is, what was not is written now. Nobody gets one twice."
            )
        )
        label = t.ngettext("Try {n} briefing again", "Try {n} briefings again", count)
        st.button(label, type="primary", key="retry_all", on_click=_retry, args=(asked,))


@action(REFUSALS)
def _retry(visitor: Visitor, which: str | Filter) -> None:
    opened, t = runtime.current(), visitor.t
    with transaction(opened.sessions) as db:
        count = retrying.retry(db, opened.settings, visitor.actor, which)
    if count:
        keep_feedback(t.ngettext("{n} briefing is tried again.", "{n} briefings are tried again.", count))
    else:
        keep_feedback(t.gettext("There is nothing to try again any more."), good=False)


def _draw_steps(briefing_id: str, *, follow: bool) -> None:
    @st.fragment(run_every=2 if follow else None)
    def draw() -> None:
        watcher = session.require()
        with transaction(runtime.current().sessions) as db:
            story = overview.story(db, watcher.actor, briefing_id)
        if story is None:  # called off, or its person has left
            return
        _draw(story, briefing_id, watcher)
        if story.finished and follow:
            st.rerun()

    draw()


def _draw(story: Story, briefing_id: str, visitor: Visitor) -> None:
    t = visitor.t
    started = STARTED_BY.get(story.by) or STARTED.get(story.run, "")
    begun = t.gettext(started, by=literal(story.by)) if started else ""
    composing = t.ngettext("taken up {n} time", "taken up {n} times", story.composing)
    posts = t.ngettext("posted {n} time", "posted {n} times", story.posts)
    st.caption(" · ".join(filter(None, (begun, composing, posts, f"`{briefing_id}`"))))
    for step in story.steps:
        state: Literal["complete", "error"] = "error" if step.error else "complete"
        with st.status(_label(step, visitor), state=state, type="step", expanded=True):
            said = literal(reason_in_words(step.error, step.step, t))
            st.caption(" · ".join(filter(None, (f"{step.at.astimezone(visitor.zone):%m-%d %H:%M:%S}", said))))
    if not story.steps:
        st.caption(t.gettext("Its steps are kept no longer."))
    if not story.finished:
        again = t.gettext("Tried again {when}.", when=when(visitor, story.retry_at)) if story.retry_at else ""
        until = t.gettext("Given up {when}.", when=when(visitor, story.deadline_at))
        st.caption(" ".join(filter(None, (again, until))))


def _label(step: Step, visitor: Visitor) -> str:
    return visitor.t.gettext(STEPS[step.step]) if step.step in STEPS else step.step
