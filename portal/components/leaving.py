"""One's data as a file, and leaving: out of every browser, or for good."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.feedback import action
from portal.components.links import GOOGLE_CONNECTIONS
from portal.components.mrkdwn import literal
from portal.session import Visitor
from services.db.engine import transaction
from services.errors import PortalError
from services.i18n import N_
from services.people import delete_person, sign_out_everywhere
from services.people.export_all import everything

OUTCOME, TYPED = "delete_outcome", "delete_typed"
PROBLEMS = {
    "not_the_address": N_("That is not your address, so nothing was deleted."),
    "not_deleted": N_("That did not work, not everything is deleted. Please try again in a minute."),
}


def draw_sign_out_everywhere(visitor: Visitor) -> None:
    """One button; this browser is signed out with the others."""
    t = visitor.t
    st.caption(t.gettext("Lost a laptop, or signed in on a shared one? This ends every sign-in of yours."))
    if st.button(t.gettext("Sign out everywhere"), icon=":material/logout:", key="sign_out_everywhere"):
        with transaction(runtime.current().sessions) as db:
            sign_out_everywhere(db, visitor.user_id)
        st.logout()


def draw_download(visitor: Visitor) -> None:
    """One button; the file is made when it is pressed."""
    t, opened = visitor.t, runtime.current()
    st.caption(
        t.gettext(
            "Everything that is held on you here, as a zip of JSON files: conversations, briefings, "
            "settings, who looked at what. Tokens and keys are left out."
        )
    )
    st.download_button(
        t.gettext("Download my data"),
        lambda: everything(opened, session.again(visitor).actor, visitor.user_id, t),
        file_name="my-data.zip",
        mime="application/zip",
        icon=":material/download:",
        key="download_me",
        on_click="ignore",
    )


def draw_delete(visitor: Visitor) -> None:
    """The way to the dialog that deletes everything."""
    t = visitor.t
    st.caption(
        t.gettext(
            "Deletes your account, settings, saved conversations, briefings and keys, and disconnects Gmail. "
            "It cannot be undone."
        )
    )
    if st.button(t.gettext("Delete my account…"), icon=":material/delete_forever:", key="delete_me"):
        st.session_state.pop(OUTCOME, None)
        title = t.gettext("Delete my account")
        st.dialog(title, icon=":material/delete_forever:", on_dismiss="rerun")(_draw_confirmation)(visitor)


def _draw_confirmation(visitor: Visitor) -> None:
    t = visitor.t
    outcome = st.session_state.get(OUTCOME)
    if outcome in {"deleted", "deleted_here_only"}:
        _draw_goodbye(visitor, revoked=outcome == "deleted")
        return
    st.markdown(
        t.gettext("To delete everything, type your address: {address}", address=literal(_to_type(visitor)))
    )
    st.text_input(t.gettext("Your address"), key=TYPED, autocomplete="off")
    if outcome in PROBLEMS:
        st.error(t.gettext(PROBLEMS[outcome]), icon=":material/error:")
    label = t.gettext("Delete everything")
    st.button(
        label, type="primary", icon=":material/delete_forever:", key="delete_everything", on_click=_delete
    )


def _draw_goodbye(visitor: Visitor, *, revoked: bool) -> None:
    t = visitor.t
    st.success(t.gettext("Everything of yours is deleted."), icon=":material/check_circle:")
    if not revoked:
        st.warning(
            t.gettext("Google did not confirm that the access ended. Please remove it there yourself too."),
            icon=":material/info:",
        )
        st.link_button(
            t.gettext("Open Google's list of apps"), GOOGLE_CONNECTIONS, icon=":material/open_in_new:"
        )
    if st.button(t.gettext("Close"), type="primary"):
        st.logout()


@action()
def _delete(visitor: Visitor) -> None:
    """Runs to its end once begun, whatever becomes of the page."""
    typed = str(st.session_state.get(TYPED) or "").strip().lower()
    if typed != _to_type(visitor).lower():
        st.session_state[OUTCOME] = "not_the_address"
        return
    try:
        clean = delete_person(runtime.current(), visitor.user_id, visitor.actor)
    except PortalError:
        st.session_state[OUTCOME] = "not_deleted"
        return
    st.session_state[OUTCOME] = "deleted" if clean else "deleted_here_only"


def _to_type(visitor: Visitor) -> str:
    """Never nothing: somebody may have come from Slack without an address."""
    return visitor.email or visitor.name
