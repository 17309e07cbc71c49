"""What is still to do before the first briefing comes: a list that finishes itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from portal.components.links import CONNECT, page_button, same_tab_button
from services.i18n import Translator
from services.standing import Standing


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do, in the reader's words; `offer` draws the way to do it, once it is the next one."""

    title: str
    hint: str
    done: bool
    offer: Callable[[], None] | None = None


def draw_checklist(standing: Standing, t: Translator) -> None:
    """Each task with its state; only the first open one says how to do it."""
    tasks = _tasks(standing, t)
    upcoming = next((task for task in tasks if not task.done), None)
    with st.container(border=True):
        done = sum(task.done for task in tasks)
        st.subheader(t.gettext("Getting started"), anchor=False)
        st.progress(done / len(tasks), text=t.gettext("{done} of {all} done", done=done, all=len(tasks)))
        for task in tasks:
            if task.done:
                st.markdown(f":green[:material/check_circle:] {task.title}")
            elif task is not upcoming:
                st.markdown(f":gray[:material/radio_button_unchecked: {task.title}]")
            else:
                _draw_upcoming(task)


def _draw_upcoming(task: Task) -> None:
    st.markdown(f":material/arrow_circle_right: **{task.title}**")
    st.caption(task.hint)
    if task.offer is not None:
        task.offer()


def _tasks(standing: Standing, t: Translator) -> list[Task]:
    def connect() -> None:
        same_tab_button(t.gettext("Connect Gmail"), CONNECT, icon="link", primary=True)

    def briefing() -> None:
        page_button(t.gettext("Go to Briefing"), "briefing.py", icon="wb_twilight", primary=True)

    return [
        Task(t.gettext("Sign in"), "", done=True),
        Task(
            t.gettext("Connect Gmail"),
            t.gettext("Google asks whether the portal may read your mail. It changes and sends nothing."),
            standing.connection is not None,
            connect,
        ),
        Task(
            t.gettext("Look at a preview"),
            t.gettext("Your briefing as it would be sent at this moment; nobody gets it."),
            standing.previewed,
            briefing,
        ),
        Task(
            t.gettext("Be found in Slack"),
            t.gettext(
                "No Slack account has your e-mail address. Sign in with Slack, or ask the team's admin to "
                "choose yours under “People”."
            ),
            standing.on_slack,
        ),
        Task(
            t.gettext("Get the first briefing"),
            t.gettext("It comes by itself in the morning, or now if you like."),
            standing.sent,
            briefing,
        ),
    ]
