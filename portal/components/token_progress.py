"""Actions for many as they go on, and what came of those of the last day; a closed tab stops none."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.feedback import action
from portal.components.moments import when
from portal.components.mrkdwn import literal
from portal.session import Visitor
from services.db.engine import transaction
from services.i18n import N_, Translator
from services.tokens import bulk
from services.tokens.bulk import Failure, Progress
from services.tokens.reasons import REASONS, explain

NAMES = {
    "refresh": N_("Refresh tokens"),
    "send_link": N_("Send reconnect links"),
    "map_to_slack": N_("Find Slack accounts"),
    "set_robing_id": N_("Set robing_id"),
    "disconnect": N_("Disconnect Gmail"),
}
ENDS = {
    "done": N_("Done"),
    "stopped": N_("Stopped: the others were left as they are"),
    "failed": N_("Stopped: whoever began it is no admin any longer"),
}
WHY = {
    "already_sent": N_("a link was sent today already"),
    "no_slack_account": N_("nobody on Slack has this address"),
    "not_on_slack": N_("not on Slack"),
    "not_delivered": N_("Slack did not take the message"),
    "inactive": N_("switched off"),
    "slack_taken": N_("that Slack account is somebody else's"),
    "unknown_person": N_("has left meanwhile"),
    "refresh_failed": N_("Google could not be reached"),
    "refresh_busy": N_("somebody else is refreshing it"),
    "not_connected": N_("not connected"),
}


def draw_progress(visitor: Visitor, actions: list[Progress]) -> None:
    """Those that go on, second by second; those that are over behind a line."""
    if any(not one.finished for one in actions):
        _follow()
    over = [one for one in actions if one.finished]
    if over:
        t = visitor.t
        label = t.ngettext("{n} action of the last day", "{n} actions of the last day", len(over))
        past = st.expander(label, icon=":material/task_alt:", key="past_actions", on_change="rerun")
        if past.open:
            with past:
                for one in over:
                    _draw_over(visitor, one)


@st.fragment(run_every=1)
def _follow() -> None:
    """Ask again each second; once one has ended the whole page is drawn anew."""
    visitor = session.require()
    with transaction(runtime.current().sessions) as db:
        going = [one for one in bulk.recent(db, visitor.actor) if not one.finished]
    before = st.session_state.get("bulk_going")
    now = {one.id for one in going}
    st.session_state["bulk_going"] = now
    if not now or (before and before - now):
        st.session_state.pop("bulk_going", None)
        st.rerun()
    for one in going:
        _draw_going(visitor, one)


def _draw_going(visitor: Visitor, one: Progress) -> None:
    t, ready = visitor.t, one.done + one.failed
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        said = t.gettext(
            "{action}, begun by {by}: {ready} of {total}",
            action=_name(one, t),
            by=literal(one.by),
            ready=f"{ready:,}",
            total=f"{one.total:,}",
        )
        st.progress(ready / one.total if one.total else 0.0, text=said)
        st.button(
            t.gettext("Stop"), key=f"stop {one.id}", icon=":material/stop:", on_click=_stop, args=(one.id,)
        )


@action()
def _stop(visitor: Visitor, bulk_id: str) -> None:
    with transaction(runtime.current().sessions) as db:
        bulk.stop(db, visitor.actor, bulk_id)


def _draw_over(visitor: Visitor, one: Progress) -> None:
    t = visitor.t
    worked = t.ngettext("{n} person", "{n} people", one.done)
    failed = t.ngettext("{n} did not work", "{n} did not work", one.failed) if one.failed else ""
    end = t.gettext(ENDS.get(one.status, one.status))
    parts = (end, worked, failed, literal(one.by), literal(when(visitor, one.finished_at or one.created_at)))
    st.markdown(f"**{_name(one, t)}**  \n" + " · ".join(filter(None, parts)))
    if one.failed:
        with transaction(runtime.current().sessions) as db:
            failures = bulk.failures(db, visitor.actor, one.id)
        st.dataframe(
            [{"name": failure.name, "why": _why(failure, t)} for failure in failures],
            column_config={"name": t.gettext("Name"), "why": t.gettext("Why not")},
            hide_index=True,
            key=f"failures {one.id}",
            alt=t.gettext("For whom it did not work"),
        )


def _name(one: Progress, t: Translator) -> str:
    return t.gettext(NAMES.get(one.action, one.action))


def _why(failure: Failure, t: Translator) -> str:
    if failure.error in WHY:
        return t.gettext(WHY[failure.error])
    return explain(failure.error, t, for_admin=True).short if failure.error in REASONS else failure.error
