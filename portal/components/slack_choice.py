"""Which Slack account is a person's: suggested by their address, found by searching, chosen by an admin."""

from __future__ import annotations

import streamlit as st

from portal import runtime
from portal.components.feedback import action, keep_feedback
from portal.components.mrkdwn import literal
from portal.components.people_table import name_of
from portal.session import Visitor
from services.db.engine import transaction
from services.delivery.slack import SlackProfile
from services.errors import SlackError
from services.i18n import N_
from services.people import Person, slack_account, unmap_from_slack

FOUND = "slack_found"
REFUSALS = {
    "unknown_person": N_("This person has left meanwhile."),
    "slack_taken": N_("This Slack account is somebody else's already."),
    "user_not_found": N_("Slack does not know this account any longer."),
    "forbidden": N_("You are no admin any longer."),
}


def draw_slack(person: Person, visitor: Visitor) -> None:
    """The account that is known, and a search for another; for somebody without one it begins by itself."""
    t = visitor.t
    if person.slack_user_id:
        _draw_known(person, visitor)
        label = t.gettext("Choose another Slack account")
    else:
        st.markdown(t.gettext("Not known on Slack, so no briefing can be sent."))
        label = t.gettext("Choose the Slack account")
    choice = st.expander(
        label, expanded=not person.slack_user_id, key=f"slack {person.user_id}", on_change="rerun"
    )
    if choice.open:
        with choice:
            _draw_search(person, visitor)


def _draw_known(person: Person, visitor: Visitor) -> None:
    t = visitor.t
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(
            t.gettext("On Slack: {account}", account=f"**{literal(person.slack_user_id or '')}**"),
            width="content",
        )
        st.button(
            t.gettext("Detach from Slack"),
            key="unmap",
            icon=":material/link_off:",
            help=t.gettext(
                "Their account is looked for by their address again when there is something to send."
            ),
            on_click=_detach,
            args=(person,),
        )


def _draw_search(person: Person, visitor: Visitor) -> None:
    t = visitor.t
    label = t.gettext("Search Slack by address, name or id")
    text = st.text_input(label, value=person.email, key=f"slack_text {person.user_id}", type="search") or ""
    try:
        found = _found(text, visitor)
    except SlackError:
        st.warning(
            t.gettext("Slack could not be asked. Please try again in a minute."), icon=":material/cloud_off:"
        )
        st.button(t.gettext("Search again"), icon=":material/refresh:")
        return
    if not found:
        st.caption(t.gettext("Nobody on Slack matches. Search for a part of the name."))
    for profile in found:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            shown = " · ".join(literal(part) for part in (profile.email, profile.user_id) if part)
            st.markdown(f"**{literal(profile.name)}**  \n{shown}", width="content")
            st.button(
                t.gettext("Choose"), key=f"choose {profile.user_id}", on_click=_choose, args=(person, profile)
            )


def _found(text: str, visitor: Visitor) -> list[SlackProfile]:
    """What Slack answered to this search, asked once."""
    kept: tuple[str, list[SlackProfile]] | None = st.session_state.get(FOUND)
    if kept is None or kept[0] != text:
        with st.spinner(visitor.t.gettext("Asking Slack…")):
            kept = (text, slack_account.search(runtime.current(), text, visitor.actor))
        st.session_state[FOUND] = kept
    return kept[1]


@action(REFUSALS)
def _detach(visitor: Visitor, person: Person) -> None:
    with transaction(runtime.current().sessions) as db:
        unmap_from_slack(db, person.user_id, actor=visitor.actor)
    keep_feedback(visitor.t.gettext("{name} is on no Slack account now.", name=literal(name_of(person))))


@action(REFUSALS)
def _choose(visitor: Visitor, person: Person, profile: SlackProfile) -> None:
    slack_account.assign(runtime.current(), person.user_id, profile.user_id, visitor.actor)
    name, account = literal(name_of(person)), literal(profile.name)
    keep_feedback(visitor.t.gettext("{name} is {account} on Slack now.", name=name, account=account))
