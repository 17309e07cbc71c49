"""Whether somebody who came by a link from their Slack DM is that Slack account's person."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.feedback import action
from portal.components.links import FROM, SLACK
from portal.components.moments import when
from portal.components.mrkdwn import literal
from portal.session import Visitor
from services.conversations import slack_address
from services.db.engine import transaction
from services.i18n import N_, Translator
from services.people import joining
from services.people.joining import Invitation

LINK = "slack"
JOINED = "joined_with"
_AGAIN = N_("Write “connect” to the assistant in Slack, and follow the new link.")
_ADMIN = N_("Please ask the team's admin.")
# State or error: what is the matter, and what to do.
_NO_WAY_ON = {
    "unusable": (N_("This link from Slack is used up or too old"), _AGAIN),
    "refused": (N_("In Slack the answer was No, so nothing was joined"), _AGAIN),
    "other_slack": (
        N_("This link belongs to another Slack account than yours"),
        N_("You are on Slack already. If that is the wrong account, an admin can detach it."),
    ),
    "gone": (N_("This link leads to nobody any longer"), _AGAIN),
    "deactivated": (N_("This Slack account's access was switched off"), _ADMIN),
}


def draw_join(visitor: Visitor) -> None:
    """What there is to say of the link in the address; while it is undecided the page ends here."""
    token = st.query_params.get(LINK, "")
    if not token:
        return
    invitation = _look(visitor, token)
    t = visitor.t
    if invitation.state == "own":
        del st.query_params[LINK]
        st.query_params[FROM] = SLACK
        _draw_joined(t)
    elif invitation.state == "open":
        _draw_question(visitor, invitation, token)
        st.stop()
    elif invitation.state in {"asked", "confirmed"}:
        st.session_state[JOINED] = invitation.name
        _draw_waiting(visitor, invitation)
        _follow(token, invitation.state)
        st.stop()
    else:
        title, next_step = _NO_WAY_ON[invitation.error or invitation.state]
        st.warning(t.gettext(next_step), title=t.gettext(title), icon=":material/info:")


def _look(visitor: Visitor, token: str) -> Invitation:
    with transaction(runtime.current().sessions) as db:
        return joining.look(db, visitor.user_id, token)


def _draw_question(visitor: Visitor, invitation: Invitation, token: str) -> None:
    t = visitor.t
    name = literal(invitation.name)
    with st.container(border=True):
        st.subheader(t.gettext("Join with @{name}?", name=name), anchor=False)
        st.markdown(
            t.gettext(
                "You came by a link that the assistant gave to **@{name}** in Slack. If that is you, the "
                "assistant will know both as one person.",
                name=name,
            )
        )
        st.markdown("\n".join(f"- {line}" for line in _what_joins(visitor, invitation)))
        st.caption(t.gettext("Signed in here: {account}", account=literal(visitor.email or visitor.name)))
        with st.container(horizontal=True):
            st.button(
                t.gettext("Yes, join"),
                type="primary",
                icon=":material/join_inner:",
                key="join",
                on_click=_ask,
                args=(token,),
            )
            st.button(t.gettext("Not me"), key="not_me", on_click=_not_me)


def _what_joins(visitor: Visitor, invitation: Invitation) -> tuple[str, ...]:
    t = visitor.t
    name = literal(invitation.name)
    since = when(visitor, invitation.since) if invitation.since else ""
    return (
        t.gettext("Answers and briefings, with your mail once it is connected, go to @{name}.", name=name),
        t.gettext("What was said to the assistant since {when} comes into your account here.", when=since),
        t.gettext("What you have chosen here stays; what was chosen only in Slack is taken over."),
    )


def _draw_waiting(visitor: Visitor, invitation: Invitation) -> None:
    t = visitor.t
    if invitation.state == "confirmed":
        st.info(t.gettext("You are being joined…"), icon=":material/hourglass_top:")
    else:
        st.info(
            t.gettext(
                "The assistant has asked @{name}. Press “Yes, that's me”.", name=literal(invitation.name)
            ),
            title=t.gettext("Now look into Slack"),
            icon=":material/forum:",
        )
        if slack := slack_address.workspace_of(runtime.current()):
            st.link_button(t.gettext("Open Slack"), slack, icon=":material/open_in_new:", type="primary")
        st.caption(t.gettext("This page follows by itself."))


def _draw_joined(t: Translator) -> None:
    """Once, to whoever has just been joined here."""
    name = st.session_state.pop(JOINED, None)
    if name is not None:
        st.success(
            t.gettext("The assistant knows you as @{name} in Slack now.", name=literal(name)),
            icon=":material/check_circle:",
        )


@st.fragment(run_every=1)
def _follow(token: str, state: str) -> None:
    """Draws the page anew when something has happened in Slack."""
    watcher = session.require()
    if _look(watcher, token).state != state:
        st.rerun()


@action()
def _ask(visitor: Visitor, token: str) -> None:
    joining.ask(runtime.current(), visitor.user_id, token)


@action()
def _not_me(visitor: Visitor) -> None:
    """The link stays good for whoever it is meant for."""
    del st.query_params[LINK]
