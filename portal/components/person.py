"""One person for an admin: what they may do, and who they are on Slack."""

from __future__ import annotations

import streamlit as st

from portal import runtime
from portal.components.feedback import action, keep_feedback
from portal.components.moments import when
from portal.components.mrkdwn import literal
from portal.components.people_table import ROLES, name_of
from portal.session import Visitor
from services.db.engine import transaction
from services.i18n import N_
from services.people import Person, set_active, set_role

REFUSALS = {
    "self": N_("Nobody takes the admin role or the access from themselves: one admin always remains."),
    "admin_by_settings": N_("ADMIN_EMAILS in the settings names this person; remove them there first."),
    "unknown_person": N_("This person has left meanwhile."),
    "forbidden": N_("You are no admin any longer."),
}


def draw_person(person: Person, visitor: Visitor) -> None:
    """Who they are, and the buttons that change what they may do."""
    t = visitor.t
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(literal(name_of(person)), anchor=False, width="content")
        st.badge(t.gettext(ROLES[person.role]), color="violet" if person.role == "admin" else "gray")
        if not person.active:
            st.badge(t.gettext("Switched off"), icon=":material/block:", color="red")
    signed_in = (
        t.gettext("Last sign-in: {when}", when=when(visitor, person.last_sign_in))
        if person.last_sign_in
        else t.gettext("Has not signed in yet")
    )
    st.caption(" · ".join(filter(None, (literal(person.email), signed_in))))
    if person.user_id == visitor.user_id:
        st.caption(t.gettext("This is you. Another admin can change your role or access."))
    else:
        _draw_buttons(person, visitor)


def _draw_buttons(person: Person, visitor: Visitor) -> None:
    t = visitor.t
    with st.container(horizontal=True):
        if person.role == "admin":
            label, role, icon = t.gettext("Take the admin role"), "member", ":material/remove_moderator:"
        else:
            label, role, icon = t.gettext("Make admin"), "admin", ":material/add_moderator:"
        st.button(label, key="role", icon=icon, on_click=_change_role, args=(person, role))
        if person.active:
            label, icon = t.gettext("Switch off access"), ":material/block:"
        else:
            label, icon = t.gettext("Let in again"), ":material/login:"
        st.button(label, key="active", icon=icon, on_click=_change_active, args=(person, not person.active))


@action(REFUSALS)
def _change_role(visitor: Visitor, person: Person, role: str) -> None:
    opened, t, name = runtime.current(), visitor.t, literal(name_of(person))
    with transaction(opened.sessions) as db:
        set_role(db, opened.settings, visitor.actor, person.user_id, role)
    if role == "admin":
        keep_feedback(t.gettext("{name} is an admin now.", name=name))
    else:
        keep_feedback(t.gettext("{name} is no admin any longer.", name=name))


@action(REFUSALS)
def _change_active(visitor: Visitor, person: Person, active: bool) -> None:
    t, name = visitor.t, literal(name_of(person))
    with transaction(runtime.current().sessions) as db:
        set_active(db, visitor.actor, person.user_id, active)
    if active:
        keep_feedback(t.gettext("{name} can sign in again.", name=name))
    else:
        keep_feedback(t.gettext("{name} is shut out at once, and gets no briefings.", name=name))
